"""The written docs agree with the code: links lead somewhere, drawings show what is."""

import re
from pathlib import Path

from core.tasks.states import TRANSITIONS
from tools.house.floors import FLOORS
from tools.house.source import ROOT

LINK = re.compile(r"!?\[[^\]]*\]\(([^)#\s]+)[^)]*\)")
ROW = re.compile(r"^\| `(core/[\w/]+)/` \|", re.MULTILINE)
PROOF = re.compile(r"`((?:unit|integration|browser)/[\w/]+\.py)::(\w+)`")
ARROW = re.compile(r"^\s*(\w+) --> (\w+): \S", re.MULTILINE)


def pages() -> list[Path]:
    """Every page that people read."""
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def test_every_link_between_pages_leads_somewhere() -> None:
    dead = [
        f"{page.relative_to(ROOT).as_posix()}: {target}"
        for page in pages()
        for target in LINK.findall(page.read_text(encoding="utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert not dead, "\n".join(dead)


def test_every_row_on_reliability_names_a_test() -> None:
    text = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    proven = [row for row in rows if PROOF.search(row)]
    assert len(rows) - len(proven) == 2 * text.count("| --- |\n"), "heads and rules alone"
    missing = [
        f"{path}::{name}"
        for path, name in PROOF.findall(text)
        if f"def {name}(" not in (ROOT / "tests" / path).read_text(encoding="utf-8")
    ]
    assert not missing


def test_the_drawing_of_states_shows_every_transition_and_no_other() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    drawing = text.split("stateDiagram-v2", 1)[1].split("```", 1)[0]
    drawn = set(ARROW.findall(drawing))
    coded = {(start.value, end.value) for start, ends in TRANSITIONS.items() for end in ends}
    assert drawn == coded


def test_the_drawing_of_the_house_shows_every_room() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    drawing = text.split("## The house", 1)[1].split("```", 2)[1]
    rooms = {room.replace(".", "/") for floor in FLOORS for room in floor}
    assert not [room for room in rooms if room not in drawing]


def test_every_package_of_core_has_its_row_in_the_table_of_rooms() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = text.split("### Rooms", 1)[1].split("\n## ", 1)[0]
    packages = {
        path.parent.relative_to(ROOT).as_posix()
        for path in (ROOT / "core").glob("*/**/*.py")
        if path.name != "__init__.py" and "migrations" not in path.parts
    }
    assert set(ROW.findall(table)) == packages
