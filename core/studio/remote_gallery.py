"""The gallery of a studio in another process, over REST: the methods of `LocalGallery`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx

from core.gallery.filters import SortOrder
from core.gallery.sources import Source, in_folder
from core.store.export_options import ExportOptions

Call = Callable[..., Awaitable[Any]]
FILES = 50  # of a request
POLL_SECONDS = 0.3


class RemoteGallery:
    """The images of a studio at an address."""

    def __init__(self, http: httpx.AsyncClient, call: Call) -> None:
        """`call`: sends a request and returns its JSON, or raises the error of the studio."""
        self._http = http
        self._call = call

    async def page(
        self, wanted: Mapping[str, Any], sort: SortOrder, limit: int, offset: int
    ) -> list[dict[str, Any]]:
        """Images of a filter."""
        params = {**wanted, "sort": sort, "limit": limit, "offset": offset}
        return list((await self._call("GET", "/api/assets", params=params))["items"])

    async def image(self, asset_id: str) -> dict[str, Any]:
        """One image with all its metadata."""
        return dict(await self._call("GET", f"/api/assets/{asset_id}"))

    async def annotate(
        self,
        ids: Sequence[str],
        changes: Mapping[str, Any],
        added: Sequence[str],
        removed: Sequence[str],
    ) -> int:
        """Change annotations; return the number of images."""
        tags = {"add_tags": list(added), "remove_tags": list(removed)}
        return await self._change("annotate", {"ids": list(ids), "changes": {**changes, **tags}})

    async def trash(self, ids: Sequence[str]) -> int:
        """Move images to the trash; return their number."""
        return await self._change("trash", {"ids": list(ids)})

    async def restore(self, ids: Sequence[str]) -> int:
        """Bring images back from the trash; return their number."""
        return await self._change("restore", {"ids": list(ids)})

    async def duplicates(
        self, wanted: Mapping[str, Any], distance: int, limit: int
    ) -> list[Mapping[str, Any]]:
        """Groups of images that are the same or look alike."""
        params = {**wanted, "distance": distance, "limit": limit}
        return list((await self._call("GET", "/api/assets/duplicates", params=params))["items"])

    async def archive(
        self, ids: Sequence[str] | None, wanted: Mapping[str, Any], options: ExportOptions
    ) -> AsyncIterator[bytes]:
        """The bytes of a zip of images, by their ids or of a filter."""
        chosen = {"filter": dict(wanted)} if ids is None else {"ids": list(ids)}
        body = {**chosen, **asdict(options)}
        archive = await self._call("POST", "/api/assets/archive", json=body)
        async with self._http.stream("GET", archive["url"]) as response:
            response.raise_for_status()
            async for part in response.aiter_bytes():
                yield part

    async def import_folder(self, folder: Path) -> dict[str, Any]:
        """Send the images below a folder, in portions; return the sum of their imports."""
        sources = await asyncio.to_thread(in_folder, folder)
        whole: dict[str, Any] = {"state": "done", "added": 0, "duplicates": 0, "failed": []}
        for portion in _portions(sources):
            record = await self._import(portion)
            for name in ("added", "duplicates", "failed"):
                whole[name] += record[name]
        return {**whole, "done": len(sources), "total": len(sources)}

    async def _import(self, sources: Sequence[Source]) -> dict[str, Any]:
        with ExitStack() as opened:
            files = [
                ("file", (source.name, opened.enter_context(source.open()))) for source in sources
            ]
            dates = [source.date.isoformat() if source.date else None for source in sources]
            record = await self._call(
                "POST", "/api/assets/import", files=files, data={"dates": _json(dates)}
            )
        while record["state"] == "running":
            await asyncio.sleep(POLL_SECONDS)
            record = await self._call("GET", f"/api/assets/imports/{record['id']}")
        return dict(record)

    async def _change(self, change: str, body: Mapping[str, Any]) -> int:
        return int((await self._call("POST", f"/api/assets/{change}", json=body))["changed"])


def _portions(sources: Sequence[Source]) -> Iterator[Sequence[Source]]:
    for start in range(0, len(sources), FILES):
        yield sources[start : start + FILES]


def _json(value: Any) -> str:
    import json

    return json.dumps(value)
