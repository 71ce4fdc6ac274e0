"""Stored files as answers, for stores with and without a file system."""

from typing import Any

import pytest
from starlette.responses import FileResponse, StreamingResponse

from api.files import blob_file, file_headers, is_current
from core.errors import NotFound
from tests.in_process import InProcess, png
from tests.unit.store.memory_blobs import MemoryBlobs


async def answer(blobs: Any, key: str, known: str | None = None) -> Any:
    return await blob_file(blobs, key, known, media_type="image/png", name="x.png")


async def body(response: StreamingResponse) -> bytes:
    return b"".join([bytes(chunk) async for chunk in response.body_iterator])  # type: ignore[arg-type]


async def test_a_store_without_paths_is_streamed_under_the_same_headers(desk: InProcess) -> None:
    blobs, data = MemoryBlobs(), png(side=64)
    streamed = await answer(blobs, blobs.put(data).key)
    assert isinstance(streamed, StreamingResponse)
    assert await body(streamed) == data
    stored = desk.services.assets.blobs
    served = await answer(stored, stored.put(data).key)
    assert isinstance(served, FileResponse)
    for name in ("etag", "cache-control", "content-security-policy", "content-type"):
        assert streamed.headers[name] == served.headers[name]
    assert streamed.headers["content-disposition"].startswith("inline")


async def test_a_client_that_has_the_file_gets_it_not_again() -> None:
    blobs = MemoryBlobs()
    key = blobs.put(b"data").key
    again = await answer(blobs, key, f'W/"{key}"')
    assert (again.status_code, again.body) == (304, b"")


async def test_a_file_that_is_gone_is_not_found() -> None:
    with pytest.raises(NotFound, match="missing"):
        await answer(MemoryBlobs(), "a" * 64)


@pytest.mark.parametrize(
    ("header", "current"),
    [
        (None, False),
        ("", False),
        ("*", True),
        ('"a"', True),
        ('W/"a"', True),
        ('"b", "a"', True),
        ('"ab"', False),
    ],
)
def test_every_form_of_the_condition_is_read(header: str | None, current: bool) -> None:
    assert is_current(header, file_headers("a")) is current
