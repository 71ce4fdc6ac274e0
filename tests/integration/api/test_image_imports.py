"""Imports of existing images: metadata and dates stay, duplicates and broken files are named."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

from PIL import Image

from core.store.png import encode_png
from tests.in_process import InProcess, in_process

TEXT = "a lighthouse\nNegative prompt: blur\nSteps: 20, Seed: 4711, Size: 16x16, Model: dream"


def image(colour: str, text: str | None = TEXT) -> bytes:
    return encode_png(Image.new("RGB", (16, 16), colour), {"parameters": text} if text else {})


async def imported(desk: InProcess, files: dict[str, bytes], **fields: str) -> dict[str, Any]:
    parts = [("file", (name, data)) for name, data in files.items()]
    answer = await desk.http.post("/api/assets/import", files=parts, data=fields)
    assert answer.status_code == 202, answer.text
    await desk.services.images.imports.wait(answer.json()["id"])
    state: dict[str, Any] = await desk.get(f"/api/assets/imports/{answer.json()['id']}")
    return state


async def test_an_imported_image_keeps_its_metadata_and_its_date(desk: InProcess) -> None:
    collection = await desk.services.images.curation.create_collection("Imported")
    state = await imported(
        desk,
        {"old.png": image("#102030")},
        dates=json.dumps(["2021-03-04T05:06:07+01:00"]),
        collection=collection.id,
    )
    assert (state["state"], state["done"], state["total"], state["added"]) == ("done", 1, 1, 1)
    span = {"from": "2021-03-04", "to": "2021-03-04", "operation": "import"}
    (asset,) = (await desk.get("/api/assets", params=span))["items"]
    assert asset["created_at"].startswith("2021-03-04T04:06:07")
    assert (asset["prompt"], asset["seed"], asset["name"]) == ("a lighthouse", 4711, "old.png")
    assert asset["model"] == {"id": "dream", "label": "dream"}
    assert asset["collections"] == [collection.id]
    assert (await desk.get("/api/assets", params={"q": "lighthou 4711"}))["total"] >= 1


async def test_zips_are_opened_and_what_is_no_image_is_named(desk: InProcess) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        entry = zipfile.ZipInfo("deep/a.png", (2020, 2, 3, 4, 5, 6))
        archive.writestr(entry, image("#203040"))
        archive.writestr("../b.png", image("#304050"))
        archive.writestr("notes.txt", "no image")
        archive.writestr("broken.png", b"\x89PNG")
    files = {
        "set.zip": packed.getvalue(),
        "again.png": image("#203040"),
        "bad.zip": b"PK",
        "bad.png": b"",
    }
    state = await imported(desk, files)
    assert (state["added"], state["duplicates"], state["total"]) == (2, 1, 6)
    assert {failure["name"] for failure in state["failed"]} == {"broken.png", "bad.zip", "bad.png"}
    assert all(failure["detail"] for failure in state["failed"])
    page = await desk.get("/api/assets", params={"from": "2020-02-01", "to": "2020-02-29"})
    assert [asset["name"] for asset in page["items"]] == ["a.png"]


async def test_an_import_of_nothing_or_with_wrong_dates_is_refused(desk: InProcess) -> None:
    for files, fields in (
        ([], {"dates": "[]"}),
        ([("file", ("a.png", image("red")))], {"dates": '["soon"]'}),
        ([("file", ("a.png", image("red")))], {"dates": "[]"}),
    ):
        answer = await desk.http.post("/api/assets/import", files=files, data=fields)
        assert answer.status_code in (400, 415, 422), answer.text
    assert (await desk.http.get("/api/assets/imports/none")).status_code == 404


async def test_a_folder_of_the_server_is_imported_only_where_the_settings_allow_it(
    tmp_path: Path,
) -> None:
    album, other = tmp_path / "album", tmp_path / "other"
    (album / "2021").mkdir(parents=True)
    other.mkdir()
    (album / "2021" / "shelf.png").write_bytes(image("#405060"))
    (album / "away").symlink_to(other)
    async with in_process(tmp_path, import_dirs=(album,)) as desk:
        for folder in (other, album / "away", album / ".." / "other", tmp_path / "none"):
            answer = await desk.http.post("/api/assets/import/folder", json={"folder": str(folder)})
            assert (answer.status_code, answer.json()["field"]) == (403, "folder"), folder
            assert "QPYT_IMPORT_DIRS" in answer.json()["fix"]
        missing = {"folder": str(album / "none")}
        answer = await desk.http.post("/api/assets/import/folder", json=missing)
        assert answer.status_code == 422

        started = await desk.post("/api/assets/import/folder", {"folder": str(album)})
        await desk.services.images.imports.wait(started["id"])
        state = await desk.get(f"/api/assets/imports/{started['id']}")
        assert (state["state"], state["done"], state["added"]) == ("done", 1, 1)
        (asset,) = (await desk.get("/api/assets", params={"operation": "import"}))["items"]
        assert (asset["name"], asset["prompt"], asset["seed"]) == (
            "shelf.png",
            "a lighthouse",
            4711,
        )
