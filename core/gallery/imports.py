"""Imports of existing images: decoded, checked and stored like uploads, with metadata and date."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from core.errors import Conflict, NotFound, StudioError
from core.gallery.curation import Choice, Curation
from core.gallery.sources import Source, expanded
from core.identifiers import new_id
from core.store.assets import Assets

ImportStatus = Literal["running", "done", "cancelled", "failed"]
MAX_FAILURES = 100
MAX_RUNNING = 8
MAX_KEPT = 50


@dataclass(slots=True)
class Import:
    """The state of an import. `failed` names the first files that were refused."""

    id: str
    state: ImportStatus = "running"
    done: int = 0
    total: int = 0
    added: int = 0
    duplicates: int = 0
    failures: int = 0
    failed: list[dict[str, str]] = field(default_factory=list)

    def public(self) -> dict[str, Any]:
        """The state as JSON."""
        return asdict(self)


class Imports:
    """The imports of one studio, one file at a time each. Used from one event loop."""

    def __init__(
        self,
        assets: Assets,
        curation: Curation,
        max_bytes: int,
        on_change: Callable[[Import], None],
    ) -> None:
        """`max_bytes`: the limit of one image. Call `on_change` as an import goes on."""
        self._assets = assets
        self._curation = curation
        self._max_bytes = max_bytes
        self._on_change = on_change
        self._imports: dict[str, Import] = {}
        self._running: dict[str, asyncio.Task[None]] = {}

    def start(self, sources: Sequence[Source], collection: str | None = None) -> Import:
        """Begin an import; it goes on in the background. `collection` gets all of its images.

        Raises `Conflict` where eight imports are running.
        """
        if len(self._running) >= MAX_RUNNING:
            raise Conflict(
                f"{MAX_RUNNING} imports are running.", fix="Wait for one of them to end."
            )
        while len(self._imports) >= MAX_KEPT:
            ended = next(name for name in self._imports if name not in self._running)
            del self._imports[ended]
        record = Import(new_id(), total=len(sources))
        self._imports[record.id] = record
        work = asyncio.create_task(self._run(record, sources, collection), name="import")
        self._running[record.id] = work
        work.add_done_callback(lambda _: self._running.pop(record.id, None))
        return record

    def find(self, import_id: str) -> Import:
        """An import of this run of the server. Raises `NotFound`."""
        record = self._imports.get(import_id)
        if record is None:
            raise NotFound("There is no such import.")
        return record

    async def wait(self, import_id: str) -> Import:
        """An import once it has ended. Raises `NotFound`."""
        record = self.find(import_id)
        if (work := self._running.get(import_id)) is not None:
            await asyncio.wait([work])
        return record

    async def cancel(self, import_id: str) -> Import:
        """Stop an import; its images so far stay. Raises `NotFound`."""
        record = self.find(import_id)
        if (work := self._running.get(import_id)) is not None:
            work.cancel()
            await asyncio.wait([work])
        return record

    async def stop(self) -> None:
        """Cancel all imports."""
        for import_id in list(self._running):
            await self.cancel(import_id)

    async def _run(self, record: Import, sources: Iterable[Source], collection: str | None) -> None:
        try:
            files = await asyncio.to_thread(lambda: list(expanded(sources, self._max_bytes)))
            record.total = len(files)
            for source in files:
                await self._import(record, source, collection)
                record.done += 1
                self._on_change(record)
            record.state = "done"
        except asyncio.CancelledError:
            record.state = "cancelled"
        except StudioError as error:  # such as a full disk: the rest would fail too
            record.state = "failed"
            _note(record, "", error)
        self._on_change(record)

    async def _import(self, record: Import, source: Source, collection: str | None) -> None:
        try:
            with await asyncio.to_thread(source.open) as file:
                asset, added = await self._assets.import_file(file, source.name, source.date)
        except OSError:
            _note(record, source.name, StudioError("The file cannot be read."))
            return
        except StudioError as error:
            if error.status >= 500:
                raise
            _note(record, source.name, error)
            return
        record.added += added
        record.duplicates += not added
        if collection is not None:
            with suppress(NotFound):  # it was deleted meanwhile
                await self._curation.collect(collection, Choice([asset.id]))


def _note(record: Import, name: str, error: StudioError) -> None:
    record.failures += 1
    if len(record.failed) < MAX_FAILURES:
        record.failed.append({"name": name, "detail": error.detail})
