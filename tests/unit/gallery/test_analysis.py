"""The analysis of stored images: all of them, whatever happens to one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.gallery.analysis import ImageAnalysis, count_not_analysed
from core.gallery.gallery import Gallery
from core.store.schema import asset_search, near_assets
from tests.desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = Desk(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def analysis(desk: Desk) -> ImageAnalysis:
    return ImageAnalysis(desk.database, desk.assets, Gallery(desk.database).describe_all, 0)


async def unanalysed(desk: Desk) -> int:
    return await desk.database.read(count_not_analysed)


async def test_images_that_look_alike_are_stored_as_a_pair(
    desk: Desk, analysis: ImageAnalysis
) -> None:
    images = [await desk.image("teal"), await desk.image("#008081"), await desk.image("white")]
    await analysis.catch_up()
    assert await unanalysed(desk) == 0
    pairs = await desk.database.read(lambda connection: connection.execute(near_assets.select()))
    alike = {frozenset((pair.first, pair.second)) for pair in pairs}
    assert alike == {frozenset(image.id for image in images[:2])}


async def test_a_fault_of_one_image_keeps_no_other_from_being_analysed(
    desk: Desk, analysis: ImageAnalysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = [await desk.image("teal"), await desk.image("red")]
    analyse = desk.assets.analyse

    async def faulty(asset_id: str) -> Any:
        if asset_id == images[0].id:
            raise RuntimeError("a fault")
        return await analyse(asset_id)

    monkeypatch.setattr(desk.assets, "analyse", faulty)
    await analysis.catch_up()
    assert await unanalysed(desk) == 0
    rows = await desk.database.read(
        lambda connection: connection.execute(asset_search.select()).all()
    )
    likeness = {row.asset_id: row.likeness for row in rows}
    assert likeness[images[0].id] == ""
    assert likeness[images[1].id]
