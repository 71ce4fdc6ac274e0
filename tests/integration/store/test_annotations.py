"""Annotations of assets, and the gallery's filters over them."""

from typing import Any

import pytest
from sqlalchemy import select, text

from core.errors import InvalidInput, NotFound
from core.store.annotations import MAX_NOTE_LENGTH, MAX_TAG_LENGTH, MAX_TAGS
from core.store.asset_rows import Asset, new_asset
from core.store.assets import Assets
from core.store.database import Database
from core.store.schema import asset_tags


async def added(store: Assets, content: bytes = b"x", **more: Any) -> Asset:
    return await store.add(
        new_asset(store.blobs.put(content), kind="text", type="text/plain", **more)
    )


async def test_a_new_asset_has_no_annotations(assets: Assets) -> None:
    asset = await assets.get((await added(assets)).id)
    assert (asset.tags, asset.rating, asset.favourite) == ((), 0, False)
    assert (asset.note, asset.project_id) == (None, None)


async def test_annotations_are_read_back_and_those_not_named_stay(assets: Assets) -> None:
    asset, other = await added(assets), await added(assets)
    changed = await assets.annotate(
        asset.id,
        tags=["façade", " night  shot ", "façade"],
        rating=4,
        favourite=True,
        note="for the client",
        project_id="villa",
    )
    assert (changed.tags, changed.rating, changed.favourite) == (("façade", "night shot"), 4, True)
    assert (changed.note, changed.project_id) == ("for the client", "villa")
    assert await assets.get(asset.id) == changed
    changed = await assets.annotate(asset.id, rating=2, note=None)
    assert (changed.rating, changed.note, changed.favourite) == (2, None, True)
    assert changed.tags == ("façade", "night shot")
    assert (await assets.annotate(asset.id, tags=[])).tags == ()
    assert await assets.annotate(asset.id) == await assets.get(asset.id)
    assert await assets.get(other.id) == other


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"rating": 6}, "rating"),
        ({"rating": -1}, "rating"),
        ({"tags": [""]}, "tags"),
        ({"tags": ["a\nb", "c\0"]}, "tags"),
        ({"tags": ["a" * (MAX_TAG_LENGTH + 1)]}, "tags"),
        ({"tags": [str(number) for number in range(MAX_TAGS + 1)]}, "tags"),
        ({"note": "a" * (MAX_NOTE_LENGTH + 1)}, "note"),
        ({"project_id": "a" * 65}, "project_id"),
    ],
)
async def test_a_wrong_annotation_changes_nothing(
    assets: Assets, changes: dict[str, Any], field: str
) -> None:
    asset = await added(assets)
    with pytest.raises(InvalidInput) as caught:
        await assets.annotate(asset.id, **{"favourite": True, **changes})
    assert caught.value.field == field
    assert caught.value.fix
    assert await assets.get(asset.id) == asset


async def test_only_an_asset_that_is_there_is_annotated(assets: Assets) -> None:
    asset = await added(assets)
    await assets.delete(asset.id)
    for asset_id in (asset.id, "missing"):
        for changes in ({}, {"tags": ["a"]}, {"rating": 1}):
            with pytest.raises(NotFound):
                await assets.annotate(asset_id, **changes)


async def test_the_tags_of_a_row_go_with_it(assets: Assets, database: Database) -> None:
    asset = await added(assets)
    await assets.annotate(asset.id, tags=["a", "b"])
    await database.write(lambda connection: connection.execute(text("DELETE FROM assets")))
    tags = await database.read(lambda connection: connection.execute(select(asset_tags)).all())
    assert tags == []
