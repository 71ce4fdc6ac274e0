"""Changes of assets are reported once each, after their commit, and only then."""

import base64
from pathlib import Path

import pytest
from PIL import Image

from core.errors import BadUpload, InvalidInput, NotFound
from core.store.asset_rows import Asset, new_asset
from core.store.assets import Assets
from core.store.blobs import BlobStore
from core.store.database import Database
from core.store.png import encode_png
from tests.decoding import shared_decoders

PNG = encode_png(Image.new("RGB", (8, 8)))
Changes = list[tuple[str, str]]


@pytest.fixture
def changes() -> Changes:
    return []


@pytest.fixture
async def assets(database: Database, blobs: BlobStore, tmp_path: Path, changes: Changes) -> Assets:
    def record(asset: Asset, change: str) -> None:
        changes.append((asset.id, change))

    return Assets(database, blobs, tmp_path / "thumbnails", shared_decoders(), on_change=record)


async def test_every_way_to_add_an_asset_is_reported(assets: Assets, changes: Changes) -> None:
    uri = "data:image/png;base64," + base64.b64encode(PNG).decode()
    added = [
        await assets.add(new_asset(assets.blobs.put(b"x"), kind="text", type="text/plain")),
        await assets.upload(PNG),
        await assets.upload_data_uri(uri),
    ]
    assert changes == [(asset.id, "created") for asset in added]


async def test_annotating_and_deleting_are_reported(assets: Assets, changes: Changes) -> None:
    asset = await assets.upload(PNG)
    await assets.annotate(asset.id, rating=3)
    await assets.delete(asset.id)
    assert changes == [(asset.id, "created"), (asset.id, "changed"), (asset.id, "deleted")]


async def test_a_refused_change_is_not_reported(assets: Assets, changes: Changes) -> None:
    asset = await assets.upload(PNG)
    await assets.delete(asset.id)
    changes.clear()
    with pytest.raises(BadUpload):
        await assets.upload(b"no image")
    with pytest.raises(NotFound):
        await assets.delete(asset.id)
    with pytest.raises(InvalidInput):
        await assets.annotate((await assets.upload(PNG)).id, rating=9)
    assert [change for _, change in changes] == ["created"]
