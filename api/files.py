"""Stored files as answers: names, types and headers under which a browser runs no script."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import BinaryIO

from fastapi import Response
from starlette.responses import FileResponse, StreamingResponse

from core.errors import NotFound
from core.kinds import find, shows_inline
from core.store.asset_rows import Asset
from core.store.assets import Assets
from core.store.blobs import CHUNK, BlobStore

SANDBOX = "sandbox; default-src 'none'"
FOR_EVER = "private, max-age=31536000, immutable"


async def asset_file(assets: Assets, asset: Asset, if_none_match: str | None) -> Response:
    """The file of an asset. Raises `NotFound` where it is missing."""
    # What may hold script is a download: only as an image on a page, where none runs, is it shown.
    inline, kind = shows_inline(asset.type), find(asset.kind)
    shown = inline or (kind is not None and kind.display == "image")
    return await blob_file(
        assets.blobs,
        asset.key,
        if_none_match,
        media_type=asset.type if shown else "application/octet-stream",
        name=f"{asset.id}.{_ending(asset.type)}",
        disposition="inline" if inline else "attachment",
    )


async def blob_file(
    blobs: BlobStore,
    key: str,
    if_none_match: str | None,
    *,
    media_type: str,
    name: str,
    disposition: str = "inline",
) -> Response:
    """A stored file under a name; 304 for a client that has it. Raises `NotFound`."""
    if await asyncio.to_thread(blobs.stat, key) is None:
        raise NotFound("The file of this asset is missing.")
    headers = file_headers(key)
    if is_current(if_none_match, headers):
        return Response(status_code=304, headers=headers)
    path = blobs.local_path(key)
    if path is None:
        return StreamingResponse(
            _chunks(await asyncio.to_thread(blobs.open, key)),
            media_type=media_type,
            headers={**headers, "Content-Disposition": f'{disposition}; filename="{name}"'},
        )
    return FileResponse(
        path,
        media_type=media_type,
        filename=name,
        content_disposition_type=disposition,
        headers=headers,
    )


def file_headers(tag: str) -> dict[str, str]:
    """The headers of a file that never changes; `tag` names its content."""
    return {
        "Content-Security-Policy": SANDBOX,
        "Cache-Control": FOR_EVER,
        "ETag": f'"{tag}"',
    }


def is_current(if_none_match: str | None, headers: dict[str, str]) -> bool:
    """True where the client has the file already."""
    tags = (if_none_match or "").split(",")
    return any(tag.strip().removeprefix("W/") in ("*", headers["ETag"]) for tag in tags)


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while chunk := file.read(CHUNK):
            yield chunk


def _ending(media_type: str) -> str:
    return media_type.rpartition("/")[2].partition("+")[0] or "bin"
