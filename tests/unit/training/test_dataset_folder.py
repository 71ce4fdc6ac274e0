"""Folders of images with captions: what is read, what is refused, and by which sentence."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from core.errors import InvalidDataset, NotFound
from core.models.library.library import Library
from core.settings import ROOT
from core.training.datasets.entries import ENDINGS, scan
from core.training.datasets.folder import read_folder
from core.training.datasets.limits import DatasetLimits, limits_of_model, limits_of_side
from core.training.datasets.pictures import load_image, load_mask
from core.training.datasets.rules import RULES, check_entries

SMALL = limits_of_side(128)
SINGLE = replace(SMALL, min_images=1, advised_images=1)


def picture(path: Path, size: tuple[int, int] = (64, 48), colour: str = "red") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)
    return path


def codes(folder: Path, limits: DatasetLimits = SINGLE) -> set[tuple[str, str | None]]:
    return {(fault.code, fault.name) for fault in check_entries(scan(folder, limits), limits)}


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_allowed_extension_is_read(tmp_path: Path, ending: str) -> None:
    picture(tmp_path / f"a{ending}")
    (item,) = read_folder(tmp_path, SINGLE).items
    assert (item.name, item.width, item.height) == (f"a{ending}", 64, 48)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.txt", "a red\nrobot "),
        ("a.caption", "a red robot"),
        ("a.json", '{"caption": "a red robot"}'),
        ("a.json", '"a red robot"'),
        ("a.json", '{"text": "a red robot", "score": 1}'),
    ],
)
def test_a_caption_stands_in_a_file_beside_the_image(tmp_path: Path, name: str, text: str) -> None:
    picture(tmp_path / "a.png")
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert read_folder(tmp_path, SINGLE).items[0].caption == "a red robot"


@pytest.mark.parametrize("tag", [0x010E, 0x9286])
def test_a_caption_in_the_exif_is_read(tmp_path: Path, tag: int) -> None:
    exif = Image.Exif()
    if tag == 0x010E:
        exif[tag] = "a red robot"
    else:
        exif.get_ifd(0x8769)[tag] = b"ASCII\0\0\0a red robot"
    Image.new("RGB", (64, 64)).save(tmp_path / "a.jpg", exif=exif)
    assert read_folder(tmp_path, SINGLE).items[0].caption == "a red robot"


def test_the_text_file_precedes_json_and_exif(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    (tmp_path / "a.json").write_text('{"caption": "from json"}', encoding="utf-8")
    (tmp_path / "a.txt").write_text("from text", encoding="utf-8")
    assert read_folder(tmp_path, SINGLE).items[0].caption == "from text"


def test_items_are_ordered_by_name_whatever_the_disk_says(tmp_path: Path) -> None:
    for name in ("b/2.png", "c.png", "a.png", "b/1.png"):
        picture(tmp_path / name, colour="blue" if "1" in name else "red")
    names = [item.name for item in read_folder(tmp_path, SINGLE).items]
    assert names == ["a.png", "b/1.png", "b/2.png", "c.png"]


def test_the_digest_changes_with_pixels_captions_and_names_only(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    before = read_folder(tmp_path, SINGLE).digest
    (tmp_path / "notes.md").write_text("not a part", encoding="utf-8")
    assert read_folder(tmp_path, SINGLE).digest == before
    (tmp_path / "a.txt").write_text("a robot", encoding="utf-8")
    captioned = read_folder(tmp_path, SINGLE).digest
    picture(tmp_path / "a.png", colour="blue")
    assert len({before, captioned, read_folder(tmp_path, SINGLE).digest}) == 3


@pytest.mark.parametrize("mask", ["a_mask.png", "a-masklabel.png", "masks/a.png"])
def test_a_mask_belongs_to_its_image_and_is_no_item(tmp_path: Path, mask: str) -> None:
    picture(tmp_path / "a.png")
    Image.new("L", (32, 24), 255).save(picture(tmp_path / mask))
    (item,) = read_folder(tmp_path, SINGLE).items
    assert item.mask_path == tmp_path / mask
    assert load_mask(item.mask_path, (64, 48)).size == (64, 48)


def test_a_name_like_a_mask_without_its_image_is_an_item(tmp_path: Path) -> None:
    picture(tmp_path / "carnival_mask.png")
    assert [item.name for item in read_folder(tmp_path, SINGLE).items] == ["carnival_mask.png"]


def test_exif_rotation_counts_in_the_size_and_the_pixels(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (64, 48)).save(tmp_path / "a.jpg", exif=exif)
    (item,) = read_folder(tmp_path, SINGLE).items
    assert (item.width, item.height) == load_image(item.path).size == (48, 64)
    assert codes(tmp_path) >= {("rotated", "a.jpg")}


def test_a_link_to_a_file_outside_is_refused_unread(tmp_path: Path) -> None:
    secret = picture(tmp_path / "outside.png")
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "a.png").symlink_to(secret)
    (folder / "b").symlink_to(tmp_path)
    assert codes(folder) == {("symlink", "a.png"), ("symlink", "b")}
    with pytest.raises(InvalidDataset, match=r"a\.png is a symbolic link") as caught:
        read_folder(folder, SINGLE)
    assert caught.value.fix == "Put a copy of the file into the folder."


def test_a_linked_caption_file_is_refused_unread(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("the password", encoding="utf-8")
    folder = tmp_path / "set"
    picture(folder / "a.png")
    (folder / "a.txt").symlink_to(tmp_path / "secret")
    with pytest.raises(InvalidDataset, match=r"a\.txt is a symbolic link"):
        read_folder(folder, SINGLE)
    (image,) = (entry for entry in scan(folder, SINGLE) if not entry.link)
    assert image.caption is None


def test_a_folder_that_is_a_link_or_missing_is_refused(tmp_path: Path) -> None:
    picture(tmp_path / "set" / "a.png")
    (tmp_path / "link").symlink_to(tmp_path / "set")
    with pytest.raises(InvalidDataset, match="symbolic link"):
        read_folder(tmp_path / "link")
    with pytest.raises(NotFound, match="There is no folder"):
        read_folder(tmp_path / "nowhere")


def bad_dataset(folder: Path) -> None:
    """Break every rule once."""
    picture(folder / "copy-1.png", (2000, 64))
    picture(folder / "copy-2.png", (2000, 64))
    picture(folder / "small.png", (20, 200))
    picture(folder / "below.png", (60, 61))
    picture(folder / "old.bmp")
    picture(folder / "same.png", (70, 70))
    picture(folder / "same.jpg", (71, 71))
    (folder / "same.txt").write_text("x", encoding="utf-8")
    picture(folder / "long.png", (72, 72))
    (folder / "long.txt").write_text("word " * 1000, encoding="utf-8")
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nno image")
    (folder / "heavy.png").write_bytes(bytes(3000))
    (folder / "link.png").symlink_to(folder / "small.png")
    exif = Image.Exif()
    exif[0x0112] = 3
    Image.new("RGB", (90, 90)).save(folder / "turned.jpg", exif=exif)


def test_every_rule_is_broken_by_some_file_and_names_it(tmp_path: Path) -> None:
    bad_dataset(tmp_path)
    few = replace(SMALL, max_bytes=2999, min_images=30)
    rather_few = replace(SMALL, max_bytes=2999, advised_images=30)
    faults = [
        f for limits in (few, rather_few) for f in check_entries(scan(tmp_path, limits), limits)
    ]
    assert {fault.code for fault in faults} == {rule.code for rule in RULES}
    for fault in faults:
        assert fault.remedy
        assert fault.name is None or (tmp_path / fault.name).exists()
        assert fault.sentence.startswith(fault.name or "The dataset")


def test_a_refusal_lists_the_first_files_and_counts_the_rest(tmp_path: Path) -> None:
    for number in range(8):
        picture(tmp_path / f"{number}.png", (10 + number, 10))
    with pytest.raises(InvalidDataset) as caught:
        read_folder(tmp_path, SMALL)
    assert caught.value.detail.startswith("0.png is 10 × 10; the shorter side needs 32 pixels.")
    assert "7 more faults" in caught.value.detail
    assert [error.field for error in caught.value.errors] == [f"{n}.png" for n in range(5)]
    assert json.dumps(caught.value.record())


def test_five_images_are_needed_and_ten_are_better(tmp_path: Path) -> None:
    for number in range(4):
        picture(tmp_path / f"{number}.png", (64 + number, 64))
    assert ("too_few", None) in codes(tmp_path, SMALL)
    picture(tmp_path / "4.png", (70, 64))
    assert ("few", None) in codes(tmp_path, SMALL)
    assert len(read_folder(tmp_path, SMALL).items) == 5


@pytest.mark.parametrize(("native", "refused", "warned"), [(1024, 256, 512), (128, 32, 64)])
def test_limits_of_sides_follow_the_models_size(native: int, refused: int, warned: int) -> None:
    limits = limits_of_side(native)
    assert (limits.smallest, limits.advised) == (refused, warned)


def test_the_embedded_model_has_limits_of_its_own() -> None:
    assert limits_of_model(Library([ROOT / "models"]).get("nano")) == SMALL
