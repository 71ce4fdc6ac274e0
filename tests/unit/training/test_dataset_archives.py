"""Zips and uploads of datasets: what leads out of the folder, and what is too much."""

import io
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from core.errors import BadUpload, StudioError, TooLarge
from core.training.datasets.importing import import_path, place, safe_name, staging, unpack
from core.training.datasets.versions import DatasetStore


def png(side: int = 64) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (side, side)).save(data, "PNG")
    return data.getvalue()


def zipped(path: Path, **files: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


@pytest.fixture
def store(tmp_path: Path) -> DatasetStore:
    return DatasetStore(tmp_path / "data" / "datasets")


def test_a_zip_is_imported_with_its_captions(store: DatasetStore, tmp_path: Path) -> None:
    archive = zipped(
        tmp_path / "set.zip",
        **{
            "robots/a.png": png(),
            "robots/a.txt": b"a robot",
            "__MACOSX/robots/._a.png": b"junk",
            "robots/readme.md": b"left out",
        },
    )
    dataset = import_path(store, store.create("robots"), archive).dataset
    (image,) = store.version(dataset).images
    assert (image.name, image.caption) == ("robots/a.png", "a robot")
    assert not any(store.incoming.iterdir())


BAD_NAMES = [
    "../a.png",
    "a/../../b.png",
    "/etc/a.png",
    "C:/a.png",
    "C:a.png",
    "..\\a.png",
    "a\\b.png",
    "a/./b.png",
    "a//b.png",
    "con.png",
    "NUL",
    "com1.txt",
    "a\0.png",
    "a\n.png",
    "a.png.",
    "a.png ",
    " a.png",
    "",
    "x" * 241,
    "a/" * 9 + "b.png",
]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(BadUpload, match="is not accepted"):
        safe_name(name)


@pytest.mark.parametrize("name", [n for n in BAD_NAMES if n and "\0" not in n and n[-1:] != "/"])
def test_no_entry_of_a_zip_is_written_outside(
    store: DatasetStore, tmp_path: Path, name: str
) -> None:
    archive = tmp_path / "set.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        entry = zipfile.ZipInfo("good.png")
        opened.writestr(entry, png())
        entry = zipfile.ZipInfo("placeholder")
        entry.filename = name
        opened.writestr(entry, b"x")
    before = {path for path in tmp_path.rglob("*") if store.incoming not in path.parents}
    with pytest.raises(StudioError), staging(store) as folder:
        unpack(archive, folder)
    after = {path for path in tmp_path.rglob("*") if store.incoming not in path.parents}
    assert after - before <= {store.incoming, store.incoming.parent, store.incoming.parent.parent}
    assert not any(store.incoming.iterdir())


def test_a_linked_entry_is_refused(store: DatasetStore, tmp_path: Path) -> None:
    entry = zipfile.ZipInfo("a.png")
    entry.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        archive.writestr(entry, "/etc/passwd")
    with pytest.raises(BadUpload, match=r"'a\.png' is a symbolic link"), staging(store) as folder:
        unpack(tmp_path / "set.zip", folder)


def test_a_bomb_is_refused_before_anything_is_written(store: DatasetStore, tmp_path: Path) -> None:
    archive = zipped(tmp_path / "bomb.zip", **{f"{n}.png": bytes(8 << 20) for n in range(3)})
    with staging(store) as folder:
        with pytest.raises(TooLarge, match="unpacks to 24 MB"):
            unpack(archive, folder)
        assert not any(folder.iterdir())


def test_an_entry_that_is_longer_than_it_says_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(TooLarge, match="larger than 0 MB"):
        place(tmp_path, "a.png", io.BytesIO(bytes(4096)), max_bytes=1000)


@pytest.mark.parametrize("second", ["a.png", "A.PNG"])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_entries_of_one_name_are_refused(
    store: DatasetStore, tmp_path: Path, second: str
) -> None:
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        archive.writestr("a.png", png())
        archive.writestr(second, png(65))
    with pytest.raises(BadUpload, match="two entries"), staging(store) as folder:
        unpack(tmp_path / "set.zip", folder)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 broken", b"no zip at all"])
def test_a_file_that_is_no_zip_is_refused(store: DatasetStore, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "set.zip").write_bytes(data)
    with pytest.raises(BadUpload, match="damaged"):
        import_path(store, store.create("robots"), tmp_path / "set.zip")


def test_a_damaged_image_is_kept_for_the_report(store: DatasetStore, tmp_path: Path) -> None:
    archive = zipped(tmp_path / "set.zip", **{"a.png": png(), "b.png": b"\x89PNG no image"})
    dataset = import_path(store, store.create("robots"), archive).dataset
    good, bad = store.version(dataset).images
    assert good.problem is None
    assert bad.problem == "cannot be read as a JPEG, PNG or WebP image"
