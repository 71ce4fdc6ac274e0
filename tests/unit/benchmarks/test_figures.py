"""Every figure that must be kept has its benchmark, and the docs name them all."""

import importlib
import inspect

import pytest

from benchmarks.__main__ import FIGURES, main
from tools.house.source import ROOT

# Each row of "Limits" in docs/performance.md, by words of it, and who measures it.
KEPT = {
    "first answered request": "start",
    "imports its libraries": "start",
    "bare import of torch": "first",
    "memory of the server at rest": "start",
    "bare call of the same pipeline": "generate",
    "durable accept": "accept",
    "tasks without a model": "throughput",
    "10,000 tasks queued": "depth",
    "200 event streams": "unread",
    "54 cards as a batch": "deck",
    "no text encoding": "again",
    "no loading": "again",
    "beside bare diffusers": "models",
    "an image with a control": "control",
    "a step cache": "step_cache",
    "training step": "training",
    "beside a training": "training",
    "filter at 1024": "editing",
    "wall of 200 bricks": "canvas",
    "out of 100,000 images": "gallery",
    "cutting out of 512 px": "images",
    "drawing in tiles": "images",
    "requests of others": "attacks",
    "half requests": "attacks",
    "memory plans of every model": "fit",
    "memory over 1,000": "memory",
}


def rows() -> list[str]:
    """The table of goals, row by row."""
    text = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    section = text.split("## Limits", 1)[1].split("\n## ", 1)[0]
    return [line for line in section.splitlines() if line.startswith("|")][2:]


def test_every_goal_has_a_benchmark() -> None:
    unmeasured = [row for row in rows() if not any(words in row for words in KEPT)]
    assert not unmeasured
    assert set(KEPT.values()) == set(FIGURES)


def test_no_goal_was_dropped_from_the_docs() -> None:
    text = "\n".join(rows())
    assert [words for words in KEPT if words not in text] == []


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_a_module_with_one_way_in(name: str) -> None:
    module = importlib.import_module(f"benchmarks.{name}")
    assert list(inspect.signature(module.measure).parameters) == ["quick"]


def test_the_figures_are_named_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--help"])
    assert left.value.code == 0
    output = capsys.readouterr().out
    assert all(name in output for name in FIGURES)


def test_an_unknown_figure_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["flight"])
    assert left.value.code == 2
    assert "flight" in capsys.readouterr().err
