"""Changes of saved workflows that a failing disk or a power loss interrupts at each of their steps.

A step is a rename or a sync. An error leaves the state before the change or the one after it. A
power loss may leave a file without its versions, but nothing that was saved is out of reach.
"""

import errno
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from core.errors import Conflict, NotFound, StorageUnavailable
from core.settings import ROOT
from core.workflows import trash, versions
from core.workflows.files import read_json
from core.workflows.library import Workflows
from core.workflows.workflow import Workflow

Change = Callable[[Workflows], Awaitable[object]]
STEPS_MAX = 40


class PowerLoss(BaseException):
    """The end of the process: no handler of errors runs to its end."""


class Disk:
    """Renames and syncs that fail from the step `first` on; all of them, or that one alone."""

    def __init__(self, first: int, error: BaseException, *, stays: bool) -> None:
        self._first, self._error, self._stays = first, error, stays
        self._rename = os.replace
        self.steps = 0

    @property
    def failed(self) -> bool:
        return self.steps > self._first

    def replace(self, source: Path, target: Path) -> None:
        self._step()
        self._rename(source, target)

    def fsync(self, descriptor: int) -> None:
        self._step()  # nothing is written to the disk itself: that takes time

    def _step(self) -> None:
        self.steps += 1
        if self.steps == self._first + 1 or (self._stays and self.failed):
            raise self._error


@contextmanager
def failing(disk: Disk) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "replace", disk.replace)
        patch.setattr(os, "fsync", disk.fsync)
        yield


@pytest.fixture(autouse=True)
def unsynced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


async def prepared(folder: Path) -> Workflows:
    """A folder with two workflows, one in the trash, and one that another program removed.

    Each has a full or a short history, and no two saves are equal.
    """
    library = Workflows(folder, ROOT / "presets")
    for name, saves in (("house", versions.KEPT + 1), ("tree", 3), ("gone", 3), ("left", 3)):
        for number in range(saves):
            await library.put(name, Workflow(description=f"{name} {number}"))
    await library.delete("gone")
    (folder / "left.json").unlink()
    return library


async def state(folder: Path) -> dict[str, Any]:
    """Saved and deleted workflows with the descriptions of their versions, newest first.

    One that another program removed is deleted, in the trash or not yet.
    """
    library = Workflows(folder, ROOT / "presets")
    saved = {}
    for entry in await library.all():
        name = entry["name"]
        kept = [await library.version(name, item["id"]) for item in await library.versions(name)]
        saved[name] = (entry["description"], entry["tags"], [item.description for item in kept])
    deleted = []
    for item in trash.deleted_in(folder):
        kept_files = sorted((item.path.parent / trash.HISTORY).glob("*.json"), reverse=True)
        texts = [read_json(path)["description"] for path in (item.path, *kept_files)]
        deleted.append((item.name, texts))
    for left in sorted((folder / versions.FOLDER).iterdir()):
        if left.name not in saved:
            files = sorted(left.glob("*.json"), reverse=True)
            deleted.append((left.name, [read_json(path)["description"] for path in files]))
    return {"saved": saved, "deleted": sorted(deleted)}


async def restore_first(library: Workflows) -> None:
    oldest = (await library.versions("tree"))[-1]
    await library.restore_version("tree", oldest["id"])


CHANGES: dict[str, Change] = {
    "a new workflow": lambda library: library.put("new", Workflow(description="new")),
    "a save": lambda library: library.put("tree", Workflow(description="tree new")),
    "a save over the limit": lambda library: library.put("house", Workflow(description="more")),
    "a save after its file was removed": lambda library: library.put("left", Workflow()),
    "a tag": lambda library: library.tag("tree", ["green"]),
    "a new name": lambda library: library.rename("tree", "oak"),
    "a new name and tags": lambda library: library.rename("tree", "oak", ["green"]),
    "a name with leftover versions": lambda library: library.rename("tree", "left"),
    "a copy": lambda library: library.duplicate("tree"),
    "a copy over leftover versions": lambda library: library.duplicate("tree", "left"),
    "a deletion": lambda library: library.delete("house"),
    "a restored deletion": lambda library: library.restore_deleted("gone"),
    "a restored version": restore_first,
}


@pytest.mark.parametrize("name", CHANGES)
async def test_a_disk_error_at_any_step_leaves_the_old_state_or_the_new_one(
    tmp_path: Path, name: str
) -> None:
    change = CHANGES[name]
    library = await prepared(tmp_path / "expected")
    old = await state(tmp_path / "expected")
    await change(library)
    new = await state(tmp_path / "expected")
    assert new != old
    for step in count():
        assert step < STEPS_MAX
        folder = tmp_path / str(step)
        library = await prepared(folder)
        disk = Disk(step, OSError(errno.EIO, "Input/output error"), stays=False)
        with failing(disk), suppress(StorageUnavailable):
            await change(library)
        if not disk.failed:
            assert step > 1, "every change has a step"
            break
        now = await state(folder)
        assert now in (old, new), f"step {step}"
        assert not list(folder.rglob("*.partial"))
        if now == old:
            await change(library)
            assert await state(folder) == new, "the change can be repeated"


def texts(folder: Path) -> set[str]:
    """The descriptions of all that a person can open in the folder, restored from the trash."""
    contents = set()
    for path in folder.glob("*.json"):
        contents.add(read_json(path)["description"])
        contents |= {
            read_json(version.path)["description"] for version in versions.versions_of(path)
        }
    return contents


async def restore_all(library: Workflows) -> None:
    for entry in await library.deleted():
        await library.restore_deleted(entry["name"], entry["id"])


@pytest.mark.parametrize("name", CHANGES)
async def test_after_a_power_loss_at_any_step_all_that_was_saved_can_be_opened(
    tmp_path: Path, name: str
) -> None:
    for step in count():
        assert step < STEPS_MAX
        folder = tmp_path / str(step)
        library = await prepared(folder)
        disk = Disk(step, PowerLoss(), stays=True)
        with failing(disk), suppress(PowerLoss):
            await CHANGES[name](library)
        if not disk.failed:
            break
        again = Workflows(folder, ROOT / "presets")
        assert {entry["name"] for entry in await again.all()} <= {
            *("house", "tree", "gone", "left", "new", "oak", "tree 2")
        }
        with suppress(NotFound, Conflict):  # it was done before
            await CHANGES[name](again)
        await restore_all(again)
        if not (folder / "left.json").exists():
            await again.put("left", Workflow(description="back"))
        wanted = {f"{kind} {n}" for kind in ("tree", "gone", "left") for n in range(2)}
        wanted |= {f"house {n}" for n in range(1, versions.KEPT + 1)}
        assert wanted <= texts(folder), f"step {step}"


async def test_a_broken_move_is_no_place_in_the_trash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trash, "KEPT", 2)
    library = Workflows(tmp_path, ROOT / "presets")
    for name in ("first", "second"):
        await library.put(name, Workflow(description=name))
        await library.delete(name)
    await library.put("third", Workflow(description="third"))
    for _ in range(3):
        disk = Disk(0, OSError(errno.EIO, "Input/output error"), stays=True)
        with failing(disk), pytest.raises(StorageUnavailable):
            await library.delete("third")
    assert [entry["name"] for entry in await library.deleted()] == ["second", "first"]
    assert len(list((tmp_path / trash.FOLDER).iterdir())) == 2
    await library.delete("third")
    assert [entry["name"] for entry in await library.deleted()] == ["third", "second"]


async def test_a_full_disk_does_not_prevent_a_deletion(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = await prepared(tmp_path)

    def full(path: Path, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    await library.delete("house")
    await library.restore_deleted("house")
    assert (await library.get("house")).description == f"house {versions.KEPT}"
