"""The table of transitions against the drawing in the documentation."""

import re
from pathlib import Path

from core.tasks.states import TRANSITIONS, Hold, Status, sources

ARCHITECTURE = Path(__file__).parents[3] / "docs" / "architecture.md"
ARROW = re.compile(r"^\s*(\w+) --> (\w+)", re.MULTILINE)


def test_the_state_diagram_in_the_docs_shows_exactly_the_allowed_changes() -> None:
    drawing = (
        ARCHITECTURE.read_text(encoding="utf-8").split("stateDiagram-v2", 1)[1].split("```", 1)[0]
    )
    known = {status.value for status in Status}
    drawn = {pair for pair in ARROW.findall(drawing) if known >= set(pair)}
    allowed = {(s.value, t.value) for s, targets in TRANSITIONS.items() for t in targets}
    assert drawn == allowed


def test_a_completed_task_never_changes_again() -> None:
    assert not TRANSITIONS[Status.COMPLETED]


def test_every_state_but_pending_and_held_is_reached_from_somewhere() -> None:
    assert all(sources(status) for status in Status)


def test_hold_reasons_are_named_one_by_one() -> None:
    assert (Hold.USER | Hold.PARENT).names() == ["user", "parent"]
    assert Hold.NONE.names() == []
