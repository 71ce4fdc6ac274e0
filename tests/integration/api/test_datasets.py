"""Datasets over REST: upload, captions, versions, undo, the trash, images of the gallery."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from PIL import Image

from core.store.png import encode_png
from tests.in_process import InProcess

COLOURS = ("red", "green", "blue", "gold", "teal", "pink")
Files = list[tuple[str, tuple[str, bytes]]]


def png(colour: str = "teal", size: tuple[int, int] = (64, 64)) -> bytes:
    return encode_png(Image.new("RGB", size, colour))


def upload(names: dict[str, bytes]) -> Files:
    return [("file", (name, data)) for name, data in names.items()]


def robots(count: int = 6) -> Files:
    images = {f"set/{n}.png": png(COLOURS[n], (64, 64 + n)) for n in range(count)}
    texts = {f"set/{n}.txt": f"a {COLOURS[n]} robot".encode() for n in range(count)}
    return upload({**images, **texts})


async def send(desk: InProcess, files: Files, status: int = 201, **data: str) -> Any:
    response = await desk.http.post("/api/datasets/import", files=files, data=data)
    assert response.status_code == status, response.text
    return response.json()


async def captions(desk: InProcess, dataset: str, **query: str) -> dict[str, str | None]:
    page = (await desk.http.get(f"/api/datasets/{dataset}/images", params=query)).json()
    return {image["name"]: image["caption"] for image in page["items"]}


async def test_a_dropped_folder_becomes_a_dataset_with_captions(desk: InProcess) -> None:
    made = await send(desk, robots(), name="robots")
    assert (made["added"], made["refused"]) == (6, [])
    entry = made["dataset"]
    assert (entry["images"], entry["captioned"], entry["version"]) == (6, 6, 2)
    assert (await desk.get("/api/datasets"))["items"] == [entry]
    assert (await captions(desk, "robots"))["set/0.png"] == "a red robot"
    thumbnail = await desk.http.get(entry["thumbnails"][0])
    assert thumbnail.headers["content-type"] == "image/webp"


async def test_a_zip_is_unpacked_and_a_hostile_one_leaves_no_dataset(desk: InProcess) -> None:
    good, bad = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(good, "w") as archive:
        archive.writestr("a.png", png())
    with zipfile.ZipFile(bad, "w") as archive:
        archive.writestr("../../a.png", png())
    await send(desk, upload({"good.zip": good.getvalue()}), name="good")
    problem = await send(desk, upload({"bad.zip": bad.getvalue()}), 422, name="bad")
    assert problem["detail"] == "The name '../../a.png' is not accepted."
    assert [entry["name"] for entry in (await desk.get("/api/datasets"))["items"]] == ["good"]
    assert (await desk.get("/api/datasets?deleted=true"))["items"] == []


async def test_a_file_name_cannot_leave_the_upload(desk: InProcess) -> None:
    problem = await send(desk, upload({"../a.png": png()}), 422, name="robots")
    assert problem["code"] == "bad_upload"


async def test_a_damaged_image_is_named_among_the_faults(desk: InProcess) -> None:
    files = [
        *robots(5),
        *upload({"set/x.png": b"\x89PNG no image", "set/y.png": png("tan", (9, 9))}),
    ]
    await send(desk, files, name="robots")
    faults = (await desk.get("/api/datasets/robots/faults"))["items"]
    assert [(fault["code"], fault["name"]) for fault in faults if fault["level"] == "error"] == [
        ("unreadable", "set/x.png"),
        ("too_small", "set/y.png"),
    ]
    small = faults[1]
    assert small["detail"] == "set/y.png is 9 × 9; the shorter side needs 32 pixels."


async def test_images_come_in_pages(desk: InProcess) -> None:
    await send(desk, robots(), name="robots")
    names: list[str] = []
    page: dict[str, Any] = {"next_cursor": ""}
    while page["next_cursor"] is not None:
        query = f"limit=2&cursor={page['next_cursor']}"
        page = await desk.get(f"/api/datasets/robots/images?{query}")
        names += [image["name"] for image in page["items"]]
    assert names == [f"set/{n}.png" for n in range(6)]
    assert page["total"] == 6


async def test_captions_are_edited_undone_and_never_lost_to_another_window(desk: InProcess) -> None:
    await send(desk, robots(2), name="robots")
    edited = await desk.post("/api/datasets/robots/edit", {"find": "a red", "replace": "one red"})
    assert edited["version"] == 3
    stale = {"captions": {"set/0.png": "other"}, "version": 2}
    response = await desk.http.post("/api/datasets/robots/captions", json=stale)
    assert (response.status_code, response.json()["code"]) == (409, "conflict")
    await desk.post("/api/datasets/robots/restore", {"version": 2})
    assert (await captions(desk, "robots"))["set/0.png"] == "a red robot"
    assert (await captions(desk, "robots", version="3"))["set/0.png"] == "one red robot"
    versions = (await desk.get("/api/datasets/robots/versions"))["items"]
    assert [version["change"] for version in versions][:2] == [
        "Restored version 2",
        "Changed 1 caption",
    ]


async def test_images_of_the_gallery_become_a_dataset(desk: InProcess) -> None:
    ids = [(await desk.services.assets.upload(png(colour))).id for colour in COLOURS[:2]]
    await desk.post("/api/datasets", {"name": "picks"})
    added = await desk.post("/api/datasets/picks/assets", {"ids": ids})
    assert added["added"] == 2
    page = await desk.get("/api/datasets/picks/images")
    assert {image["asset_id"] for image in page["items"]} == set(ids)


async def test_a_deleted_dataset_comes_back_from_the_trash(desk: InProcess) -> None:
    dataset = (await send(desk, robots(1), name="robots"))["dataset"]["id"]
    assert (await desk.http.delete("/api/datasets/robots")).status_code == 204
    assert (await desk.http.get("/api/datasets/robots")).status_code == 404
    assert (await desk.get("/api/datasets?deleted=true"))["total"] == 1
    await desk.post(f"/api/datasets/{dataset}/recover", {})
    assert (await desk.get("/api/datasets/robots"))["images"] == 1


async def test_changes_are_published(desk: InProcess) -> None:
    with desk.services.bus.subscribe() as events:
        await send(desk, robots(1), name="robots")
        changes = [event.data["change"] for event in events.take() if event.type == "dataset"]
    assert changes == ["created", "changed"]


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "version=0"])
async def test_a_query_out_of_range_is_refused(desk: InProcess, query: str) -> None:
    await desk.post("/api/datasets", {"name": "robots"})
    assert (await desk.http.get(f"/api/datasets/robots/images?{query}")).status_code == 422


async def test_a_report_is_a_page_without_script_and_json(desk: InProcess) -> None:
    await send(desk, robots(), name="robots")
    record = await desk.get("/api/datasets/robots/report")
    assert len(record["images"]) == 6
    assert all(image["sharpness"] is not None for image in record["images"])
    assert record["estimate"]["seconds"] > 0
    page = await desk.http.get("/api/datasets/robots/report.html")
    assert page.text.count("data:image/webp;base64,") == 6
    assert "script" not in page.headers["content-security-policy"]
    assert "default-src 'none'" in page.headers["content-security-policy"]


async def test_a_repair_is_a_new_version_and_a_dry_run_none(desk: InProcess) -> None:
    files = [*robots(5), *upload({"set/y.png": png("tan", (9, 9))})]
    await send(desk, files, name="robots")
    dry = await desk.post("/api/datasets/robots/fix", {"dry_run": True})
    assert dry["repairs"][-1]["detail"] == "is left out"
    assert dry["dataset"]["version"] == 2
    done = await desk.post("/api/datasets/robots/fix", {})
    assert (done["dataset"]["version"], done["dataset"]["images"]) == (3, 5)


async def test_a_repair_decodes_images_in_a_process_of_its_own(
    desk: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    bitmap = io.BytesIO()
    Image.new("RGB", (64, 70), "tan").save(bitmap, "BMP")
    await send(desk, [*robots(5), *upload({"set/z.bmp": bitmap.getvalue()})], name="robots")

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("The server itself decodes the image.")

    monkeypatch.setattr(Image.Image, "save", refuse)
    done = await desk.post("/api/datasets/robots/fix", {})
    assert [repair["name"] for repair in done["repairs"]] == ["set/z.bmp"]
    assert "set/z.png" in await captions(desk, "robots")


async def test_an_augmented_copy_leaves_its_source(desk: InProcess) -> None:
    await send(desk, robots(5), name="robots")
    made = await desk.post("/api/datasets/robots/augment", {"samples": 3, "name": "more robots"})
    assert (made["dataset"]["images"], made["added"]) == (8, 3)
    assert (await desk.get("/api/datasets/robots"))["version"] == 2
    again = await desk.http.post(
        "/api/datasets/robots/augment", json={"samples": 3, "name": "robots"}
    )
    assert again.status_code == 409
    names = [entry["name"] for entry in (await desk.get("/api/datasets"))["items"]]
    assert sorted(names) == ["more robots", "robots"]
