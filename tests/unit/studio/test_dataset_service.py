"""Datasets of the studio: each change is published once, and a failed copy is not kept."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from core.errors import InvalidInput, StudioError
from core.gallery.curation import Choice, Curation
from core.gallery.gallery import Gallery
from core.models.library.library import Library
from core.studio.dataset_service import DatasetService
from tests.desk import Desk
from tests.in_process import png


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = Desk(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def changes() -> list[tuple[int, str]]:
    return []


@pytest.fixture
def datasets(desk: Desk, tmp_path: Path, changes: list[tuple[int, str]]) -> DatasetService:
    def ignore(*_change: object) -> None: ...

    gallery = Gallery(desk.database)
    curation = Curation(desk.database, gallery, desk.assets, ignore, ignore)
    return DatasetService(
        tmp_path / "datasets",
        desk.assets,
        (gallery, curation),
        Library([desk.models]),
        lambda _id, version, change: changes.append((version, change)),
    )


async def test_each_change_is_published_once_with_its_version(
    datasets: DatasetService, changes: list[tuple[int, str]]
) -> None:
    dataset = await datasets.create("robots")
    await datasets.import_files(dataset, [("0.png", BytesIO(png(side=64)))])
    await datasets.set_captions("robots", {"0.png": "a robot"})
    await datasets.update("robots", {"name": "toys"})
    await datasets.trash("toys")
    await datasets.recover(dataset.id)
    expected = [(1, "created"), (2, "changed"), (3, "changed"), (3, "changed")]
    assert changes == [*expected, (3, "deleted"), (3, "created")]
    (listed, version), *others = await datasets.all()
    assert (listed.name, len(version.images), others) == ("toys", 1, [])


async def test_images_of_the_gallery_are_added_and_other_assets_refused(
    desk: Desk, datasets: DatasetService
) -> None:
    dataset = await datasets.create("robots")
    image = await desk.image()
    imported = await datasets.import_gallery(dataset, Choice((image.id,)))
    assert imported.added == 1
    with pytest.raises(StudioError):
        await datasets.import_gallery(dataset, Choice(("nothing",)))


async def test_a_copy_without_samples_is_not_kept(
    datasets: DatasetService, monkeypatch: pytest.MonkeyPatch
) -> None:
    await datasets.create("robots")

    def fail(*_arguments: object) -> None:
        raise InvalidInput("No image can be changed.")

    monkeypatch.setattr("core.studio.dataset_service.write_samples", fail)
    with pytest.raises(InvalidInput, match="No image"):
        await datasets.augment("robots", 2, 1, "copy")
    assert [dataset.name for dataset, _ in await datasets.all()] == ["robots"]
    assert await datasets.all(deleted=True) == []
