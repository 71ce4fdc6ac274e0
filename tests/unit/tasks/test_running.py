"""The progress of a running task, as clients see it."""

import base64

import pytest

from core.tasks.claim import Claim
from core.tasks.estimate import Estimates
from core.tasks.running import RunningTask
from core.worker.protocol import Metric, Output, Progress
from tests.unit.tasks.making import make


def running(**values: object) -> RunningTask:
    task = make(id="t", created_at="2026-01-01T00:00:00.000Z", **values)
    return RunningTask(task, Claim("t", 1, "us:1"), Estimates(), {"name": "CPU"})


def progress(**values: object) -> Progress:
    return Progress(**{"task_id": "t", "attempt": 1, "phase": "denoising", **values})


def test_before_the_first_report_there_is_no_progress() -> None:
    assert running().public() is None
    assert running().fraction == 0


@pytest.mark.parametrize(
    ("image", "images", "step", "steps", "fraction"),
    [(1, 1, 0, 0, 0.0), (1, 1, 4, 8, 0.5), (3, 4, 0, 8, 0.5), (4, 4, 8, 8, 1.0), (2, 1, 9, 9, 1.0)],
)
def test_the_fraction_counts_images_and_steps(
    image: int, images: int, step: int, steps: int, fraction: float
) -> None:
    task = running()
    task.advance(progress(image=image, images=images, step=step, steps=steps))
    assert task.fraction == pytest.approx(fraction)


def test_previews_are_counted_and_the_last_one_is_kept() -> None:
    task = running()
    for text in (b"first", b"second"):
        task.advance(progress(preview=base64.b64encode(text).decode()))
    task.advance(progress(step=2, steps=4))
    assert task.preview == b"second"
    state = task.public()
    assert state is not None
    assert (state["preview"], state["step"], state["steps"]) == (2, 2, 4)


def test_stored_images_are_listed_without_their_keys() -> None:
    task = running()
    task.advance(progress())
    task.outputs.append(
        Output(port="image", index=0, kind="image", key="a" * 64, width=8, height=4, seed=7)
    )
    state = task.public()
    assert state is not None
    assert state["outputs"] == [
        {"port": "image", "index": 0, "kind": "image", "width": 8, "height": 4, "seed": 7}
    ]


def test_metrics_are_the_newest_values() -> None:
    task = running()
    task.advance(progress(metrics={"loss": Metric(value=0.5, step=3)}))
    state = task.public()
    assert state is not None
    assert state["metrics"] == {"loss": 0.5}


def test_without_a_pace_or_older_tasks_no_time_is_promised() -> None:
    task = running()
    task.advance(progress(step=0, steps=8))
    assert task.seconds_left() is None
    task.advance(progress(step=8, steps=8))
    assert task.seconds_left() == 0


def test_the_time_in_the_queue_is_never_negative() -> None:
    early = running(started_at="2025-12-31T23:59:59.000Z")
    assert early.timings()["queued_seconds"] == 0
    assert running(started_at="2026-01-01T00:00:02.500Z").timings()["queued_seconds"] == 2.5
