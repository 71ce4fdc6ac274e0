"""Inputs and results of jobs, through real processes."""

import asyncio
import hashlib
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from core.store.metadata import read_metadata
from core.worker.executor import LaneReport
from core.worker.protocol import Computed, Failed, Finished, InputAsset, Progress, Stored, Yielded


def png(colour: str, mode: str = "RGB") -> bytes:
    out = BytesIO()
    Image.new(mode, (20, 10), colour).save(out, "PNG")
    return out.getvalue()


async def test_a_value_comes_back(bench: Any) -> None:
    done = await bench.run("empty", value=7)
    assert isinstance(done, Finished)
    assert [output.value for output in done.outputs] == [7]


async def test_pictures_are_stored_before_they_are_reported(bench: Any) -> None:
    done = await bench.run("painting", count=3)
    assert [output.index for output in done.outputs] == [0, 1, 2]
    assert [output.seed for output in done.outputs] == [0, 1, 2]
    for output in done.outputs:
        data = bench.store.local_path(output.key).read_bytes()
        assert hashlib.sha256(data).hexdigest() == output.key
        assert len(data) == output.size
        assert Image.open(BytesIO(data)).size == (16, 16) == (output.width, output.height)
    assert [notice.code for notice in done.warnings] == ["painted"]
    assert [warning["code"] for warning in done.facts["warnings"]] == ["painted"], (
        "the snapshot keeps it"
    )


async def test_each_image_is_reported_when_it_is_stored(bench: Any) -> None:
    done = await bench.run("painting", count=3)
    stored = [report.output for report in bench.reports if isinstance(report, Stored)]
    assert stored in (list(done.outputs), list(done.outputs[:-1])), (
        "`Finished` may tell of the last"
    )


async def test_a_picture_carries_its_snapshot(bench: Any) -> None:
    done = await bench.run("painting", count=2)
    data = bench.store.local_path(done.outputs[1].key).read_bytes()
    metadata = read_metadata(data)
    assert metadata["qpyt"]["operation"] == "painting"
    assert metadata["qpyt"]["image_seed"] == 1


async def test_computed_comes_before_finished(bench: Any) -> None:
    await bench.run("painting", count=1, side=400, noise=True)
    kinds = [type(report) for report in bench.reports if getattr(report, "task_id", "") == "task"]
    assert kinds.index(Computed) < kinds.index(Finished)


async def test_an_operation_runs_once_per_item_of_a_list(bench: Any) -> None:
    inputs = {}
    for name, mode in (("one", "RGB"), ("two", "RGBA"), ("three", "L")):
        blob = bench.store.put(png("red" if mode != "L" else "gray", mode))
        inputs[name] = InputAsset(key=blob.key, type="image/png", width=20, height=10)
    done = await bench.run("measuring", inputs=inputs, image=["one", "two", "three"])
    assert [output.index for output in done.outputs] == [0, 1, 2]
    assert [output.value for output in done.outputs] == [
        [20, 10, "RGB"],
        [20, 10, "RGBA"],
        [20, 10, "RGB"],
    ]
    images = [report.image for report in bench.reports if isinstance(report, Progress)]
    assert images[-1] <= 3
    assert {report.images for report in bench.reports if isinstance(report, Progress)} == {3}


async def test_an_asset_that_was_not_given_is_refused(bench: Any) -> None:
    done = await bench.run("measuring", image="somebody-elses")
    assert isinstance(done, Failed)
    assert done.error["code"] == "invalid_input"


async def test_a_counting_trequest_yields_and_goes_on_from_its_checkpoint(bench: Any) -> None:
    await bench.give("counting", until=100_000)
    await bench.heard(Progress, step=1)
    await bench.executor.request_yield("task", 1)
    yielded = await bench.ending()
    assert isinstance(yielded, Yielded)
    reached = int(bench.store.local_path(yielded.checkpoint_key).read_bytes())
    done = await bench.run(
        "counting", attempt=2, checkpoint=yielded.checkpoint_key, until=reached + 2
    )
    assert done.outputs[0].value == {"from": reached, "to": reached + 2}


async def test_metrics_travel_with_the_progress_and_the_last_ones_with_the_result(
    bench: Any,
) -> None:
    done = await bench.run("counting", until=4, pause=0.1)
    progress = [report for report in bench.reports if isinstance(report, Progress)]
    assert all(report.metrics["half"].value == report.step / 2 for report in progress)
    assert all(report.metrics["half"].step == report.step for report in progress)
    assert done.facts["metrics"] == {"half": 2.0, "odd": None}, "NaN is no JSON"


async def test_jobs_that_wait_run_in_order(bench: Any) -> None:
    for number in range(5):
        await bench.give("empty", task=f"task {number}", value=number)
    for number in range(5):
        done = await bench.ending(f"task {number}")
        assert done.outputs[0].value == number
    order = [report.task_id for report in bench.reports if isinstance(report, Finished)]
    assert order == [f"task {number}" for number in range(5)]


async def test_light_lanes_load_no_torch_and_see_no_accelerator(bench: Any) -> None:
    done = await bench.run("probe")
    process = done.outputs[0].value
    assert process["torch"] is False
    assert process["collecting"] is False
    assert process["accelerators"] == ""
    assert process["offline"] == "1"


async def test_light_lanes_start_with_their_first_job(bench: Any) -> None:
    assert bench.executor.lanes()["io"].pid is None
    await bench.run("empty", lane="io")
    assert bench.executor.lanes()["io"].pid is not None


async def test_text_that_is_no_unicode_fails_the_task_only(bench: Any) -> None:
    done = await bench.run("empty", task="odd", value="\ud800")
    assert isinstance(done, Failed)
    assert isinstance(await bench.run("empty", value=1), Finished)


async def test_parameters_are_checked_again_in_the_worker(bench: Any) -> None:
    done = await bench.run("counting", until=-1)
    assert done.error["code"] == "invalid_input"
    assert done.error["field"] == "until"


async def test_an_unknown_operation_fails(bench: Any) -> None:
    done = await bench.run("no_such_thing")
    assert done.error["code"] == "not_found"


async def test_a_small_model_stays_warm_until_it_was_idle_for_long(
    open_bench: Any, tmp_path: Path
) -> None:
    (tmp_path / "models" / "upscalers").mkdir(parents=True)
    (tmp_path / "models" / "upscalers" / "mine.safetensors").touch()
    bench = await open_bench(
        operation_modules="tests.operations.keeping",
        model_dirs=str(tmp_path / "models"),
        unload_seconds=0.5,
    )
    first = await bench.run("keeping", task="first")
    second = await bench.run("keeping", task="second")
    assert [done.outputs[0].value for done in (first, second)] == [1, 1]
    for attempt in range(10):
        await asyncio.sleep(1.2)  # a worker that is idle for a second unloads
        again = await bench.run("keeping", task=f"again {attempt}")
        if again.outputs[0].value == 2:
            return
    raise AssertionError("the model was never unloaded")


async def test_a_job_that_is_sent_at_once_is_one_change_of_its_lane(bench: Any) -> None:
    await bench.run("empty", task="the first, which starts the worker")
    await bench.lane_is("cpu", "ready")
    known = len(bench.reports)
    await bench.give("empty")
    lanes = [report.lane for report in bench.reports[known:] if isinstance(report, LaneReport)]
    assert [(lane.state, lane.free) for lane in lanes] == [("busy", 0)]
    await bench.ending()
