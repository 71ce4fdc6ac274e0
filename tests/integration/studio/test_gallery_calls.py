"""The gallery in the Python API and as commands: alone, and beside a server."""

import io
import json
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

import main
from core.errors import InvalidInput, StudioError
from core.studio import AsyncStudio
from tests.in_process import png, settings_in
from tests.integration.studio.test_python_api import serving


@pytest.fixture(params=["alone", "beside a server"])
async def studio(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AsyncStudio]:
    """The same API twice."""
    settings = settings_in(tmp_path)
    if request.param == "alone":
        async with AsyncStudio(settings) as alone:
            yield alone
        return
    async with serving(settings), AsyncStudio(settings) as beside:
        assert not beside.owns
        yield beside


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two images, one of them twice, and a file that is none."""
    below = tmp_path / "pictures" / "below"
    below.mkdir(parents=True)
    for path, data in (
        (below.parent / "red.png", png("red")),
        (below / "again.png", png("red")),
        (below / "blue.png", png("blue", side=32)),
        (below / "broken.png", b"no image"),
        (below / "notes.txt", b"no image"),
    ):
        path.write_bytes(data)
    return below.parent


async def test_images_are_imported_found_graded_trashed_and_exported(
    studio: AsyncStudio, folder: Path, tmp_path: Path
) -> None:
    report = await studio.import_images(folder)
    assert (report["added"], report["duplicates"], report["total"]) == (2, 1, 4)
    assert [failure["name"] for failure in report["failed"]] == ["broken.png"]
    (blue,) = await studio.images(q="blue", size="32x32")
    (red,) = await studio.images(q="red", operation=["import"])
    assert await studio.rate_images([blue["id"]], 4) == 1
    assert await studio.tag_images([blue["id"], red["id"]], add=["sky"]) == 2
    assert await studio.tag_images([red["id"]], remove=["sky"]) == 1
    assert [image["id"] for image in await studio.images(tag="sky")] == [blue["id"]]
    assert (await studio.images(sort="rating"))[0]["id"] == blue["id"]
    shown = await studio.image(blue["id"])
    assert (shown["rating"], shown["tags"], shown["name"]) == (4, ["sky"], "blue.png")
    file = await studio.export_images(tmp_path / "out.zip", min_rating=4)
    with zipfile.ZipFile(io.BytesIO(file.read_bytes())) as archive:
        assert len([name for name in archive.namelist() if name.endswith(".png")]) == 1
    assert await studio.trash_images([blue["id"]]) == 1
    assert await studio.images(tag="sky") == []
    assert [image["id"] for image in await studio.images(deleted=True)] == [blue["id"]]
    assert await studio.restore_images([blue["id"]]) == 1
    assert await studio.duplicates() == []


async def test_what_is_not_there_is_an_error(studio: AsyncStudio, tmp_path: Path) -> None:
    with pytest.raises(StudioError):
        await studio.image("01K0000000000000000000000A")
    with pytest.raises(InvalidInput, match="no folder"):
        await studio.import_images(tmp_path / "nowhere")
    with pytest.raises(StudioError):
        await studio.export_images(tmp_path / "none.zip")


def test_the_commands_say_what_they_did(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in settings_in(tmp_path).model_dump(include={"executor"}).items():
        monkeypatch.setenv(f"QPYT_{name.upper()}", str(value))

    def run(*words: object, code: int = 0) -> str:
        options = ["--data-dir", str(tmp_path / "data")]
        done = CliRunner().invoke(main.app, ["gallery", *map(str, words), *options])
        assert done.exit_code == code, done.output
        return done.stdout

    assert run("list") == "No image matches.\n"
    assert "2 added, 1 stored already" in run("import", folder, code=1)
    (image,) = json.loads(run("search", "blue", "--json"))
    assert run("rate", 5, image["id"]) == "1 changed\n"
    assert run("tag", image["id"], "--add", "sky") == "1 changed\n"
    assert f"{image['id']}  32x32      *****  blue.png" in run("list", "--tag", "sky")
    assert json.loads(run("show", image["id"]))["rating"] == 5
    assert run("trash", image["id"]) == "1 in the trash\n"
    assert image["id"] in run("list", "--trash")
    assert run("restore", image["id"]) == "1 restored\n"
    assert run("export", tmp_path / "all.zip").strip() == str(tmp_path / "all.zip")
    assert run("duplicates") == "There are no duplicates.\n"
