"""Drafts: open canvases with their edits, shared by the pages that show them.

A draft is a file of the data directory with a revision number. A page sends its edits as a whole
and names the revision that it replaces; where another page was first, it merges and sends again.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import time
import unicodedata
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from core.errors import InvalidInput, NotFound, TooLarge, WorkflowChanged
from core.store import atomic
from core.store.clock import timestamp
from core.store.faults import storage_error
from core.workflows.workflow import parse

T = TypeVar("T")
OnChange = Callable[[str, int, str], None]

FILE_MAX = 8 << 20  # bytes
KEPT = 200  # drafts
DAY_SECONDS = 86_400.0
FORMAT = "qpyt.draft/1"
NO_DRAFT_FIX = "See the list of drafts."
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Draft:
    """An open canvas. `content`: the workflow, its results and the saved workflow that it edits."""

    id: str
    revision: int
    updated_at: str
    content: dict[str, Any]

    def public(self) -> dict[str, Any]:
        """The draft as JSON."""
        return {
            "id": self.id,
            "revision": self.revision,
            "updated_at": self.updated_at,
            **self.content,
        }

    def entry(self) -> dict[str, Any]:
        """The draft in a list, without its content."""
        workflow, saved = self.content["workflow"], self.content.get("saved")
        return {
            "id": self.id,
            "revision": self.revision,
            "updated_at": self.updated_at,
            "name": str(workflow.get("name", "")),
            "bricks": len(workflow.get("bricks", ())),
            "saved_name": saved["name"] if saved else None,
        }


class Drafts:
    """The drafts of `folder`, each for `days` after its last change. Files are read in threads."""

    def __init__(
        self,
        folder: Path,
        days: int,
        on_change: OnChange = lambda draft_id, revision, origin: None,
    ) -> None:
        """`on_change`: called on the event loop with ID, revision (0: deleted) and origin."""
        self._folder = folder
        self._days = days
        self._on_change = on_change
        self._lock = Lock()

    async def all(self) -> list[dict[str, Any]]:
        """The drafts without their content, newest first."""
        return await self._work(lambda: [draft.entry() for draft in self._all()])

    async def get(self, draft_id: str) -> Draft:
        """A draft. Raises `NotFound` or `StorageUnavailable`."""
        draft = await self._work(lambda: self._read(draft_id))
        if draft is None:
            raise NotFound(f"There is no draft {draft_id!r}.", fix=NO_DRAFT_FIX)
        return draft

    async def of_workflow(self, name: str) -> Draft | None:
        """The newest draft of a saved workflow."""

        def work() -> Draft | None:
            drafts = (draft for draft in self._all() if draft.entry()["saved_name"] == name)
            return next(drafts, None)

        return await self._work(work)

    async def put(
        self, draft_id: str, content: Mapping[str, Any], expected: int, origin: str = ""
    ) -> int:
        """Replace the revision `expected` (0: none) and return the new one.

        `origin` names the page that sent it. Raises `WorkflowChanged` where another page was first,
        `InvalidWorkflow`, `TooLarge`, or `StorageFull` where the disk has no room.
        """
        parse(content["workflow"])
        path = self._path(draft_id)

        def work() -> int:
            current = self._revision(draft_id)
            if current != expected:
                raise WorkflowChanged(
                    f"The draft has the revision {current}, not {expected}.",
                    field="If-Match",
                    fix="Load the draft, merge its changes and send it again.",
                )
            data = {"format": FORMAT, "revision": current + 1, "updated_at": timestamp(), **content}
            _write(path, data)
            if not current:
                self._sweep()
            return current + 1

        revision = await self._work(work)
        self._on_change(draft_id, revision, origin)
        return revision

    async def delete(self, draft_id: str) -> None:
        """Delete a draft. Raises `NotFound` or `StorageUnavailable`."""
        path = self._path(draft_id)

        def work() -> None:
            try:
                path.unlink()
            except FileNotFoundError as error:
                raise NotFound(f"There is no draft {draft_id!r}.", fix=NO_DRAFT_FIX) from error
            except OSError as error:
                raise storage_error(error) from error

        await self._work(work)
        self._on_change(draft_id, 0, "")

    async def _work(self, work: Callable[[], T]) -> T:
        """Do `work` in a thread, one at a time."""

        def locked() -> T:
            with self._lock:
                return work()

        return await asyncio.to_thread(locked)

    def _path(self, draft_id: str) -> Path:
        if not _ID.fullmatch(draft_id):
            raise InvalidInput(
                "The ID of a draft is 1 to 64 letters, digits, hyphens and underscores.",
                field="id",
                fix="Choose another ID.",
            )
        return self._folder / f"{draft_id}.json"

    def _files(self) -> list[Path]:
        """The files of all drafts, newest first."""
        times: list[tuple[float, Path]] = []
        for path in self._folder.glob("[!.]*.json"):
            with suppress(FileNotFoundError):  # deleted meanwhile
                times.append((path.stat().st_mtime, path))
        return [path for _, path in sorted(times, reverse=True)]

    def _all(self) -> list[Draft]:
        drafts = (self._read(path.stem) for path in self._files())
        return [draft for draft in drafts if draft is not None]

    def _read(self, draft_id: str) -> Draft | None:
        """A draft; None where there is none, or a file that another program wrote."""
        path = self._path(draft_id)
        try:
            data = json.loads(path.read_bytes())
        except (FileNotFoundError, ValueError, RecursionError):
            return None
        except OSError as error:
            raise storage_error(error) from error
        if not isinstance(data, dict) or data.pop("format", None) != FORMAT:
            return None
        return Draft(draft_id, data.pop("revision"), data.pop("updated_at"), data)

    def _revision(self, draft_id: str) -> int:
        draft = self._read(draft_id)
        return draft.revision if draft else 0

    def _sweep(self) -> None:
        """Delete what is too old, and the oldest over `KEPT`."""
        oldest = time.time() - self._days * DAY_SECONDS
        for place, path in enumerate(self._files()):
            with suppress(OSError):  # the next new draft deletes it
                if place >= KEPT or path.stat().st_mtime < oldest:
                    path.unlink()


def draft_id_of(name: str) -> str:
    """The ID of the first draft of a saved workflow: the same for all pages that open it."""
    plain = unicodedata.normalize("NFC", name).encode()
    return f"saved-{hashlib.sha256(plain).hexdigest()[:24]}"


def _write(path: Path, data: Mapping[str, Any]) -> None:
    content = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
    if len(content) > FILE_MAX:
        raise TooLarge(
            f"The draft has {len(content)} bytes; {FILE_MAX} are allowed.",
            fix="Upload its images, and name their IDs instead.",
        )
    try:
        atomic.write_bytes(path, content)
    except OSError as error:
        raise storage_error(error, len(content)) from error
