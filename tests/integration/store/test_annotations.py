"""Annotations of assets, and the gallery's filters over them."""

from typing import Any

import pytest
from sqlalchemy import select, text

from core.errors import InvalidInput, NotFound
from core.store.annotations import MAX_NOTE_LENGTH, MAX_TAG_LENGTH, MAX_TAGS
from core.store.asset_rows import Asset, AssetFilter, new_asset
from core.store.assets import Assets
from core.store.connections import database_file
from core.store.database import Database
from core.store.schema import asset_tags, assets


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


FILTERS = {
    "everything": (AssetFilter(), "abcde"),
    "project": (AssetFilter(project_id="villa"), "abc"),
    "favourites": (AssetFilter(favourite=True), "ad"),
    "no favourites": (AssetFilter(favourite=False), "bce"),
    "three stars": (AssetFilter(min_rating=3), "ab"),
    "tag": (AssetFilter(tag="night"), "bd"),
    "project, tag": (AssetFilter(project_id="villa", tag="night"), "b"),
    "project, favourites, stars": (AssetFilter("text", None, "villa", None, True, 5), "a"),
    "no such tag": (AssetFilter(tag="Night"), ""),
    "other kind": (AssetFilter(kind="image", favourite=True), ""),
}


@pytest.mark.parametrize(("wanted", "names"), FILTERS.values(), ids=FILTERS)
async def test_a_filter_narrows_pages_and_their_total(
    assets: Assets, wanted: AssetFilter, names: str
) -> None:
    for name in "abcde":
        asset = await added(assets, name=name)
        changes: dict[str, Any] = {
            "a": {"project_id": "villa", "favourite": True, "rating": 5},
            "b": {"project_id": "villa", "rating": 3, "tags": ["night", "façade"]},
            "c": {"project_id": "villa", "rating": 2},
            "d": {"project_id": "tower", "favourite": True, "tags": ["night"]},
        }.get(name, {})
        await assets.annotate(asset.id, **changes)
    listed, cursor = "", None
    while True:
        page = await assets.list(wanted, limit=2, cursor=cursor)
        assert page.total == len(names)
        listed += "".join(str(asset.name) for asset in page.items)
        if (cursor := page.next_cursor) is None:
            break
    assert listed == names[::-1]


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (AssetFilter(project_id="villa"), "ix_assets_project_id_deleted_at_id"),
        (AssetFilter(favourite=True), "ix_assets_favourite_deleted_at_id"),
        (AssetFilter(min_rating=4), "ix_assets_rating_deleted_at_id"),
        (AssetFilter(tag="night"), "ix_asset_tags_tag_asset_id"),
    ],
)
async def test_the_total_of_a_filter_is_counted_in_an_index(
    database: Database, url: str, wanted: AssetFilter, index: str
) -> None:
    statement = select(assets.c.id).where(wanted.condition())
    if database_file(url) is None:
        pytest.skip("a planner without rows reads tables")
    literal = statement.compile(compile_kwargs={"literal_binds": True})
    plan = await database.read(
        lambda connection: connection.execute(text(f"EXPLAIN QUERY PLAN {literal}")).all()
    )
    assert any(f"COVERING INDEX {index} " in row.detail for row in plan), plan
