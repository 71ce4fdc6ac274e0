"""Wildcard lists: the user's own precede shipped ones, and none lies outside its folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.prompts.dynamic import expand
from core.prompts.wildcards import Wildcards
from core.settings import ROOT

SHIPPED = Wildcards((ROOT / "presets" / "wildcards",))


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "lists"
    (folder / "deep").mkdir(parents=True)
    (folder / "colour.txt").write_text("# mine\n\nmauve  # no comment\n", encoding="utf-8")
    (folder / "deep" / "one.txt").write_text("x\n", encoding="utf-8")
    (tmp_path / "secret.txt").write_text("secret\n", encoding="utf-8")
    return folder


def test_the_users_list_hides_a_shipped_one(own: Path) -> None:
    both = Wildcards((own, *SHIPPED.folders))
    assert both.lines("colour") == ("mauve  # no comment",)
    assert len(SHIPPED.lines("colour")) > 5
    assert {"colour", "deep/one", "animal"} <= set(both.names())


@pytest.mark.parametrize(
    "name", ["../secret", "/etc/hostname", "deep/../../secret", "", ".", "a b", "x" * 300]
)
def test_a_name_never_leaves_its_folder(own: Path, name: str) -> None:
    with pytest.raises(InvalidInput, match="no list"):
        Wildcards((own,)).lines(name)


@given(st.text(max_size=30) | st.sampled_from(["../models", "colour.txt", "Colour", "animal"]))
def test_only_what_is_listed_can_be_read(name: str) -> None:
    if name in SHIPPED.names():
        assert SHIPPED.lines(name)
    else:
        with pytest.raises(InvalidInput, match="no list"):
            SHIPPED.lines(name)


def test_a_link_that_leads_outside_is_no_list(own: Path) -> None:
    (own / "way.txt").symlink_to(own.parent / "secret.txt")
    with pytest.raises(InvalidInput, match="no list"):
        Wildcards((own,)).lines("way")


def test_a_list_that_is_no_text_empty_or_huge_is_named(own: Path) -> None:
    (own / "bytes.txt").write_bytes(b"\xff\xfe\x00")
    (own / "empty.txt").write_text("# nothing\n", encoding="utf-8")
    (own / "huge.txt").write_bytes(b"x" * (1 << 21))
    for name, message in (("bytes", "UTF-8"), ("empty", "empty"), ("huge", "larger")):
        with pytest.raises(InvalidInput, match=message):
            Wildcards((own,)).lines(name)


def test_every_shipped_list_can_be_drawn_from() -> None:
    assert len(SHIPPED.names()) >= 10
    for name in SHIPPED.names():
        lines = SHIPPED.lines(name)
        assert len(lines) == len(set(lines)) >= 5, name
        assert all(expand(line, seed, SHIPPED.lines) for line in lines for seed in (1, 2)), name


def test_a_list_is_read_once_until_its_file_changes(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[Path] = []
    open_file = Path.open

    def counting(path: Path, mode: str = "r", **options: Any) -> Any:
        reads.append(path)
        return open_file(path, mode, **options)

    lists = Wildcards((own,))
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", counting)
        assert lists.lines("colour") == lists.lines("colour")
    assert len(reads) == 1
    (own / "colour.txt").write_text("teal and grey\n", encoding="utf-8")
    assert lists.lines("colour") == ("teal and grey",)
