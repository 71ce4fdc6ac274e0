"""The file of an asset over HTTP, from a store with local files and from one without."""

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from api.app import create_app
from core.settings import Settings
from core.store.assets import Assets
from core.store.blobs import BlobStore
from core.store.png import encode_png
from core.studio.services import Services
from tests.decoding import shared_decoders

ADDRESS = "http://127.0.0.1:7860"


@pytest.fixture
async def client(tmp_path: Path, blobs: BlobStore) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an app whose assets lie in `blobs`; no worker runs."""
    services = Services(Settings(data_dir=tmp_path / "data"))
    services.database.migrate()
    services.assets = Assets(services.database, blobs, tmp_path / "thumbnails", shared_decoders())
    transport = httpx.ASGITransport(create_app(services, token=None, address=ADDRESS))
    async with httpx.AsyncClient(transport=transport, base_url=ADDRESS) as client:
        yield client
    await services.discard()


async def uploaded(client: httpx.AsyncClient, image: Image.Image) -> dict[str, Any]:
    data = base64.b64encode(encode_png(image)).decode()
    answer = await client.post("/api/assets", json={"data": f"data:image/png;base64,{data}"})
    assert answer.status_code == 201
    asset: dict[str, Any] = answer.json()
    return asset


async def test_an_uploaded_picture_is_served_as_it_is_stored(
    client: httpx.AsyncClient, blobs: BlobStore
) -> None:
    asset = await uploaded(client, Image.effect_noise((400, 300), 90).convert("RGB"))
    answer = await client.get(asset["url"])
    (key,) = blobs.keys()
    with blobs.open(key) as file:
        assert answer.content == file.read()
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-disposition"] == f'inline; filename="{asset["id"]}.png"'
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "immutable" in answer.headers["cache-control"]
    assert (await client.get(asset["thumbnail_url"])).headers["content-type"] == "image/webp"


async def test_a_file_that_is_gone_answers_not_found(
    client: httpx.AsyncClient, blobs: BlobStore
) -> None:
    asset = await uploaded(client, Image.new("RGB", (8, 8)))
    (key,) = blobs.keys()
    blobs.delete(key)
    assert (await client.get(asset["url"])).status_code == 404
