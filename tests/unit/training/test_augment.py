"""Augmented samples: seeded, paired with their captions, and apart from their source."""

import hashlib
from pathlib import Path

import pytest
from PIL import Image

from core.errors import InvalidDataset, InvalidInput
from core.training.datasets.augment import Augmentation, augmented, write_samples
from core.training.datasets.entries import Entry, scan
from core.training.datasets.limits import limits_of_side

NOTHING = Augmentation(
    flip=False, crop=False, brightness=False, contrast=False, synonyms=False, word_order=False
)


@pytest.fixture
def entries(tmp_path: Path) -> list[Entry]:
    """Three images: their left half has a colour of its own, and the caption says so."""
    folder = tmp_path / "robots"
    folder.mkdir()
    for colour in ("red", "green", "blue"):
        image = Image.new("RGB", (96, 64), "white")
        image.paste(colour, (0, 0, 48, 64))
        image.save(folder / f"{colour}.png")
        caption = f"robot, a big {colour} picture on the left, flat, old"
        (folder / f"{colour}.txt").write_text(caption, encoding="utf-8")
        image.convert("L").save(folder / f"{colour}_mask.png")
    return scan(folder, limits_of_side(64))


def files(folder: Path) -> dict[str, str]:
    """The hashes of the files of a folder."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_the_same_seed_gives_the_same_samples_and_leaves_the_source(
    entries: list[Entry], tmp_path: Path
) -> None:
    source = files(tmp_path / "robots")
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        count = write_samples(augmented(entries, 7, Augmentation(seed=seed)), tmp_path / name)
        assert count == 7
    assert files(tmp_path / "a") == files(tmp_path / "b") != files(tmp_path / "c")
    assert files(tmp_path / "robots") == source
    names = {path.stem for path in (tmp_path / "a").glob("*.txt")}
    assert len(names) == 7
    assert names == {
        path.stem for path in (tmp_path / "a").glob("*.png") if "_mask" not in path.stem
    }
    assert all((tmp_path / "a" / f"{name}_mask.png").exists() for name in names)


def test_image_mask_and_caption_stay_a_pair(entries: list[Entry]) -> None:
    for sample in augmented(entries, 30, Augmentation(brightness=False, contrast=False)):
        assert sample.caption is not None
        colour = sample.source.removesuffix(".png")
        assert f" {colour} " in sample.caption
        assert sample.mask is not None
        assert sample.mask.size == sample.image.size
        middle = sample.image.height // 2
        left = sample.image.getpixel((0, middle)) != (255, 255, 255)
        assert ("left" in sample.caption) == left
        assert abs(sample.image.width / sample.image.height - 1.5) < 0.05


def test_the_trigger_word_and_the_first_part_stay_in_front(entries: list[Entry]) -> None:
    captions = {
        sample.caption or ""
        for sample in augmented(entries, 30, Augmentation(flip=False, keep="robot"))
    }
    assert all(caption.startswith("robot,") for caption in captions)
    assert any("large" in caption for caption in captions)
    assert any("big" in caption for caption in captions)
    assert any(caption.index("old") < caption.index("flat") for caption in captions)


def test_without_changes_the_image_is_that_of_the_source(entries: list[Entry]) -> None:
    sample = next(augmented(entries, 1, NOTHING))
    with Image.open(entries[0].path) as image:
        assert sample.image.tobytes() == image.convert("RGB").tobytes()
    assert sample.caption == entries[0].caption


def test_a_folder_with_files_and_impossible_numbers_are_refused(
    entries: list[Entry], tmp_path: Path
) -> None:
    with pytest.raises(InvalidInput, match="not empty"):
        write_samples(augmented(entries, 1, NOTHING), tmp_path / "robots")
    with pytest.raises(InvalidInput, match="0 samples"):
        next(augmented(entries, 0, NOTHING))
    with pytest.raises(InvalidDataset, match="no image"):
        next(augmented([], 1, NOTHING))
