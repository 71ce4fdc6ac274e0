"""One owner per data directory, with real processes."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import DataDirectoryBusy, StorageUnavailable
from core.store.lock import HOLDER_NAME, DataDirectoryLock, make_lock

OWNER = """
import sys, time
from pathlib import Path
from core.store.lock import DataDirectoryLock
lock = DataDirectoryLock(Path(sys.argv[1]))
lock.acquire()
lock.publish("http://127.0.0.1:7860")
print("held", flush=True)
time.sleep(60)
"""


def owner(folder: Path) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(folder)], stdout=subprocess.PIPE, encoding="utf-8"
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    child.stdout.close()
    return child


def test_a_second_process_is_refused_with_the_holder(tmp_path: Path) -> None:
    child = owner(tmp_path)
    try:
        lock = DataDirectoryLock(tmp_path)
        with pytest.raises(DataDirectoryBusy) as caught:
            lock.acquire()
        assert str(child.pid) in caught.value.detail
        assert "http://127.0.0.1:7860" in caught.value.detail
        assert (caught.value.pid, caught.value.address) == (child.pid, "http://127.0.0.1:7860")
        assert not lock.held
    finally:
        child.kill()
        child.wait()


def test_the_lock_of_a_killed_process_is_taken_at_once(tmp_path: Path) -> None:
    child = owner(tmp_path)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    assert (tmp_path / HOLDER_NAME).exists()
    lock = DataDirectoryLock(tmp_path)
    assert lock.holder() is None
    lock.acquire("http://127.0.0.1:1")
    holder = lock.holder()
    assert holder is not None
    assert (holder.pid, holder.address) == (os.getpid(), "http://127.0.0.1:1")
    lock.release()


def test_a_child_of_the_owner_does_not_keep_the_lock(tmp_path: Path) -> None:
    lock = DataDirectoryLock(tmp_path)
    lock.acquire()
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], close_fds=False)
    lock.release()
    try:
        DataDirectoryLock(tmp_path).acquire()
    finally:
        child.kill()
        child.wait()


def test_two_in_one_process_exclude_each_other(tmp_path: Path) -> None:
    first, second = DataDirectoryLock(tmp_path), DataDirectoryLock(tmp_path)
    first.acquire()
    first.acquire()
    with pytest.raises(DataDirectoryBusy):
        second.acquire()
    first.release()
    first.release()
    second.acquire()
    second.release()


def test_the_holder_file_is_readable_by_this_user_only(tmp_path: Path) -> None:
    lock = DataDirectoryLock(tmp_path)
    lock.acquire()
    assert stat.S_IMODE((tmp_path / HOLDER_NAME).stat().st_mode) == 0o600
    lock.release()
    assert not (tmp_path / HOLDER_NAME).exists()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": "x"}', '{"pid": 1}', "null"])
def test_a_damaged_information_file_is_ignored(tmp_path: Path, content: str) -> None:
    (tmp_path / HOLDER_NAME).write_text(content, encoding="utf-8")
    lock = DataDirectoryLock(tmp_path)
    assert lock.holder() is None
    lock.acquire()
    lock.release()


def test_an_unusable_directory_is_told_plainly(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(StorageUnavailable):
        DataDirectoryLock(tmp_path / "file" / "data").acquire()


def test_servers_that_share_a_database_do_not_exclude_each_other(tmp_path: Path) -> None:
    first, second = (make_lock(tmp_path, shared=True) for _ in range(2))
    first.acquire("http://127.0.0.1:1")
    second.acquire("http://127.0.0.1:2")
    assert (first.holder(), second.holder()) == (None, None)
    first.release()
    assert list(tmp_path.iterdir()) == []


def test_the_embedded_profile_has_one_owner(tmp_path: Path) -> None:
    first, second = (make_lock(tmp_path, shared=False) for _ in range(2))
    first.acquire()
    with pytest.raises(DataDirectoryBusy):
        second.acquire()
    first.release()
    second.acquire()
    second.release()
