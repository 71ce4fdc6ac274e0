"""Blobs as files, beyond the contract of every store."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import StorageFull, StorageUnavailable
from core.store.blobs import LocalBlobs


@pytest.fixture
def blobs(tmp_path: Path) -> LocalBlobs:
    return LocalBlobs(tmp_path / "assets", reserve_bytes=0)


def files(blobs: LocalBlobs, tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "assets").rglob("*") if path.is_file()]


def test_the_same_content_is_stored_once(blobs: LocalBlobs, tmp_path: Path) -> None:
    first = blobs.put(b"same")
    inode = blobs.local_path(first.key).stat().st_ino
    os.utime(blobs.local_path(first.key), (1, 1))
    assert blobs.put(b"same") == first
    assert blobs.local_path(first.key).stat().st_ino == inode
    stat = blobs.stat(first.key)
    assert stat is not None
    assert stat.modified > 1
    assert len(files(blobs, tmp_path)) == 1


def test_a_damaged_file_is_replaced_when_its_content_comes_again(blobs: LocalBlobs) -> None:
    blob = blobs.put(b"whole")
    blobs.local_path(blob.key).write_bytes(b"who")
    blobs.put(b"whole")
    assert blobs.local_path(blob.key).read_bytes() == b"whole"


def test_a_failed_write_leaves_nothing(
    blobs: LocalBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(StorageFull, match="bytes are needed"):
        blobs.put(b"hello")
    assert files(blobs, tmp_path) == []
    monkeypatch.undo()
    assert blobs.put(b"hello").size == 5


def test_an_unusable_folder_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "assets").write_text("a file in the way", encoding="utf-8")
    with pytest.raises(StorageUnavailable):
        LocalBlobs(tmp_path / "assets", reserve_bytes=0).put(b"x")


def test_a_writer_killed_midway_leaves_no_listed_file(blobs: LocalBlobs, tmp_path: Path) -> None:
    script = (
        "import os, signal, sys; from pathlib import Path\n"
        "from core.store.blobs import LocalBlobs\n"
        "os.fsync = lambda descriptor: os.kill(os.getpid(), signal.SIGKILL)\n"
        "LocalBlobs(Path(sys.argv[1]), 0).put(bytes(1 << 20))\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path / "assets")], check=False)
    assert done.returncode == -9
    assert list(blobs.keys()) == []
    assert len(files(blobs, tmp_path)) == 1
    assert blobs.remove_partial(older_than_seconds=3600) == 0
    assert blobs.remove_partial(older_than_seconds=0) == 1
    assert files(blobs, tmp_path) == []


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("blobs", {"sqlalchemy", "PIL", "alembic", "pydantic", "asyncio"}),
        ("lock", {"sqlalchemy", "PIL", "alembic"}),
        ("png", {"sqlalchemy", "alembic"}),
        ("assets", {"PIL", "alembic"}),
    ],
)
def test_a_module_does_not_import_what_it_can_do_without(module: str, heavy: set[str]) -> None:
    script = f"import sys, core.store.{module}\nprint(*({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)
    assert done.stdout.split() == []
