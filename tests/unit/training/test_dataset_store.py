"""Datasets on disk: versions, undo, the trash, and edits of many captions."""

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from core.errors import Conflict, InvalidDataset, InvalidInput, NotFound
from core.training.datasets.editing import (
    CaptionEdit,
    edit_captions,
    edited,
    remove_images,
    set_captions,
    with_prefix,
)
from core.training.datasets.folder import read_folder
from core.training.datasets.importing import GalleryImage, import_gallery, import_path
from core.training.datasets.limits import limits_of_side
from core.training.datasets.versions import Dataset, DatasetStore

LIMITS = replace(limits_of_side(128), min_images=1)


def folder_of_pictures(folder: Path, count: int = 3) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        Image.new("RGB", (64 + number, 64), (number * 20, 0, 0)).save(folder / f"{number}.png")
        (folder / f"{number}.txt").write_text(f"a robot, number {number}", encoding="utf-8")
    return folder


@pytest.fixture
def store(tmp_path: Path) -> DatasetStore:
    return DatasetStore(tmp_path / "datasets")


@pytest.fixture
def robots(store: DatasetStore, tmp_path: Path) -> Dataset:
    dataset = store.create("robots", "robot")
    return import_path(store, dataset, folder_of_pictures(tmp_path / "robots")).dataset


def captions(
    store: DatasetStore, dataset: Dataset, number: int | None = None
) -> dict[str, str | None]:
    return {image.name: image.caption for image in store.version(dataset, number).images}


def test_an_import_is_a_version_with_the_same_items_as_the_folder(
    store: DatasetStore, robots: Dataset, tmp_path: Path
) -> None:
    stored = store.folder(robots, None, LIMITS)
    original = read_folder(tmp_path / "robots", LIMITS)
    assert stored.digest == original.digest
    assert [i.path.read_bytes() for i in stored.items] == [
        i.path.read_bytes() for i in original.items
    ]
    assert store.version(robots).change == "Added 3 images of robots"


def test_a_version_never_changes_and_undo_brings_its_images_back(
    store: DatasetStore, robots: Dataset
) -> None:
    before = captions(store, robots)
    changed = set_captions(store, robots, {"0.png": "a red robot"}, after=2)
    removed = remove_images(store, changed, ["1.png"])
    assert captions(store, removed, 2) == before
    assert set(captions(store, removed)) == {"0.png", "2.png"}
    restored = store.restore(removed, 2)
    assert (restored.latest, captions(store, restored)) == (5, before)
    changes = [version.change for version in store.versions(restored)]
    assert changes == [
        "Restored version 2",
        "Removed 1 image",
        "Changed 1 caption",
        "Added 3 images of robots",
        "Created",
    ]


def test_a_change_of_an_older_version_is_refused(store: DatasetStore, robots: Dataset) -> None:
    set_captions(store, robots, {"0.png": "first"}, after=2)
    with pytest.raises(Conflict, match="newest version is 3, not 2"):
        set_captions(store, robots, {"0.png": "second"}, after=2)
    assert captions(store, store.get("robots"))["0.png"] == "first"


def test_two_processes_never_get_one_number(store: DatasetStore, robots: Dataset) -> None:
    images = store.version(robots).images
    taken = store._version_folder(robots.id, 3)
    original = store._latest

    def late(dataset_id: str) -> int:
        number = original(dataset_id)
        if number == 2:  # another process commits between the look and the rename
            taken.mkdir(parents=True)
            (taken / "manifest.json").write_text("theirs", encoding="utf-8")
        return number

    store._latest = late  # type: ignore[method-assign]
    with pytest.raises(Conflict):
        store.commit(robots, images, "mine")
    assert (taken / "manifest.json").read_text(encoding="utf-8") == "theirs"


def test_an_unchanged_caption_makes_no_version(store: DatasetStore, robots: Dataset) -> None:
    assert set_captions(store, robots, captions(store, robots)) == robots  # type: ignore[arg-type]


def test_names_are_unique_among_datasets_that_are_not_deleted(store: DatasetStore) -> None:
    first = store.create("robots")
    with pytest.raises(Conflict, match="'Robots' exists"):
        store.create("Robots")
    store.trash(first)
    store.create("robots")
    assert store.recover(store.all(deleted=True)[0]).name == "robots 2"


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 81])
def test_a_name_that_cannot_be_shown_is_refused(store: DatasetStore, name: str) -> None:
    with pytest.raises(InvalidInput, match="no name of a dataset"):
        store.create(name)


def test_an_unknown_dataset_is_answered_with_the_nearest_name(
    store: DatasetStore, robots: Dataset
) -> None:
    assert store.get(robots.id) == store.get("ROBOTS") == robots
    with pytest.raises(NotFound) as caught:
        store.get("robot")
    assert caught.value.fix == "Did you mean 'robots'?"
    with pytest.raises(NotFound, match="no version 9"):
        store.version(robots, 9)


def test_the_trash_is_emptied_of_what_was_deleted_over_a_week_ago(store: DatasetStore) -> None:
    old, new = store.trash(store.create("old")), store.trash(store.create("new"))
    store.update(old, deleted_at="2020-01-31T12:00:00.000000Z")
    assert store.sweep_trash() == 1
    assert [dataset.id for dataset in store.all(deleted=True)] == [new.id]


def test_purge_keeps_the_files_of_other_datasets(store: DatasetStore, tmp_path: Path) -> None:
    folder = folder_of_pictures(tmp_path / "set")
    first = import_path(store, store.create("first"), folder).dataset
    Image.new("RGB", (90, 90)).save(folder / "extra.png")
    second = import_path(store, store.create("second"), folder).dataset
    with pytest.raises(Conflict, match="not in the trash"):
        store.purge(second)
    store.purge(store.trash(second))
    assert sorted(store.blobs.keys()) == sorted(i.key for i in store.version(first).images)
    assert [dataset.name for dataset in store.all()] == ["first"]


def test_an_image_of_a_taken_name_replaces_the_former(
    store: DatasetStore, robots: Dataset, tmp_path: Path
) -> None:
    newer = folder_of_pictures(tmp_path / "newer", 1)
    Image.new("RGB", (99, 99)).save(newer / "0.png")
    added = import_path(store, robots, newer)
    assert added.added == 1
    assert [image.width for image in store.version(added.dataset).images] == [99, 65, 66]


def test_gallery_images_bring_their_prompt_and_their_id(
    store: DatasetStore, tmp_path: Path
) -> None:
    picture = folder_of_pictures(tmp_path / "x", 1) / "0.png"
    bare = picture.rename(tmp_path / "key")
    images = [GalleryImage("01ABC", bare, "a blue\ncar"), GalleryImage("01ABD", bare, None)]
    dataset = import_gallery(store, store.create("cars"), images).dataset
    stored = store.version(dataset).images
    assert [(i.name, i.caption, i.asset_id) for i in stored] == [
        ("01ABC.png", "a blue car", "01ABC"),
        ("01ABD.png", None, "01ABD"),
    ]
    assert len(store.folder(dataset, None, LIMITS).items) == 2


def test_an_export_reads_back_as_the_same_dataset(
    store: DatasetStore, robots: Dataset, tmp_path: Path
) -> None:
    store.export(store.version(robots), tmp_path / "out")
    exported = read_folder(tmp_path / "out", LIMITS)
    assert exported.digest == store.folder(robots, None, LIMITS).digest
    with pytest.raises(InvalidInput, match="not empty"):
        store.export(store.version(robots), tmp_path / "out")


def test_links_and_heavy_files_are_refused_and_the_rest_is_imported(
    store: DatasetStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = folder_of_pictures(tmp_path / "set", 1)
    (folder / "link.png").symlink_to(folder / "0.png")
    imported = import_path(store, store.create("robots"), folder)
    assert [(refusal.name, refusal.detail) for refusal in imported.refused] == [
        ("link.png", "is a symbolic link.")
    ]
    assert imported.added == 1


def test_a_folder_without_images_is_refused(store: DatasetStore, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidDataset, match="empty has no images"):
        import_path(store, store.create("robots"), tmp_path / "empty")


@pytest.mark.parametrize(
    ("edit", "caption", "expected"),
    [
        (CaptionEdit(find="cat", replace="dog"), "a cat, Cat", "a dog, Cat"),
        (CaptionEdit(add_tags=["red", "flat"]), "a cat, red", "a cat, red, flat"),
        (CaptionEdit(remove_tags=["Red "]), "a cat, red, flat", "a cat, flat"),
        (CaptionEdit(prefix="sks"), "a cat", "sks, a cat"),
        (CaptionEdit(prefix="sks"), "sks, a cat", "sks, a cat"),
        (CaptionEdit(prefix="cat"), "category", "cat, category"),
        (CaptionEdit(prefix="sks"), "", "sks"),
        (CaptionEdit(find="a cat", replace="", prefix="sks"), "a cat", "sks"),
    ],
)
def test_a_bulk_edit_replaces_tags_and_prefixes(
    edit: CaptionEdit, caption: str, expected: str
) -> None:
    assert edited(caption, edit) == expected


def test_a_trigger_word_is_put_in_front_once() -> None:
    once = with_prefix("a cat on a mat", "sks")
    assert with_prefix(once, "sks") == once == "sks, a cat on a mat"


def test_a_bulk_edit_of_some_images_leaves_the_others(store: DatasetStore, robots: Dataset) -> None:
    changed = edit_captions(store, robots, CaptionEdit(prefix="sks"), ["0.png"])
    assert captions(store, changed) == {
        "0.png": "sks, a robot, number 0",
        "1.png": "a robot, number 1",
        "2.png": "a robot, number 2",
    }
    with pytest.raises(NotFound, match=r"no image '7\.png'"):
        edit_captions(store, changed, CaptionEdit(prefix="sks"), ["7.png"])
