"""Saved workflows, a folder of JSON files, and the read-only presets.

Every save keeps the version that it replaces, and a deleted workflow can be restored. All that is
not a workflow lies in hidden folders beside the files. Other programs may change the files.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from core.errors import Conflict, InvalidWorkflow, NotFound
from core.store import atomic
from core.suggestion import suggest
from core.workflows import trash, versions
from core.workflows.files import (
    SEE_LIST,
    content_of,
    file_errors,
    find_file,
    name_of,
    numbered,
    path_of,
    read_json,
    write,
)
from core.workflows.presets import Presets
from core.workflows.revisions import SavedFile, check_revision, revision_of
from core.workflows.scan import FolderScan, SavedEntry, thumbnail_file
from core.workflows.workflow import Workflow, parse

T = TypeVar("T")
COPIES_MAX = 1000


class Workflows:
    """The user's workflows in `folder`, the presets in `presets`. Files are read in threads."""

    def __init__(
        self,
        folder: Path,
        presets: Path,
        on_change: Callable[[str, str], None] = lambda name, change: None,
    ) -> None:
        """`on_change`: called on the event loop with the name of a workflow, and `saved`,
        `deleted`, or `result` for a new thumbnail."""
        self._folder = folder
        self._presets = Presets(presets / "workflows")
        self._on_change = on_change
        self._scan = FolderScan(folder)
        self._lock = Lock()

    # Reading

    async def all(self, query: str = "", tags: Collection[str] = ()) -> list[dict[str, Any]]:
        """The saved workflows, newest first.

        Only those with every word of `query` in their name, description, tags, prompts or types of
        bricks, and with all `tags`.
        """
        return await self._work(lambda: self._all(query, tags))

    async def entry(self, name: str) -> dict[str, Any]:
        """A saved workflow as in the list; raises `NotFound`."""
        wanted = name_of(path_of(self._folder, name))
        for entry in await self.all():
            if entry["name"] == wanted:
                return entry
        raise NotFound(f"There is no workflow {name!r}.", fix=SEE_LIST)

    async def get(self, name: str) -> Workflow:
        """A saved workflow; raises `NotFound` or `StorageUnavailable`."""
        path = await self._file(name)
        return await self._work(lambda: self._read(name, path))

    async def read(self, name: str) -> tuple[Workflow, str]:
        """A saved workflow and its revision. Raises as `get` does."""
        path = await self._file(name)
        return await self._work(lambda: (self._read(name, path), revision_of(path)))

    async def presets(self) -> dict[str, Workflow]:
        """The presets, by name."""
        return await asyncio.to_thread(self._presets.all)

    async def preset(self, name: str) -> Workflow:
        """A preset; raises `NotFound`."""
        presets = await self.presets()
        if name not in presets:
            raise NotFound(f"There is no preset {name!r}.", fix=suggest(name, presets) or SEE_LIST)
        return presets[name]

    async def find(self, name: str) -> Workflow:
        """A saved workflow, or the preset of that name; raises `NotFound` with the nearest name."""
        try:
            return await self.get(name)
        except NotFound:
            presets = await self.presets()
        if name in presets:
            return presets[name]
        names = [entry["name"] for entry in await self.all()]
        near = suggest(name, [*names, *presets])
        raise NotFound(f"There is no workflow or preset {name!r}.", fix=near or SEE_LIST)

    # Changing

    async def put(self, name: str, workflow: Workflow, expected: str | None = None) -> SavedFile:
        """Save, whole or not at all; keep the version before.

        `expected`: the revision that may be replaced, empty for none; without it, any may. Raises
        `WorkflowChanged`, `TooLarge`, or `StorageFull` where the disk has no room.
        """
        path = await self._file(name)

        def work() -> SavedFile:
            check_revision(path, content_of(name, workflow), expected)
            new = self._save(name, workflow)
            return SavedFile(revision_of(path), new)

        saved = await self._work(work, path)
        self._on_change(name, "saved")
        return saved

    async def delete(self, name: str) -> None:
        """Move a workflow into the trash; raises `NotFound` or `StorageUnavailable`."""
        path = await self._file(name)

        def work() -> None:
            with file_errors(name):
                trash.discard(path)

        await self._work(work, path)
        self._on_change(name, "deleted")

    async def rename(self, name: str, new_name: str, tags: Iterable[str] | None = None) -> None:
        """Give a workflow another name, and `tags` in place of its own; both or neither.

        Raises `NotFound`, `InvalidWorkflow`, or `Conflict` where the name is taken.
        """
        source, target = await self._file(name), await self._file(new_name)

        def work() -> None:
            workflow = self._read(name, source)
            if tags is not None:
                workflow = _tagged(workflow, tags)
            if target.exists() and not target.samefile(source):
                raise Conflict(
                    f"There is a workflow {new_name!r} already.",
                    field="name",
                    fix="Choose another name, or rename or delete that one first.",
                )
            content = content_of(new_name, workflow)
            with file_errors(name, len(content)):
                if tags is not None:
                    versions.keep(source)
                _move(source, target, content)
            versions.trim(target)

        await self._work(work, source, target)
        if target != source:
            self._on_change(name, "deleted")
        self._on_change(new_name, "saved")

    async def duplicate(self, name: str, copy: str | None = None) -> str:
        """Save a copy of a workflow or preset, as `copy` or under the next free name; the name.

        Raises `NotFound`, or `Conflict` where the name is taken.
        """
        workflow = await self.find(name)

        def work() -> str:
            new_name = copy or self._free(workflow.name or name)
            if self._path(new_name).exists():
                raise Conflict(
                    f"There is a workflow {new_name!r} already.",
                    field="name",
                    fix="Choose another name.",
                )
            with file_errors(new_name):
                trash.discard_leftover(self._path(new_name))
            self._save(new_name, workflow)
            self._scan.acknowledge([self._path(new_name)])
            return new_name

        new_name = await self._work(work)
        self._on_change(new_name, "saved")
        return new_name

    async def tag(self, name: str, tags: Iterable[str]) -> Workflow:
        """Replace the tags of a workflow. Raises `NotFound` or `InvalidWorkflow`."""
        path = await self._file(name)

        def work() -> Workflow:
            workflow = _tagged(self._read(name, path), tags)
            self._save(name, workflow)
            return workflow

        workflow = await self._work(work, path)
        self._on_change(name, "saved")
        return workflow

    # What was before

    async def versions(self, name: str) -> list[dict[str, Any]]:
        """The earlier versions of a workflow, newest first. Raises `NotFound`."""
        path = await self._file(name)

        def work() -> list[dict[str, Any]]:
            if not path.is_file():
                raise NotFound(f"There is no workflow {name!r}.", fix=SEE_LIST)
            with file_errors(name):
                kept = versions.versions_of(path)
            entries = []
            for version in kept:
                with suppress(InvalidWorkflow):  # another program wrote it
                    workflow = self._read(name, version.path)
                    record = {"id": version.id, "saved_at": version.saved_at}
                    entries.append({**record, "bricks": len(workflow.bricks)})
            return entries

        return await self._work(work)

    async def version(self, name: str, version_id: str) -> Workflow:
        """An earlier version of a workflow. Raises `NotFound`."""
        path = await self._file(name)

        def work() -> Workflow:
            with file_errors(name):
                version = versions.version_of(path, version_id)
            return self._read(name, version.path)

        return await self._work(work)

    async def restore_version(self, name: str, version_id: str) -> Workflow:
        """Save an earlier version anew; the present one becomes a version. Raises `NotFound`."""
        workflow = await self.version(name, version_id)
        await self.put(name, workflow)
        return workflow

    async def deleted(self) -> list[dict[str, Any]]:
        """The deleted workflows, newest first."""

        def work() -> list[dict[str, Any]]:
            entries = [asdict(entry) for entry in trash.deleted_in(self._folder)]
            return [{key: entry[key] for key in ("id", "name", "deleted_at")} for entry in entries]

        return await self._work(work)

    async def restore_deleted(self, name: str, trash_id: str | None = None) -> str:
        """Restore a deleted workflow, the newest of its name or that of an ID.

        The name is returned: another one where it is taken meanwhile. Raises `NotFound`.
        """

        def work() -> str:
            entry = trash.find_deleted(self._folder, name, trash_id)
            free = name if not self._path(name).exists() else self._free(name)
            target = self._path(free)
            with file_errors(name):
                trash.bring_back(entry, target)
            self._scan.acknowledge([target])
            return free

        restored = await self._work(work)
        self._on_change(restored, "saved")
        return restored

    # Results, and other programs

    async def set_thumbnail(self, name: str, asset_id: str) -> None:
        """Show the image of an asset for a workflow; nothing happens where none has this name."""

        def work() -> bool:
            path = self._path(name)
            if not path.is_file():
                return False
            atomic.write_text(thumbnail_file(path), asset_id, durable=False)
            return True

        if await self._work(work):
            self._on_change(name, "result")

    async def publish_changes(self) -> None:
        """Publish what other programs changed in the folder since the last call."""
        for name, change in await self._work(self._scan.changes):
            self._on_change(name, change)

    # Files: all of this runs in a thread, under the lock

    async def _file(self, name: str) -> Path:
        return await asyncio.to_thread(self._path, name)

    async def _work(self, work: Callable[[], T], *changed: Path) -> T:
        """Do `work` in a thread, one at a time; `changed` are the files that it writes."""

        def locked() -> T:
            with self._lock:
                result = work()
                self._scan.acknowledge(changed)
                return result

        return await asyncio.to_thread(locked)

    def _all(self, query: str, tags: Collection[str]) -> list[dict[str, Any]]:
        words = query.casefold().split()
        entries = []
        for entry in self._scan.entries():
            if all(word in entry.text for word in words) and set(tags) <= set(entry.tags):
                entries.append(self._public(entry))
        return entries

    def _public(self, entry: SavedEntry) -> dict[str, Any]:
        try:
            text = thumbnail_file(self._path(entry.name)).read_text(encoding="utf-8").strip()
        except (OSError, ValueError):
            text = ""  # no result yet
        record = {key: value for key, value in asdict(entry).items() if key != "text"}
        return {**record, "tags": list(entry.tags), "thumbnail": text or None}

    def _read(self, name: str, path: Path) -> Workflow:
        with file_errors(name):
            data = read_json(path)
        return parse(data).model_copy(update={"name": name})

    def _save(self, name: str, workflow: Workflow) -> bool:
        path, content = self._path(name), content_of(name, workflow)
        new = not path.exists()
        with file_errors(name, len(content)):
            if not new and path.read_bytes() != content:
                versions.keep(path)
        write(path, content)
        versions.trim(path)
        return new

    def _free(self, name: str) -> str:
        """The next free name: `Name 2`, `Name 3`."""
        for number in range(2, COPIES_MAX):
            free = numbered(name, number)
            if not self._path(free).exists():
                return free
        raise Conflict(f"There are too many copies of {name!r}.", fix="Choose another name.")

    def _path(self, name: str) -> Path:
        return find_file(self._folder, name)


def _tagged(workflow: Workflow, tags: Iterable[str]) -> Workflow:
    return parse({**workflow.json_data(), "tags": list(dict.fromkeys(tags))})


def _move(source: Path, target: Path, content: bytes) -> None:
    """Replace a file and give it a name that is free; both or neither. Raises `OSError`."""
    before = source.read_bytes()
    try:
        atomic.write_bytes(source, content)  # first: a move alone needs no room
        trash.move(source, target)
    except OSError:
        atomic.write_bytes(source, before)
        raise
