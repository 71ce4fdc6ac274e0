"""The page: layered imports, no markup from strings, nothing fetched from elsewhere."""

import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tools.house.source import ROOT, page_files

MARKUP = re.compile(
    r"\.(innerHTML|outerHTML)\b|insertAdjacentHTML|document\.write|new Function|\beval\("
)
FOREIGN = re.compile(
    r"(?<![\w:])(?:https?:|wss?:)?//(?!www\.w3\.org/)[a-z0-9-]+\.[a-z]", re.IGNORECASE
)
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|\son[a-z]+\s*=\s*[\"']|javascript:", re.IGNORECASE)

IMPORT = re.compile(r"""(?:\bfrom\s+|\bimport\s+|\bimport\()["'](?P<path>[^"']+)["']""")
"""Modules that are loaded, and those of `@import` and `import("…")` in the types of a comment."""
LAYERS = ("document", "state", "elements", "bricks", "views")
"""Folders of web/, lowest first; the files beside them (app.js) stand on top."""
WEB = ROOT / "web"
OPENING = re.compile(r"/\*\*\s*(?:\*\s*)?(?:What|Whether|How|Who|Whose|Where|Which)\b")
"""A comment that begins as a question instead of a noun phrase or an imperative."""


def imports(path: Path) -> Iterator[Path]:
    """Files that a module imports, its types included."""
    for match in IMPORT.finditer(path.read_text(encoding="utf-8")):
        yield (path.parent / match["path"]).resolve()


def layer(path: Path) -> int:
    """Height of the folder that a module lies in."""
    folder = path.relative_to(WEB).parts[0]
    return LAYERS.index(folder) if folder in LAYERS else len(LAYERS)


def hits(pattern: re.Pattern[str], files: list[Path]) -> list[str]:
    """Every line of `files` that matches, for messages."""
    return [
        f"{path.relative_to(ROOT).as_posix()}:{number}: {line.strip()[:80]}"
        for path in files
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]


def test_every_folder_of_modules_is_a_layer() -> None:
    folders = {path.relative_to(WEB).parts[0] for path in page_files(".js") if path.parent != WEB}
    assert folders == set(LAYERS)


def test_a_module_imports_files_of_the_page_alone() -> None:
    strays = [
        f"{path.relative_to(WEB)} -> {target}"
        for path in page_files(".js")
        for target in imports(path)
        if not (target.is_file() and target.is_relative_to(WEB))
    ]
    assert not strays


def test_imports_of_the_page_run_downward() -> None:
    upward = [
        f"{path.relative_to(WEB)} -> {target.relative_to(WEB)}"
        for path in page_files(".js")
        for target in imports(path)
        if layer(target) > layer(path)
    ]
    assert not upward


def test_modules_of_the_page_form_no_circle() -> None:
    graph = {path: set(imports(path)) for path in page_files(".js")}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle = [str(path.relative_to(WEB)) for path in error.args[1]]
        pytest.fail(f"circle: {' -> '.join(circle)}")


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


def test_comments_of_the_page_begin_with_a_noun_or_an_imperative() -> None:
    questions = [
        f"{path.relative_to(WEB)}: {match[0]}"
        for path in page_files(".js")
        for match in OPENING.finditer(path.read_text(encoding="utf-8"))
    ]
    assert not questions


def test_every_font_is_small_and_has_its_licence_beside_it() -> None:
    fonts = sorted((WEB / "fonts").glob("*.woff2"))
    assert fonts
    for font in fonts:
        assert font.stat().st_size < 150_000
        licence = font.with_name(f"{font.name.partition('-')[0]}-license.txt")
        assert "SIL OPEN FONT LICENSE Version 1.1" in licence.read_text(encoding="utf-8")
        assert f"/fonts/{font.name}" in (WEB / "index.html").read_text(encoding="utf-8")
