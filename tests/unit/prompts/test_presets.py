"""Styles, lists and instructions of the presets folder, with the user's own files first."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.errors import InvalidInput, StudioError
from core.prompts.presets import PromptPresets
from core.prompts.styles import Styles
from core.settings import ROOT

STYLE = "category: Mine\nstyles:\n  - {id: %s, name: %s, prompt: '%s'}\n"
DAMAGED = {
    "not YAML": b"{",
    "empty": b"",
    "a list": b"- a\n",
    "no category": b"styles: []\n",
    "styles that are a number": b"category: Mine\nstyles: 3\n",
    "a style that is a text": b"category: Mine\nstyles: [ink]\n",
    "an unknown key": b"category: Mine\nstyles: [{id: a, name: A, prompt: '{prompt}', no: 1}]\n",
    "a number as a key": b"category: Mine\nstyles: [{id: a, name: A, prompt: '{prompt}', 1: 1}]\n",
    "a bad swatch": b"category: Mine\nstyles: [{id: a, name: A, prompt: '{prompt}', swatch: 5}]\n",
    "not UTF-8": b"category: Mine\nstyles: []\n# caf\xe9\n",
    "a control character": b"category: Mine\0\nstyles: []\n",
    "half a character": b'category: Mine\nstyles: [{id: a, name: "\\ud800", prompt: "{prompt}"}]\n',
    "nested too deeply": b"[" * 900,
    "the same id twice": (STYLE % ("ink", "Ink", "{prompt}")).encode()
    + b"  - {id: ink, name: Other, prompt: '{prompt}'}\n",
}


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The folder of the user's own styles."""
    (tmp_path / "styles").mkdir()
    return tmp_path / "styles"


@pytest.fixture
def presets(own: Path) -> PromptPresets:
    """Shipped presets, with own styles and lists."""
    return PromptPresets(ROOT / "presets", own.parent / "lists", own)


def write(folder: Path, name: str, style_id: str, prompt: str = "{prompt}") -> Path:
    path = folder / name
    path.write_text(STYLE % (style_id, f"Style {style_id}", prompt), encoding="utf-8")
    return path


def test_unchanged_files_are_read_once(presets: PromptPresets, own: Path) -> None:
    write(own, "mine.yaml", "mine")
    assert presets.styles is presets.styles


def test_a_file_that_is_added_changed_or_removed_is_read_at_the_next_use(
    presets: PromptPresets, own: Path
) -> None:
    shipped = len(presets.styles.all())
    path = write(own, "mine.yaml", "mine")
    assert presets.styles.get("mine").prompt == "{prompt}"
    write(own, "mine.yaml", "mine", "a drawing of {prompt}")
    assert presets.styles.get("mine").prompt == "a drawing of {prompt}"
    path.rename(own / "renamed.yaml")
    assert presets.styles.get("mine").prompt == "a drawing of {prompt}"
    (own / "renamed.yaml").unlink()
    assert len(presets.styles.all()) == shipped


def test_a_change_of_equal_size_is_read_by_its_time(presets: PromptPresets, own: Path) -> None:
    path = write(own, "mine.yaml", "mine", "red {prompt}")
    assert presets.styles.get("mine").prompt == "red {prompt}"
    later = path.stat().st_mtime_ns + 10**9
    write(own, "mine.yaml", "mine", "tan {prompt}")
    os.utime(path, ns=(later, later))
    assert presets.styles.get("mine").prompt == "tan {prompt}"


def test_an_own_style_replaces_the_shipped_one_of_its_id(presets: PromptPresets, own: Path) -> None:
    shipped = presets.styles.all()
    write(own, "mine.yaml", shipped[0].id, "mine, {prompt}")
    assert presets.styles.get(shipped[0].id).prompt == "mine, {prompt}"
    assert len(presets.styles.all()) == len(shipped)


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_own_file_is_left_out_and_named_where_its_style_is_missing(
    presets: PromptPresets, own: Path, content: bytes
) -> None:
    (own / "damaged.yaml").write_bytes(content)
    write(own, "good.yaml", "good")
    assert presets.styles.get("good").category == "Mine"
    with pytest.raises(InvalidInput) as caught:
        presets.styles.get("ink-of-mine")
    assert "damaged.yaml" in (caught.value.fix or "")


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_shipped_file_is_an_error(own: Path, content: bytes) -> None:
    (own / "damaged.yaml").write_bytes(content)
    with pytest.raises(StudioError, match=r"damaged\.yaml"):
        Styles(own)


def test_a_link_to_a_file_that_is_gone_is_left_out(presets: PromptPresets, own: Path) -> None:
    (own / "gone.yaml").symlink_to(own / "nothing")
    write(own, "good.yaml", "good")
    assert presets.styles.get("good").id == "good"


def test_a_folder_named_like_a_file_of_styles_is_left_out(
    presets: PromptPresets, own: Path
) -> None:
    (own / "folder.yaml").mkdir()
    assert presets.styles.all()


def test_own_lists_come_before_shipped_ones(presets: PromptPresets, own: Path) -> None:
    shipped = PromptPresets(ROOT / "presets").wildcards
    name = next(iter(shipped.names()))
    (own.parent / "lists").mkdir()
    (own.parent / "lists" / f"{name}.txt").write_text("mine\n", encoding="utf-8")
    assert list(presets.wildcards.lines(name)) == ["mine"] != list(shipped.lines(name))


def test_without_folders_there_are_no_presets() -> None:
    empty = PromptPresets()
    assert (list(empty.styles.all()), list(empty.wildcards.names())) == ([], [])
    with pytest.raises(StudioError, match=r"enhance\.yaml"):
        empty.instruction("enhance")


@pytest.mark.parametrize(
    "content", [b"{", b"", b"instructions: 3\n", b"instructions: {a: b}\n", b"caf\xe9: 1", None]
)
def test_an_instruction_that_cannot_be_read_is_named_with_its_file(
    tmp_path: Path, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "enhance.yaml").write_bytes(content)
    with pytest.raises(StudioError, match=r"enhance\.yaml has no instruction 'missing'"):
        PromptPresets(tmp_path).instruction("missing")
