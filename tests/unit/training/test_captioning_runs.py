"""Captions for a dataset: kept while they are written, committed over changes of a user."""

from pathlib import Path

import pytest
from PIL.Image import Image

from core.errors import NotFound
from core.training.datasets.captioning import Captioning
from core.training.datasets.editing import remove_images, set_captions
from core.training.datasets.importing import import_folder
from core.training.datasets.versions import Dataset, DatasetStore
from tests.trainings import dataset


@pytest.fixture
def store(tmp_path: Path) -> DatasetStore:
    return DatasetStore(tmp_path / "datasets")


@pytest.fixture
def robots(store: DatasetStore, tmp_path: Path) -> Dataset:
    """Three images; the first has a caption."""
    folder = dataset(tmp_path / "robots", 3)
    for name in ("1.txt", "2.txt"):
        (folder / name).unlink()
    return import_folder(store, store.create("robots"), folder, "robots").dataset


def captions(store: DatasetStore, dataset: Dataset) -> dict[str, str | None]:
    return {image.name: image.caption for image in store.version(store.get(dataset.id)).images}


def colour(image: Image) -> str:
    return f"The image shows red {image.getpixel((0, 0))[0]}"  # type: ignore[index]


def test_an_interrupted_run_continues_with_the_images_that_are_left(
    store: DatasetStore, robots: Dataset, tmp_path: Path
) -> None:
    first = Captioning(store, robots.id, tmp_path, "zwx")
    first.add(first.images(overwrite=False, names=None)[0], colour)
    again = Captioning(store, robots.id, tmp_path, "zwx")
    [left] = again.images(overwrite=False, names=None)
    again.add(left, colour)
    assert again.commit(overwrite=False).latest == robots.latest + 1
    assert captions(store, robots) == {
        "0.png": "a robot of colour 0",
        "1.png": "zwx, red 40",
        "2.png": "zwx, red 80",
    }
    assert Captioning(store, robots.id, tmp_path, "").captions == {}


def test_captions_and_removals_of_a_user_meanwhile_win(
    store: DatasetStore, robots: Dataset, tmp_path: Path
) -> None:
    run = Captioning(store, robots.id, tmp_path, "")
    for entry in run.images(overwrite=False, names=None):
        run.add(entry, colour)
    edited = set_captions(store, robots, {"1.png": "by hand"})
    remove_images(store, edited, ["2.png"])
    run.commit(overwrite=False)
    assert captions(store, robots) == {"0.png": "a robot of colour 0", "1.png": "by hand"}


def test_images_are_chosen_by_name_and_an_unknown_one_is_refused(
    store: DatasetStore, robots: Dataset, tmp_path: Path
) -> None:
    run = Captioning(store, robots.id, tmp_path, "")
    names = [entry.name for entry in run.images(overwrite=True, names=["0.png", "2.png"])]
    assert names == ["0.png", "2.png"]
    with pytest.raises(NotFound, match=r"no image '9\.png'"):
        run.images(overwrite=True, names=["9.png"])
