"""Downloads of many images: a zip with names from a template and the licences of all images."""

import csv
import io
import zipfile
from typing import Any

import pytest

from core.gallery.archive import MISSING
from core.gallery.licences import LICENCES
from tests.in_process import InProcess, png


async def downloaded(desk: InProcess, body: dict[str, Any]) -> zipfile.ZipFile:
    offer = await desk.http.post("/api/assets/archive", json=body)
    assert offer.status_code == 200, offer.text
    answer = await desk.http.get(offer.json()["url"])
    assert answer.headers["content-type"] == "application/zip"
    return zipfile.ZipFile(io.BytesIO(answer.content))


async def test_a_zip_holds_the_files_and_the_licence_of_each(desk: InProcess) -> None:
    uploads = [
        await desk.services.assets.upload(png("red", side), name="=1+1.png") for side in (41, 42)
    ]
    body = {"ids": [asset.id for asset in uploads], "file_name": "{width}/{name}"}
    archive = await downloaded(desk, body)
    assert archive.testzip() is None
    names = ["41/=1+1.png", "42/=1+1.png"]
    assert archive.namelist() == [*names, LICENCES]
    for name, asset in zip(names, uploads, strict=True):
        with desk.services.assets.blobs.open(asset.key) as file:
            assert archive.read(name) == file.read()
    rows = list(csv.DictReader(io.StringIO(archive.read(LICENCES).decode())))
    assert [row["file"] for row in rows] == names
    assert {row["licence"] for row in rows} == {"unknown"}


async def test_images_of_one_name_are_numbered_and_lost_files_are_listed(desk: InProcess) -> None:
    uploads = [await desk.services.assets.upload(png("teal", side)) for side in (43, 44, 45)]
    desk.services.assets.blobs.delete(uploads[1].key)
    body = {"ids": [asset.id for asset in uploads], "file_name": "A", "licences": False}
    archive = await downloaded(desk, body)
    assert archive.namelist() == ["A.png", "A-2.png", MISSING]
    assert archive.read(MISSING).decode().split() == [uploads[1].id]


async def test_an_archive_without_metadata_has_no_prompt_in_it(desk: InProcess) -> None:
    asset = await desk.services.assets.upload(with_text("a secret house\nSteps: 8, Seed: 7"))
    body = {"ids": [asset.id], "file_name": "A"}
    whole = await downloaded(desk, body)
    assert b"a secret house" in whole.read("A.png")
    private = await downloaded(desk, {**body, "metadata": False})
    assert private.namelist() == ["A.png", LICENCES]
    assert b"secret" not in private.read("A.png")
    assert b"DigitalSourceType" in private.read("A.png")
    bare = await downloaded(desk, {**body, "metadata": False, "provenance": False})
    assert b"DigitalSourceType" not in bare.read("A.png")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"ids": []}, "ids"),
        ({"filter": {"q": "nosuchword"}}, "ids"),
        ({"ids": ["x"], "file_name": "../{seed}"}, "file_name"),
        ({"ids": ["x"], "file_name": "{secret}"}, "file_name"),
    ],
)
async def test_an_archive_that_cannot_be_is_refused(
    desk: InProcess, body: dict[str, Any], field: str
) -> None:
    answer = await desk.http.post("/api/assets/archive", json=body)
    assert answer.status_code == 422
    assert answer.json()["field"] == field


async def test_an_unknown_download_is_not_there(desk: InProcess) -> None:
    assert (await desk.http.get("/api/assets/archive/none")).status_code == 404


async def test_the_licence_of_its_model_is_on_an_image(desk: InProcess) -> None:
    text = "a house\nSteps: 8, Seed: 7, Size: 16x16, Model: nano"
    asset = await desk.services.assets.upload(with_text(text))
    licence = (await desk.get(f"/api/assets/{asset.id}"))["licence"]
    models = (await desk.get("/api/models"))["items"]
    nano = next(model for model in models if model["id"] == "nano")
    assert licence == nano["licence_details"]


def with_text(parameters: str) -> bytes:
    """An image with an infotext."""
    from PIL import Image

    from core.store.png import encode_png

    return encode_png(Image.new("RGB", (16, 16), "navy"), {"parameters": parameters})
