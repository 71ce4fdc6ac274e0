"""Atomic replacement of files, and that nothing in the studio replaces files otherwise."""

import ast
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.store import atomic

ROOT = Path(__file__).resolve().parents[3]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_whole_and_its_folder_is_created(tmp_path: Path) -> None:
    target = tmp_path / "a" / "b" / "notes.json"
    atomic.write_text(target, "é")
    atomic.write_bytes(target, b"new")
    assert target.read_bytes() == b"new"
    assert names(target.parent) == ["notes.json"]


@pytest.mark.parametrize("durable", [True, False])
def test_a_failure_keeps_the_old_file_and_leaves_nothing_beside_it(
    tmp_path: Path, durable: bool
) -> None:
    target = tmp_path / "notes.json"
    target.write_text("old", encoding="utf-8")

    def write() -> None:
        with atomic.replacing(target, durable=durable) as partial:
            partial.write_text("half", encoding="utf-8")
            raise ArithmeticError

    with pytest.raises(ArithmeticError):
        write()
    assert target.read_text(encoding="utf-8") == "old"
    assert names(tmp_path) == ["notes.json"]


def recorded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The order of syncs and renames."""
    steps: list[str] = []
    fsync, replace = os.fsync, os.replace

    def record_fsync(descriptor: int) -> None:
        steps.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        fsync(descriptor)

    def record_replace(source: Path, target: Path) -> None:
        steps.append("rename")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", record_fsync)
    monkeypatch.setattr(os, "replace", record_replace)
    return steps


def test_data_is_synced_whole_where_the_system_cannot_leave_its_times_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = recorded(monkeypatch)
    monkeypatch.delattr(os, "fdatasync", raising=False)
    (tmp_path / "log").touch()
    atomic.sync_data(tmp_path / "log")
    assert steps == ["file"]


@pytest.mark.skipif(os.name == "nt", reason="folders cannot be synced there")
def test_a_durable_file_is_synced_before_its_rename_and_every_new_folder_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = recorded(monkeypatch)
    with atomic.temporary(tmp_path) as partial:
        atomic.move(partial, tmp_path / "a" / "b" / "file")
    assert steps == ["file", "rename", "folder", "folder", "folder"]


def test_a_cache_does_not_wait_for_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = recorded(monkeypatch)
    atomic.write_bytes(tmp_path / "cache", b"x", durable=False)
    assert steps == ["rename"]


@pytest.mark.skipif(os.name == "nt", reason="permissions are those of POSIX")
def test_a_private_file_is_private_from_its_first_byte(tmp_path: Path) -> None:
    with atomic.replacing(tmp_path / "secret", mode=0o600) as partial:
        assert stat.S_IMODE(partial.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


def test_writers_at_once_leave_one_of_their_files_whole(tmp_path: Path) -> None:
    target = tmp_path / "shared"
    contents = [bytes([number]) * 100_000 for number in range(16)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda data: atomic.write_bytes(target, data, durable=False), contents))
    assert target.read_bytes() in contents
    assert names(tmp_path) == ["shared"]


def test_a_writer_killed_before_the_rename_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "notes"
    target.write_text("old", encoding="utf-8")
    script = (
        "import os, signal, sys; from pathlib import Path; from core.store import atomic\n"
        "os.fsync = lambda descriptor: os.kill(os.getpid(), signal.SIGKILL)\n"
        "atomic.write_text(Path(sys.argv[1]), 'new')\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(target)], check=False, cwd=ROOT)
    assert done.returncode == -9
    assert target.read_text(encoding="utf-8") == "old"
    (left,) = (path for path in tmp_path.iterdir() if path != target)
    assert left.name.startswith(".")
    assert left.suffix == atomic.SUFFIX


def renames(path: Path) -> bool:
    """The module replaces a file by itself: `os.replace`, `os.rename` or `tempfile`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return not names.isdisjoint(
        {"os.replace", "os.rename", "tempfile.mkstemp", "tempfile.NamedTemporaryFile"}
    )


def test_files_are_replaced_in_one_module_only() -> None:
    modules = [path for folder in ("core", "api") for path in (ROOT / folder).rglob("*.py")]
    modules_that_rename = [path.relative_to(ROOT).as_posix() for path in modules if renames(path)]
    assert modules_that_rename == ["core/store/atomic.py"]
