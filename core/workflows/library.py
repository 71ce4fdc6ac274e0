"""Saved workflows, a folder of JSON files, and the read-only presets.

The only module that turns the name of a workflow into a path.
"""

from __future__ import annotations

import asyncio
import json
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from core.errors import InvalidInput, InvalidWorkflow, NotFound, TooLarge
from core.store import atomic
from core.store.clock import timestamp
from core.store.faults import storage_error
from core.suggestion import suggest
from core.workflows.workflow import Workflow, parse

NAME_MAX = 80
FILE_NAME_MAX = 240
FILE_MAX = 8 << 20  # bytes


class Workflows:
    """The user's workflows in `folder`, the presets in `presets`. Files are read in threads."""

    def __init__(
        self,
        folder: Path,
        presets: Path,
        on_change: Callable[[str, str], None] = lambda name, change: None,
    ) -> None:
        """`on_change`: called on the event loop with the name of a workflow, and `saved` or
        `deleted`."""
        self._folder = folder
        self._presets = presets / "workflows"
        self._on_change = on_change

    async def all(self) -> list[dict[str, Any]]:
        """The saved workflows, newest first."""
        return await asyncio.to_thread(self._all)

    async def get(self, name: str) -> Workflow:
        """A saved workflow; raises `NotFound` or `StorageUnavailable`."""
        path = self._path(name)
        with _file_errors(name):
            data = await asyncio.to_thread(_read, path)
        return parse(data).model_copy(update={"name": name})

    async def put(self, name: str, workflow: Workflow) -> bool:
        """Save, whole or not at all. True when the name is new.

        Raises `TooLarge`, or `StorageFull` where the disk has no room.
        """
        path = self._path(name)
        data = workflow.model_copy(update={"name": name}).json_data()

        def write() -> bool:
            content = _text(data).encode()
            if len(content) > FILE_MAX:
                raise TooLarge(
                    f"The workflow has {len(content)} bytes; {FILE_MAX} are allowed.",
                    fix="Upload its images, and name their IDs instead.",
                )
            new = not path.exists()
            with _file_errors(name, len(content)):
                atomic.write_bytes(path, content)
            return new

        new = await asyncio.to_thread(write)
        self._on_change(name, "saved")
        return new

    async def delete(self, name: str) -> None:
        """Remove a saved workflow; raises `NotFound` or `StorageUnavailable`."""
        path = self._path(name)
        with _file_errors(name):
            await asyncio.to_thread(path.unlink)
        self._on_change(name, "deleted")

    async def presets(self) -> list[dict[str, Any]]:
        """The presets, by name."""
        return [
            {"name": path.stem, "title": workflow.name, "description": workflow.description}
            for path, workflow in await asyncio.to_thread(self._all_presets)
        ]

    async def preset(self, name: str) -> Workflow:
        """A preset; raises `NotFound`."""
        for path, workflow in await asyncio.to_thread(self._all_presets):
            if path.stem == name:
                return workflow
        raise NotFound(f"There is no preset {name!r}.")

    async def find(self, name: str) -> Workflow:
        """A saved workflow, or the preset of that name; raises `NotFound` with the nearest name."""
        try:
            return await self.get(name)
        except NotFound:
            presets = await asyncio.to_thread(self._all_presets)
        for path, workflow in presets:
            if path.stem == name:
                return workflow
        names = [entry["name"] for entry in await self.all()]
        raise NotFound(
            f"There is no workflow or preset {name!r}.",
            fix=suggest(name, [*names, *(path.stem for path, _ in presets)]),
        )

    def _all(self) -> list[dict[str, Any]]:
        entries = []
        for path in self._folder.glob("*.json"):
            try:
                workflow = parse(_read(path))
            except (OSError, InvalidWorkflow):
                continue  # not a workflow, or deleted meanwhile
            changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            entries.append(
                {
                    "name": unquote(path.stem),
                    "description": workflow.description,
                    "bricks": len(workflow.bricks),
                    "updated_at": timestamp(changed),
                }
            )
        return sorted(entries, key=lambda entry: str(entry["updated_at"]), reverse=True)

    def _all_presets(self) -> list[tuple[Path, Workflow]]:
        return [(path, parse(_read(path))) for path in sorted(self._presets.glob("*.json"))]

    def _path(self, name: str) -> Path:
        plain = unicodedata.normalize("NFC", name)
        if not plain or len(plain) > NAME_MAX or not plain.isprintable() or plain != plain.strip():
            raise InvalidInput(
                f"A workflow's name is 1 to {NAME_MAX} printable characters.", field="name"
            )
        if plain.startswith(".") or set("/\\") & set(plain):
            raise InvalidInput("A workflow's name has no slash and no dot in front.", field="name")
        file_name = quote(plain, safe=" ") + ".json"
        if len(file_name) > FILE_NAME_MAX:
            raise InvalidInput("This name is too long for a file.", field="name")
        return self._folder / file_name


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise InvalidWorkflow(f"{path.name} is not JSON: {error}") from error


def _text(data: Mapping[str, Any]) -> str:
    """A workflow as JSON, a line for each brick and wire: deep values are not indented."""
    entries = []
    for name, value in data.items():
        text = _json(value)
        if isinstance(value, list) and value:
            text = "[\n    " + ",\n    ".join(map(_json, value)) + "\n  ]"
        entries.append(f"  {_json(name)}: {text}")
    return "{\n" + ",\n".join(entries) + "\n}\n"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


@contextmanager
def _file_errors(name: str, size: int | None = None) -> Iterator[None]:
    """Translate errors of the workflow's file; `size` is what was to be written, in bytes."""
    try:
        yield
    except FileNotFoundError as error:
        raise NotFound(f"There is no workflow {name!r}.") from error
    except OSError as error:
        raise storage_error(error, size) from error
