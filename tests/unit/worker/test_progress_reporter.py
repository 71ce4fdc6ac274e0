"""Progress messages: their rate, their metrics, and the time that loading took."""

from io import BytesIO
from typing import Any

import pytest

from core.errors import TaskFailure
from core.worker.channel import Channel
from core.worker.progress_reporter import METRICS_MAX, NAME_MAX, ProgressReporter
from core.worker.protocol import Message, Metric, Progress


class Recorder(Channel):
    """A channel that keeps what is sent."""

    def __init__(self) -> None:
        super().__init__(BytesIO(), -1)
        self.sent: list[Any] = []

    def send(self, message: Message) -> None:
        self.sent.append(message)


@pytest.fixture
def channel() -> Recorder:
    return Recorder()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr("core.worker.progress_reporter.time.monotonic", lambda: now[0])
    return now


def report(reporter: ProgressReporter, phase: str, step: int = 0, **changes: Any) -> None:
    values = {"steps": 9, "image": 1, "images": 1, "preview": None} | changes
    reporter.report(phase, step=step, **values)


def test_steps_are_limited_in_rate_and_a_new_phase_is_sent_at_once(
    channel: Recorder, clock: list[float]
) -> None:
    reporter = ProgressReporter(channel, ("task", 1), 1)
    for step in range(5):
        report(reporter, "denoising", step)
        clock[0] += 0.02
    report(reporter, "decoding")
    assert [(sent.phase, sent.step) for sent in channel.sent] == [
        ("denoising", 0),
        ("denoising", 3),
        ("decoding", 0),
    ]


def test_a_preview_is_made_only_when_it_is_due(channel: Recorder, clock: list[float]) -> None:
    reporter = ProgressReporter(channel, ("task", 1), 1)
    made: list[int] = []

    def preview() -> bytes:
        made.append(1)
        return b"jpeg"

    for step in range(5):
        report(reporter, "denoising", step, preview=preview)
        clock[0] += 0.125
    assert len(made) == 3
    assert [sent.step for sent in channel.sent if sent.preview] == [0, 2, 4]


def test_images_are_counted_over_all_runs(channel: Recorder, clock: list[float]) -> None:
    reporter = ProgressReporter(channel, ("task", 1), 3)
    reporter.run_index = 2
    report(reporter, "denoising", image=2, images=2)
    (sent,) = channel.sent
    assert (sent.image, sent.images) == (6, 6)


def test_the_time_of_the_loading_phase_is_measured(channel: Recorder, clock: list[float]) -> None:
    reporter = ProgressReporter(channel, ("task", 1), 1)
    report(reporter, "loading")
    clock[0] += 2.5
    report(reporter, "denoising")
    clock[0] += 9.0
    report(reporter, "decoding")
    assert reporter.loading_seconds == pytest.approx(2.5)


def test_a_message_carries_the_newest_value_of_every_metric(
    channel: Recorder, clock: list[float]
) -> None:
    reporter = ProgressReporter(channel, ("task", 1), 1)
    reporter.metric("loss", 2, 1)
    reporter.metric("loss", 1.5, 2)
    reporter.metric("rate", float("inf"), 2)
    report(reporter, "training")
    reporter.metric("loss", 1.0, 3)
    assert channel.sent == [
        Progress(
            task_id="task",
            attempt=1,
            phase="training",
            steps=9,
            metrics={"loss": Metric(value=1.5, step=2), "rate": Metric(value=None, step=2)},
        )
    ]


@pytest.mark.parametrize("name", ["", "x" * (NAME_MAX + 1)])
def test_a_metric_without_a_usable_name_is_refused(channel: Recorder, name: str) -> None:
    with pytest.raises(TaskFailure, match="name"):
        ProgressReporter(channel, ("task", 1), 1).metric(name, 1.0, 1)


def test_the_number_of_metrics_is_bounded(channel: Recorder) -> None:
    reporter = ProgressReporter(channel, ("task", 1), 1)
    for number in range(METRICS_MAX):
        reporter.metric(f"m{number}", 1.0, 1)
    reporter.metric("m0", 2.0, 2)
    with pytest.raises(TaskFailure, match=str(METRICS_MAX)):
        reporter.metric("one more", 1.0, 1)
