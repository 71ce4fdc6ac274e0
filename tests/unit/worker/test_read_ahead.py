"""Reading ahead: which bytes of which files are requested."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from core.worker import read_ahead

pytestmark = pytest.mark.skipif(not hasattr(os, "posix_fadvise"), reason="no such request here")


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """The files and offsets that were requested."""
    made: list[tuple[str, int]] = []

    def request(descriptor: int, offset: int, length: int, advice: int) -> None:
        assert (length, advice) == (read_ahead.PIECE, os.POSIX_FADV_WILLNEED)
        made.append((Path(f"/proc/self/fd/{descriptor}").readlink().name, offset))

    monkeypatch.setattr(os, "posix_fadvise", request)
    return made


def weights(folder: Path, name: str, pieces: float) -> Path:
    """A file of so many pieces."""
    file = folder / name
    with file.open("wb") as opened:
        opened.truncate(int(pieces * read_ahead.PIECE))
    return file


def test_every_byte_of_every_file_is_requested(
    tmp_path: Path, requests: list[tuple[str, int]]
) -> None:
    files = [weights(tmp_path, "a", 2.5), tmp_path / "missing", weights(tmp_path, "b", 1)]
    read_ahead.read_ahead(files).join()
    piece = read_ahead.PIECE
    assert requests == [("a", 0), ("a", piece), ("a", 2 * piece), ("b", 0)]


def test_no_more_is_requested_than_half_of_the_memory_holds(
    tmp_path: Path, requests: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = SimpleNamespace(available=6 * read_ahead.PIECE)
    monkeypatch.setattr(read_ahead.psutil, "virtual_memory", lambda: memory)
    files = [weights(tmp_path, "a", 2), weights(tmp_path, "b", 4)]
    read_ahead.read_ahead(files).join()
    assert [name for name, _ in requests] == ["a", "a", "b"]
