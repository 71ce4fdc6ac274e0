"""Assets over real files and a real database."""

import asyncio
import base64
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import func, select, update

from core.errors import BadUpload, InvalidInput, NotFound, TooLarge
from core.store import schema
from core.store.asset_rows import Asset, insert_asset, new_asset
from core.store.assets import Assets
from core.store.blobs import Blob
from core.store.database import Database
from core.store.metadata import read_metadata
from core.store.png import encode_png, image_metadata
from core.store.sweep import Swept
from tests.integration.store.conftest import Listed


def png(colour: str = "red", size: tuple[int, int] = (300, 200)) -> bytes:
    return encode_png(Image.new("RGB", size, colour))


async def stored(assets: Assets, colour: str = "red") -> Asset:
    blob = assets.blobs.put(png(colour))
    return await assets.add(new_asset(blob, kind="image", type="image/png", width=300, height=200))


async def rows(database: Database) -> int:
    query = select(func.count()).select_from(schema.assets)
    return await database.read(lambda connection: connection.scalar(query)) or 0


async def test_an_asset_comes_back_as_it_was_added(assets: Assets) -> None:
    blob = assets.blobs.put(b"<svg/>")
    asset = await assets.add(
        new_asset(
            blob,
            kind="svg",
            type="image/svg+xml",
            metadata={"a": [1]},
            task_id="t",
            port="p",
            index=2,
        )
    )
    assert await assets.get(asset.id) == asset
    assert (asset.size, asset.index, asset.metadata) == (6, 2, {"a": [1]})


async def test_a_row_can_be_part_of_a_larger_transaction(
    assets: Assets, database: Database
) -> None:
    def fail(connection: object) -> None:
        insert_asset(connection, new_asset(Blob("a" * 64, 1), kind="image", type="image/png"))  # type: ignore[arg-type]
        raise ArithmeticError

    with pytest.raises(ArithmeticError):
        await database.write(fail)
    assert await rows(database) == 0


async def test_an_upload_is_stored_as_png_with_its_metadata(assets: Assets) -> None:
    snapshot = {"operation": "generate", "params": {"prompt": "a house"}}
    text = {**image_metadata(snapshot, 7, (30, 20)), "Comment": "a secret"}
    asset = await assets.upload(encode_png(Image.new("RGB", (30, 20)), text), name="mine.png")
    assert (asset.type, asset.width, asset.height, asset.name) == ("image/png", 30, 20, "mine.png")
    assert asset.metadata["qpyt"] == {**snapshot, "image_seed": 7}
    assert (await assets.get(asset.id)).metadata == asset.metadata
    with assets.blobs.open(asset.key) as file:
        stored = file.read()
    assert read_metadata(stored) == asset.metadata, "a worker reads it from the file"
    assert b"a secret" not in stored


async def test_a_data_uri_is_stored_like_a_file(assets: Assets) -> None:
    text = "data:image/png;base64," + base64.b64encode(png()).decode()
    asset = await assets.upload_data_uri(text, field="image")
    assert asset.key == (await assets.upload(png())).key


async def test_warnings_of_an_upload_are_on_its_asset(assets: Assets) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    buffer = BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    asset = await assets.upload(buffer.getvalue(), field="image")
    assert asset.warnings[0]["code"] == "animation_dropped"
    assert asset.warnings[0]["field"] == "image"


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\windows\\x.png", "x.png"),
        ("a\0b\r\nc\ud800.png", "abc.png"),
        ("é" * 300, "é" * 200),
        ("..\0/", None),
    ],
)
async def test_a_file_name_is_only_a_label(assets: Assets, name: str, label: str | None) -> None:
    asset = await assets.upload(png(), name=name)
    assert asset.name == label
    assert (await assets.get(asset.id)).name == label


@pytest.mark.parametrize("bad", ["\ud800", "\0", "../..", "' OR 1=1 --", "é" * 5000])
async def test_odd_ids_find_nothing(assets: Assets, bad: str) -> None:
    for use in (assets.get, assets.delete, assets.thumbnail):
        with pytest.raises((NotFound, InvalidInput)):
            await use(bad)


@pytest.mark.parametrize(
    "data", [b"", b"<svg/>", png()[:100], bytes(2 << 20), png(size=(2000, 2000))]
)
async def test_a_refused_upload_stores_nothing(
    assets: Assets, database: Database, data: bytes, tmp_path: Path
) -> None:
    with pytest.raises((BadUpload, TooLarge)):
        await assets.upload(data)
    assert await rows(database) == 0
    assert not (tmp_path / "assets").exists()
    assert list(assets.blobs.keys()) == []


async def test_a_deleted_asset_is_gone_but_its_twin_stays(assets: Assets, listed: Listed) -> None:
    first, second = await stored(assets), await stored(assets)
    assert first.key == second.key
    await assets.delete(first.id)
    assert (await assets.get(first.id, deleted=True)).deleted_at is not None
    for use in (assets.get, assets.delete):
        with pytest.raises(NotFound):
            await use(first.id)
    assert [asset.id for asset in await listed()] == [second.id]
    assert (await assets.thumbnail(second.id)).exists()


async def test_a_thumbnail_is_a_small_webp_made_once(assets: Assets) -> None:
    asset = await stored(assets)
    paths = await asyncio.gather(*(assets.thumbnail(asset.id) for _ in range(8)))
    assert len(set(paths)) == 1
    with Image.open(paths[0]) as image:
        assert (image.format, image.size) == ("WEBP", (256, 171))
    made = paths[0].stat().st_mtime_ns
    assert (await assets.thumbnail(asset.id)).stat().st_mtime_ns == made
    assert len(list(paths[0].parent.iterdir())) == 1


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n", png()[:200], b"<svg/>"])
async def test_a_damaged_picture_answers_an_error(assets: Assets, content: bytes) -> None:
    asset = await assets.add(new_asset(assets.blobs.put(content), kind="image", type="image/png"))
    with pytest.raises(BadUpload):
        await assets.thumbnail(asset.id)


async def test_a_missing_file_answers_not_found(assets: Assets) -> None:
    asset = await stored(assets)
    assets.blobs.delete(asset.key)
    with pytest.raises(NotFound):
        await assets.thumbnail(asset.id)
    text = await assets.add(new_asset(assets.blobs.put(b"x"), kind="text", type="text/plain"))
    with pytest.raises(NotFound):
        await assets.thumbnail(text.id)


async def test_the_sweep_removes_only_what_nobody_names(
    assets: Assets, database: Database, tmp_path: Path
) -> None:
    kept, old, recent = [await stored(assets, colour) for colour in ("red", "blue", "green")]
    for asset in (kept, old, recent):
        await assets.thumbnail(asset.id)
    orphan, checkpoint = assets.blobs.put(b"orphan"), assets.blobs.put(b"checkpoint")
    await assets.delete(old.id)
    await assets.delete(recent.id)

    def age(connection: object) -> None:
        connection.execute(  # type: ignore[attr-defined]
            update(schema.assets)
            .where(schema.assets.c.id == old.id)
            .values(deleted_at="2020-01-01T00:00:00.000000Z")
        )
        row = {"id": "t", "operation": "o", "status": "pending", "lane": "cpu", "rank": 1}
        more = {"max_attempts": 1, "params": {}, "created_at": "", "checkpoint": checkpoint.key}
        connection.execute(schema.tasks.insert(), row | more)  # type: ignore[attr-defined]

    await database.write(age)
    assert await assets.sweep(grace_seconds=60) == Swept(rows=1, files=0, thumbnails=1, partial=0)
    old_enough = -60  # seconds: whatever was stored until a minute from now
    assert await assets.sweep(grace_seconds=old_enough) == Swept(
        0, files=2, thumbnails=0, partial=0
    )
    assert set(assets.blobs.keys()) == {kept.key, recent.key, checkpoint.key}
    assert assets.blobs.stat(orphan.key) is None
    assert await assets.sweep(grace_seconds=0) == Swept(0, 0, 0, 0)


async def test_a_sweep_of_nothing_is_quiet(assets: Assets) -> None:
    assert await assets.sweep(grace_seconds=60) == Swept(0, 0, 0, 0)
