"""The progress of commands without a terminal: lines with the time left."""

import pytest

from core.cli.console import Bar, remaining


def test_a_line_is_printed_for_each_phase_and_each_tenth(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def task(phase: str, step: int, seconds: float | None) -> dict[str, object]:
        progress = {"phase": phase, "step": step, "steps": 100, "image": 1, "images": 1}
        progress |= {"fraction": step / 100, "eta_seconds": seconds}
        return {"id": "T", "title": "Evaluate LoRA", "status": "running", "progress": progress}

    with Bar() as bar:
        bar.show({"id": "T", "title": "Evaluate LoRA", "status": "pending", "progress": None})
        for state in (
            task("loading", 0, None),
            task("drawing", 1, 300.0),
            task("drawing", 9, 290.0),
            task("drawing", 10, 280.0),
        ):
            bar.show(state)
    assert capsys.readouterr().err.splitlines()[:3] == [
        "Evaluate LoRA: loading 0/100",
        "Evaluate LoRA: drawing 1/100 (5 min left)",
        "Evaluate LoRA: drawing 10/100 (5 min left)",
    ]


@pytest.mark.parametrize(("seconds", "text"), [(40, "40 s"), (720, "12 min"), (12_600, "3.5 h")])
def test_a_long_time_is_written_in_its_unit(seconds: float, text: str) -> None:
    assert remaining(seconds) == text
