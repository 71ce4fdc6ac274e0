"""The gallery over REST: filters, facets, days, pages at any offset."""

from typing import Any

import pytest

from tests.in_process import InProcess, png


async def ids(desk: InProcess, **params: Any) -> list[str]:
    page = await desk.get("/api/assets", params=params)
    assert page["total"] >= len(page["items"])
    return [item["id"] for item in page["items"]]


async def test_a_new_image_is_found_at_once_by_what_made_it(desk: InProcess) -> None:
    asset = await desk.services.assets.upload(png("red"), name="Façade at night.png")
    for params in (
        {"q": "facade"},
        {"q": "NIGH"},
        {"q": '"at night"'},
        {"operation": "upload"},
        {"size": f"{asset.width}x{asset.height}"},
        {"kind": ["svg", "image"]},
        {"rating": "0", "favourite": False},
    ):
        assert asset.id in await ids(desk, **params), params
    for params in (
        {"q": "facade -night"},
        {"q": '"night facade"'},
        {"q": "acade"},
        {"operation": "import"},
        {"kind": "svg"},
        {"min_rating": 1},
        {"favourite": True},
        {"deleted": True},
        {"from": "2999-01-01"},
        {"to": "2001-01-01"},
    ):
        assert asset.id not in await ids(desk, **params), params


async def test_annotations_are_found_and_counted(desk: InProcess) -> None:
    asset = await desk.services.assets.upload(png("blue"))
    changes = {"rating": 4, "favourite": True, "tags": ["Roof"], "note": "for the client"}
    answer = await desk.http.patch(f"/api/assets/{asset.id}", json=changes)
    assert answer.status_code == 200, answer.text
    assert {name: answer.json()[name] for name in changes} == changes
    for params in ({"q": "client roo"}, {"tag": "Roof"}, {"min_rating": 4}, {"favourite": True}):
        assert asset.id in await ids(desk, **params), params
    facets = await desk.get("/api/assets/facets", params={"rating": ["4"]})
    assert {"value": "Roof", "label": "Roof", "count": 1} in facets["facets"]["tag"]
    stars = [value["value"] for value in facets["facets"]["rating"]]
    assert stars == sorted(stars, reverse=True)
    assert len(stars) > 1 or facets["all"] == facets["total"], "the other stars can be chosen"
    cleared = await desk.http.patch(f"/api/assets/{asset.id}", json={"note": None, "rating": None})
    assert (cleared.json()["note"], cleared.json()["rating"]) == (None, 4)


@pytest.mark.parametrize("sort", ["newest", "oldest", "rating", "largest"])
async def test_pages_by_cursor_and_by_offset_are_the_same_list(desk: InProcess, sort: str) -> None:
    for number in range(7):
        asset = await desk.services.assets.upload(png("red", 8 + number % 3))
        await desk.services.assets.annotate(asset.id, rating=number % 4)
    whole = await ids(desk, sort=sort, limit=200)
    by_offset = [
        asset_id
        for offset in range(0, len(whole), 3)
        for asset_id in await ids(desk, sort=sort, limit=3, offset=offset)
    ]
    assert by_offset == whole
    by_cursor, cursor = [], None
    while True:
        params = {"sort": sort, "limit": 3, **({"cursor": cursor} if cursor else {})}
        page = await desk.get("/api/assets", params=params)
        by_cursor += [item["id"] for item in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert by_cursor == whole
    if sort in ("newest", "oldest"):
        assert whole == sorted(whole, reverse=sort == "newest")


async def test_the_days_lead_to_the_pages_that_begin_with_them(desk: InProcess) -> None:
    await desk.services.assets.upload(png("green"))
    days = await desk.get("/api/assets/days", params={"timezone": "Europe/Berlin"})
    assert days["total"] == sum(day["count"] for day in days["days"]) > 0
    for day in days["days"]:
        span = {"from": day["day"], "to": day["day"], "timezone": "Europe/Berlin"}
        page = await desk.get("/api/assets", params={**span, "limit": 1})
        assert page["total"] == day["count"]
        assert [item["id"] for item in page["items"]] == await ids(
            desk, offset=day["offset"], limit=1
        )


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"offset": 3, "cursor": "01K5Z8B7H2JD5KPF8E3S9A4GVT"}, "offset"),
        ({"sort": "rating", "cursor": "01K5Z8B7H2JD5KPF8E3S9A4GVT"}, "cursor"),
        ({"sort": "newest", "cursor": "5.01K5Z8B7H2JD5KPF8E3S9A4GVT"}, "cursor"),
        ({"timezone": "Mars/Olympus", "from": "2026-01-01"}, "timezone"),
        ({"from": "soon"}, "from"),
        ({"to": "2026-02-30"}, "to"),
        ({"prompt": "x"}, "prompt"),
        ({"limit": 201}, "limit"),
    ],
)
async def test_a_wrong_filter_is_refused_by_its_name(
    desk: InProcess, params: dict[str, Any], field: str
) -> None:
    answer = await desk.http.get("/api/assets", params=params)
    assert answer.status_code == 422, answer.text
    assert field in answer.text


async def test_a_result_says_what_made_it(desk: InProcess) -> None:
    task = await desk.run("painting")
    made = await desk.get(f"/api/assets/{task['outputs'][0]['asset_id']}")
    assert (made["operation"], made["task_id"]) == ("painting", task["id"])
    assert made["id"] in await ids(desk, task_id=task["id"])
    assert made["id"] in await ids(desk, operation="painting")
    facets = await desk.get("/api/assets/facets")
    assert "painting" in [value["value"] for value in facets["facets"]["operation"]]


async def changed(desk: InProcess, path: str, body: dict[str, Any]) -> int:
    answer = await desk.http.post(path, json=body)
    assert answer.status_code == 200, answer.text
    number: int = answer.json()["changed"]
    return number


async def test_many_images_are_annotated_trashed_restored_and_purged(desk: InProcess) -> None:
    uploads = [await desk.services.assets.upload(png("red", side)) for side in (21, 22, 23)]
    mine = [asset.id for asset in uploads]
    changes = {"rating": 5, "add_tags": ["Batch"], "project_id": "villa"}
    assert await changed(desk, "/api/assets/annotate", {"ids": mine, "changes": changes}) == 3
    assert sorted(await ids(desk, tag="Batch", project="villa", rating="5")) == sorted(mine)
    body = {"filter": {"tag": "Batch"}, "changes": {"remove_tags": ["Batch"], "add_tags": ["b"]}}
    assert await changed(desk, "/api/assets/annotate", body) == 3
    assert await ids(desk, tag="Batch") == []
    assert await changed(desk, "/api/assets/trash", {"filter": {"tag": ["b"]}}) == 3
    assert await changed(desk, "/api/assets/trash", {"ids": mine}) == 0
    assert await ids(desk, tag="b") == []
    assert sorted(await ids(desk, tag="b", deleted=True)) == sorted(mine)
    assert await changed(desk, "/api/assets/restore", {"ids": mine[:1]}) == 1
    assert await ids(desk, tag="b") == mine[:1]
    assert await changed(desk, "/api/assets/purge", {"ids": mine}) == 2
    assert await changed(desk, "/api/assets/restore", {"ids": mine}) == 0
    assert (await desk.http.get(f"/api/assets/{mine[1]}")).status_code == 404
    assert await ids(desk, tag="b", deleted=True) == []


async def test_a_collection_is_filled_listed_renamed_and_deleted(desk: InProcess) -> None:
    asset = await desk.services.assets.upload(png("teal", 31))
    made = await desk.http.post("/api/collections", json={"name": "  Night   set "})
    assert made.status_code == 201, made.text
    collection = made.json()
    assert (collection["name"], collection["count"], collection["cover_url"]) == (
        "Night set",
        0,
        None,
    )
    address = f"/api/collections/{collection['id']}"
    again = await desk.http.post("/api/collections", json={"name": "Night set"})
    assert again.status_code == 409
    assert await changed(desk, f"{address}/add", {"ids": [asset.id, asset.id, "missing"]}) == 1
    assert await ids(desk, collection=collection["id"]) == [asset.id]
    facets = await desk.get("/api/assets/facets", params={"collection": collection["id"]})
    assert facets["facets"]["collection"] == [
        {"value": collection["id"], "label": "Night set", "count": 1}
    ]
    renamed = await desk.http.patch(address, json={"name": "Day set"})
    assert (renamed.json()["name"], renamed.json()["count"]) == ("Day set", 1)
    assert renamed.json()["cover_url"].startswith(f"/api/assets/{asset.id}/")
    assert (await desk.get(f"/api/assets/{asset.id}"))["collections"] == [collection["id"]]
    assert await changed(desk, f"{address}/remove", {"ids": [asset.id]}) == 1
    assert await changed(desk, f"{address}/add", {"filter": {"q": "", "size": "31x31"}}) == 1
    assert (await desk.http.delete(address)).status_code == 204
    assert (await desk.http.delete(address)).status_code == 404
    assert await ids(desk, collection=collection["id"]) == []
    assert (await desk.get(f"/api/assets/{asset.id}"))["collections"] == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"ids": ["a"], "filter": {}},
        {"ids": ["a"] * 10_001},
        {"filter": {"prompt": "x"}},
        {"filter": {"from": "soon"}},
    ],
)
async def test_a_choice_of_images_that_is_none_is_refused(
    desk: InProcess, body: dict[str, Any]
) -> None:
    assert (await desk.http.post("/api/assets/trash", json=body)).status_code == 422
