"""A task of several items in a real worker: outputs in the order of the items, each with its own
metadata; and a task that an older version stored."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from core.store.metadata import read_metadata
from core.tasks.submission import Options
from core.tasks.task import Task
from core.worker.protocol import Start
from tests.desk import Desk
from tests.integration.worker.conftest import Bench

FAST = {"model": "nano", "num_inference_steps": 1}


def start_of(task: Task, **facts: Any) -> Start:
    """The job of a task, as the dispatcher hands it over."""
    snapshot = {**task.snapshot, **facts, "params": dict(task.params)}
    return Start(
        task_id=task.id,
        attempt=1,
        lane=task.lane,
        operation=task.operation,
        params=dict(task.params),
        snapshot={name: fact for name, fact in snapshot.items() if fact is not None},
    )


def metadata_of(bench: Bench, output: Any) -> tuple[Image.Image, dict[str, Any]]:
    with bench.store.open(output.key) as file:
        data = file.read()
    metadata: dict[str, Any] = read_metadata(data)["qpyt"]
    return Image.open(BytesIO(data)), metadata


async def test_items_run_one_after_the_other_with_metadata_of_their_own(
    device_bench: Bench, tmp_path: Path
) -> None:
    bench, desk = device_bench, Desk(tmp_path / "desk")
    items = [
        {"prompt": "a {red|blue} house", "seed": 5},
        {"prompt": "a tree", "seed": 9, "num_images": 2},
        {"prompt": "a cat", "seed": 3, "styles": ["ink-drawing"], "clip_skip": 1},
    ]
    task = await desk.submission().prepare("generate", FAST, Options(items=items))
    # What an older version stored had no plans: the worker makes them.
    old = await desk.submission().prepare("generate", {**FAST, **items[0]}, Options())
    desk.close()
    await bench.executor.run(start_of(task))
    done = await bench.ending(task.id)
    assert [output.seed for output in done.outputs] == [5, 9, 10, 3]
    assert [output.index for output in done.outputs] == [0, 1, 2, 3]
    images = [metadata_of(bench, output) for output in done.outputs]
    stored = [metadata for _, metadata in images]
    assert [metadata["params"]["prompt"] for metadata in stored] == [
        "a {red|blue} house",
        "a tree",
        "a tree",
        "a cat",
    ]
    assert stored[0]["output"]["prompt"] in ("a red house", "a blue house")
    assert "prompt" not in stored[1]["output"]
    assert stored[3]["output"]["prompt"].startswith("an ink drawing of a cat")
    assert ["styles" in metadata for metadata in stored] == [False, False, False, True]
    assert not any({"items", "plans", "prompts"} & metadata.keys() for metadata in stored)
    assert [warning["field"] for warning in task.warnings] == ["items.2.clip_skip"]
    size = stored[3]["params"]["width"], stored[3]["params"]["height"]
    assert images[3][0].size == size

    await bench.executor.run(start_of(old, plans=None, prompts=None))
    done = await bench.ending(old.id)
    _, metadata = metadata_of(bench, done.outputs[0])
    assert metadata["output"]["prompt"] == stored[0]["output"]["prompt"]
