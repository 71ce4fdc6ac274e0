"""Colours and duplicates over REST: analysed in the background, filtered, grouped, paged."""

import asyncio
from io import BytesIO
from typing import Any

import pytest
from PIL import Image, ImageDraw

from core.gallery.curation import Choice
from core.gallery.likeness import MAX_DISTANCE
from tests.in_process import InProcess, png


def drawing(colour: str, side: int = 96, **options: Any) -> bytes:
    """A drawing that no other colour's is like."""
    image = Image.new("RGB", (96, 96), "white")
    place = 8 * (ord(colour[0]) % 7)
    ImageDraw.Draw(image).ellipse((place, 60 - place, place + 40, 95 - place), fill=colour)
    file = BytesIO()
    image.resize((side, side)).save(file, "PNG", **options)
    return file.getvalue()


async def added(desk: InProcess, *images: bytes) -> list[str]:
    ids = [(await desk.services.assets.upload(image)).id for image in images]
    await desk.services.images.analysis.catch_up()
    return ids


def groups(page: dict[str, Any]) -> list[tuple[str, list[tuple[str, int]]]]:
    return [
        (
            group["kind"],
            [(member["asset"]["id"], member["distance"]) for member in group["members"]],
        )
        for group in page["items"]
    ]


async def test_an_image_is_found_by_its_dominant_colours(desk: InProcess) -> None:
    (asset_id,) = await added(desk, drawing("purple"))
    asset = await desk.get(f"/api/assets/{asset_id}")
    assert [colour["name"] for colour in asset["colours"]] == ["white", "purple"]
    assert asset["colours"][0]["share"] > 0.7
    for colours, expected in ((["purple"], True), (["purple", "white"], True), (["red"], False)):
        page = await desk.get("/api/assets", params={"colour": colours})
        assert (asset_id in [item["id"] for item in page["items"]]) is expected
    facets = (await desk.get("/api/assets/facets"))["facets"]["colour"]
    assert {"value": "purple", "label": "purple", "count": 1} in facets


async def test_equal_and_similar_images_are_groups_with_the_best_first(desk: InProcess) -> None:
    same = await added(desk, drawing("green"), drawing("green"))
    near = await added(desk, drawing("blue"), drawing("blue", side=80), drawing("blue", side=64))
    await desk.services.assets.annotate(near[1], rating=3)
    page = await desk.get("/api/assets/duplicates")
    assert page["total"] == 2
    assert page["analysing"] == 0
    (near_kind, members), (same_kind, twins) = groups(page)
    assert (near_kind, same_kind) == ("near", "same")
    assert twins == [(same[1], 0), (same[0], 0)]
    assert members[0] == (near[1], 0)
    assert {asset_id for asset_id, _ in members} == set(near)
    assert all(0 <= distance <= 4 for _, distance in members)


async def test_what_is_in_the_trash_or_filtered_out_is_no_duplicate(desk: InProcess) -> None:
    first, second, _ = await added(desk, drawing("red"), drawing("red", side=80), png("teal"))
    await desk.services.assets.annotate(first, tags=["kept"])
    assert groups(await desk.get("/api/assets/duplicates", params={"tag": "kept"})) == []
    assert (await desk.get("/api/assets/duplicates"))["total"] == 1
    await desk.services.images.curation.trash(Choice([second]))
    assert (await desk.get("/api/assets/duplicates"))["total"] == 0
    await desk.services.images.curation.restore(Choice([second]))
    assert (await desk.get("/api/assets/duplicates"))["total"] == 1
    await desk.services.images.curation.trash(Choice([second]))
    await desk.services.images.curation.purge(Choice([second]))
    assert (await desk.get("/api/assets/duplicates"))["total"] == 0


async def test_the_pages_of_groups_follow_each_other(desk: InProcess) -> None:
    for colour in ("orange", "black", "navy"):
        await added(desk, drawing(colour), drawing(colour))
    whole = groups(await desk.get("/api/assets/duplicates"))
    seen, cursor = [], None
    while True:
        params = {"limit": 1, **({"cursor": cursor} if cursor else {})}
        page = await desk.get("/api/assets/duplicates", params=params)
        seen += groups(page)
        if (cursor := page["next_cursor"]) is None:
            break
    assert len(seen) == 3
    assert seen == whole


@pytest.mark.parametrize(
    "params", [{"distance": MAX_DISTANCE + 1}, {"distance": -1}, {"cursor": "x"}, {"limit": 101}]
)
async def test_a_page_that_cannot_be_is_refused(desk: InProcess, params: dict[str, Any]) -> None:
    response = await desk.http.get("/api/assets/duplicates", params=params)
    assert response.status_code == 422
    assert next(iter(params)) in response.text


async def test_other_files_and_damaged_images_are_analysed_once(desk: InProcess) -> None:
    (asset_id,) = await added(desk, drawing("lime"))
    asset = await desk.services.assets.get(asset_id)
    desk.services.assets.blobs.delete(asset.key)
    second = await desk.services.assets.upload(png("maroon"))
    desk.services.assets.blobs.delete(second.key)
    await desk.services.images.analysis.catch_up()
    page = await desk.get("/api/assets/duplicates")
    assert page["analysing"] == 0
    assert (await desk.get(f"/api/assets/{second.id}"))["colours"] == []


async def test_an_unexpected_fault_of_one_image_is_logged_and_tried_again_at_the_next_start(
    desk: InProcess, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assets, analysis = desk.services.assets, desk.services.images.analysis
    broken = (await assets.upload(drawing("orange"))).id
    analyse = assets.analyse

    async def faulty(asset_id: str) -> dict[str, Any]:
        if asset_id == broken:
            raise ZeroDivisionError("a fault of the analysis")
        return await analyse(asset_id)

    async def colours(asset_id: str) -> list[str]:
        return [colour["name"] for colour in (await desk.get(f"/api/assets/{asset_id}"))["colours"]]

    monkeypatch.setattr(assets, "analyse", faulty)
    (whole,) = await added(desk, drawing("purple"))
    assert (await colours(broken), "purple" in await colours(whole)) == ([], True)
    assert f"image {broken} could not be analysed" in caplog.text
    assert (await desk.get("/api/assets/duplicates"))["analysing"] == 0

    monkeypatch.undo()
    await analysis.catch_up()
    assert await colours(broken) == []
    started = asyncio.create_task(analysis.run())
    try:
        while not await colours(broken):
            await asyncio.sleep(0.02)
    finally:
        started.cancel()
