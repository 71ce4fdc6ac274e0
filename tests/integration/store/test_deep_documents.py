"""JSON that is nested too deeply: never stored, and harmless where an older version stored it."""

from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from sqlalchemy import text

from core.errors import InvalidInput
from core.nesting import MAX_DEPTH, MAX_INPUT_DEPTH, cut, too_deep
from core.store.asset_rows import new_asset
from core.store.assets import Assets
from core.store.blobs import Blob
from core.store.database import Database
from tests.integration.store.conftest import Listed


def nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(depth - 1):
        value = {"a": value}
    return value


def nested_json(depth: int) -> str:
    return '{"a":' * (depth - 1) + "{}" + "}" * (depth - 1)


def png(depth: int) -> bytes:
    info = PngInfo()
    info.add_text("qpyt", nested_json(depth))
    buffer = BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue()


async def make_deep(database: Database, asset_id: str, stored: str) -> None:
    statement = text("UPDATE assets SET metadata = :value WHERE id = :id")
    await database.write(
        lambda connection: connection.execute(statement, {"value": stored, "id": asset_id})
    )


@pytest.mark.parametrize("depth", [1, 2, MAX_DEPTH])
def test_depth_counts_the_levels_of_lists_and_objects(depth: int) -> None:
    value = nested(depth)
    assert not too_deep(value, depth)
    assert too_deep({"a": value}, depth)
    assert too_deep([value], depth)
    assert not too_deep(cut([value], depth), depth)


@pytest.mark.parametrize("depth", [MAX_INPUT_DEPTH + 1, 254, 600, 980])
async def test_a_snapshot_nested_too_deeply_is_omitted_from_an_upload(
    assets: Assets, depth: int
) -> None:
    asset = await assets.upload(png(depth))
    assert asset.metadata == {"source": "qpyt", "omitted": ["qpyt"]}
    assert [warning["code"] for warning in asset.warnings] == ["metadata_dropped"]


async def test_the_deepest_snapshot_that_is_read_can_be_stored(assets: Assets) -> None:
    asset = await assets.upload(png(MAX_INPUT_DEPTH))
    assert (await assets.get(asset.id)).metadata["qpyt"] == nested(MAX_INPUT_DEPTH)


async def test_a_value_over_the_limit_is_refused_before_it_is_stored(
    assets: Assets, listed: Listed
) -> None:
    blob = Blob("0" * 64, 1)
    with pytest.raises(InvalidInput, match="levels deep"):
        await assets.add(
            new_asset(blob, kind="image", type="image/png", metadata=nested(MAX_DEPTH + 1))
        )
    await assets.add(new_asset(blob, kind="image", type="image/png", metadata=nested(MAX_DEPTH)))
    assert len(await listed()) == 1


@pytest.mark.parametrize("stored", [nested_json(300), nested_json(900), '{"cut off'])
async def test_a_row_that_cannot_be_sent_is_left_out_of_lists(
    assets: Assets,
    database: Database,
    listed: Listed,
    stored: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    rows = [await assets.upload(png(depth)) for depth in (1, 2, 3)]
    try:
        await make_deep(database, rows[1].id, stored)
    except InvalidInput:  # PostgreSQL refuses text that is no JSON
        pytest.skip("this database stores no such text")
    assert [asset.id for asset in await listed()] == [rows[2].id, rows[0].id]
    assert rows[1].id in caplog.text


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 254, 900])
async def test_a_row_that_is_too_deep_is_healed_at_start(
    assets: Assets, database: Database, depth: int
) -> None:
    asset = await assets.upload(png(1))
    await make_deep(database, asset.id, '{"source":"qpyt","qpyt":' + nested_json(depth) + "}")
    await assets.sweep(grace_seconds=60)
    healed = await assets.get(asset.id)
    assert healed.metadata["source"] == "qpyt"
    assert not too_deep(healed.metadata)
