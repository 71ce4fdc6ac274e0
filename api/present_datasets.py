"""Datasets as the API answers them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from core.training.datasets.importing import Imported
from core.training.datasets.rules import Fault
from core.training.datasets.versions import Dataset, StoredImage, Version

if TYPE_CHECKING:
    from api.document.datasets import DatasetEntry, DatasetFault, DatasetImage, DatasetImport

MAX_THUMBNAILS = 4


def dataset_entry(dataset: Dataset, version: Version) -> DatasetEntry:
    """A dataset with its newest version."""
    good = [image for image in version.images if image.problem is None]
    return {
        "id": dataset.id,
        "name": dataset.name,
        "trigger": dataset.trigger,
        "created_at": dataset.created_at,
        "deleted_at": dataset.deleted_at,
        "version": version.number,
        "changed_at": version.created_at,
        "images": len(version.images),
        "captioned": sum(image.caption is not None for image in version.images),
        "thumbnails": [thumbnail_url(image.key) for image in good[:MAX_THUMBNAILS]],
    }


def dataset_image(image: StoredImage) -> DatasetImage:
    """An image of a version."""
    return {
        "name": image.name,
        "key": image.key,
        "size": image.size,
        "width": image.width,
        "height": image.height,
        "caption": image.caption,
        "masked": image.mask is not None,
        "problem": image.problem,
        "asset_id": image.asset_id,
        "thumbnail_url": thumbnail_url(image.key),
    }


def dataset_faults(faults: Iterable[Fault]) -> list[DatasetFault]:
    """Broken rules."""
    records = [
        {
            "code": fault.code,
            "level": fault.level.value,
            "name": fault.name,
            "detail": fault.sentence,
            "remedy": fault.remedy,
            "fix": fault.fix,
        }
        for fault in faults
    ]
    return cast("list[DatasetFault]", records)


def dataset_import(imported: Imported, version: Version) -> DatasetImport:
    """The outcome of an import, with the version that it made."""
    return {
        "dataset": dataset_entry(imported.dataset, version),
        "added": imported.added,
        "refused": [{"name": file.name, "detail": file.detail} for file in imported.refused],
    }


def thumbnail_url(key: str) -> str:
    """The address of the thumbnail of an image."""
    return f"/api/datasets/files/{key}/thumbnail"
