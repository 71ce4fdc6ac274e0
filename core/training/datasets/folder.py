"""A folder of images with captions and masks, read in a fixed order.

Only headers are read; `core.training.datasets.pictures` decodes. Links are refused, and nothing
outside the folder is opened.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import InvalidDataset
from core.training.datasets.entries import Entry, file_sha256, scan
from core.training.datasets.limits import DatasetLimits
from core.training.datasets.rules import Level, check_entries

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Item:
    """One image: `name` is its path below the dataset, `width` and `height` count upright pixels.

    `control_path` is the image before an edit whose result this one is. `mask_path` is a grey image
    of the same size: white counts fully in the loss, black not at all.
    """

    name: str
    path: Path
    caption: str | None
    mask_path: Path | None
    sha256: str
    width: int
    height: int
    control_path: Path | None = None


@dataclass(frozen=True, slots=True)
class Folder:
    """The items of a dataset, ordered by name."""

    path: Path
    items: tuple[Item, ...]

    @property
    def digest(self) -> str:
        """SHA-256 over names, contents, captions, masks, control images: the dataset's identity."""
        digest = hashlib.sha256()
        for item in self.items:
            mask = item.mask_path.name if item.mask_path else ""
            control = [file_sha256(item.control_path)] if item.control_path else []
            line = "\0".join((item.name, item.sha256, item.caption or "", mask, *control))
            digest.update(line.encode("utf-8", "surrogatepass") + b"\n")
        return digest.hexdigest()


def read_folder(path: Path, limits: DatasetLimits = DatasetLimits()) -> Folder:  # noqa: B008 (frozen)
    """The dataset in a folder, subfolders included.

    Raises `NotFound` for a missing folder, and `InvalidDataset` with the first files that are
    refused.
    """
    return folder_of(path, scan(path, limits), limits)


def folder_of(path: Path, entries: Sequence[Entry], limits: DatasetLimits) -> Folder:
    """The items of scanned entries. Raises `InvalidDataset` where a rule refuses one."""
    refused = [f for f in check_entries(entries, limits) if f.level is Level.ERROR]
    if refused:
        more = f" There are {len(refused) - 1} more faults." if len(refused) > 1 else ""
        raise InvalidDataset(
            f"{refused[0].sentence}{more}",
            field="dataset",
            fix=refused[0].remedy,
            errors=[fault.field_error for fault in refused[:SHOWN]],
        )
    items = [
        Item(
            entry.name,
            entry.path,
            entry.caption,
            entry.mask_path,
            entry.sha256,
            entry.width,
            entry.height,
            entry.control_path,
        )
        for entry in entries
    ]
    return Folder(path, tuple(items))
