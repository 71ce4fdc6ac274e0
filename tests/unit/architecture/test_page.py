"""The page: no markup from strings, no script in the document, nothing fetched from elsewhere."""

import re
from pathlib import Path

from tests.unit.architecture.source import ROOT, page_files

MARKUP = re.compile(
    r"\.(innerHTML|outerHTML)\b|insertAdjacentHTML|document\.write|new Function|\beval\("
)
FOREIGN = re.compile(
    r"(?<![\w:])(?:https?:|wss?:)?//(?!www\.w3\.org/)[a-z0-9-]+\.[a-z]", re.IGNORECASE
)
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|\son[a-z]+\s*=\s*[\"']|javascript:", re.IGNORECASE)


def hits(pattern: re.Pattern[str], files: list[Path]) -> list[str]:
    """Every line of `files` that matches, for messages."""
    return [
        f"{path.relative_to(ROOT).as_posix()}:{number}: {line.strip()[:80]}"
        for path in files
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_markup_is_made_from_strings() -> None:
    assert not hits(MARKUP, page_files(".js"))


def test_the_document_holds_no_script_and_no_handler() -> None:
    assert not hits(INLINE, page_files(".html"))


def test_nothing_is_fetched_from_another_address() -> None:
    assert not hits(FOREIGN, page_files(".js", ".css", ".html"))


def test_what_others_wrote_comes_with_its_licence() -> None:
    vendor = ROOT / "web" / "vendor"
    folders = [path for path in vendor.glob("*") if path.is_dir()]
    assert not [path.name for path in folders if not list(path.glob("LICEN[SC]E*"))]
