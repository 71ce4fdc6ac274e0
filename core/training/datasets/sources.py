"""A dataset that a command names: a folder on disk, or one of the store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import InvalidInput
from core.store.decoding.rewriting import rewrite
from core.store.faults import storage_error
from core.training.datasets.entries import Entry, scan
from core.training.datasets.folder import Folder, folder_of
from core.training.datasets.importing import staging, stored_image
from core.training.datasets.limits import DatasetLimits
from core.training.datasets.repairs import Repair, Rewrite, apply_repairs, write_entries
from core.training.datasets.versions import Dataset, DatasetStore


@dataclass(frozen=True, slots=True)
class DatasetSource:
    """The entries of a dataset; `dataset` is None for a folder on disk."""

    label: str
    entries: Sequence[Entry]
    store: DatasetStore
    path: Path
    dataset: Dataset | None = None

    def folder(self, limits: DatasetLimits) -> Folder:
        """The dataset as a trainer reads it. Raises `InvalidDataset`."""
        return folder_of(self.path, self.entries, limits)

    def repair(
        self,
        repairs: Iterable[Repair],
        limits: DatasetLimits,
        output: Path | None,
        write: Rewrite = rewrite,
    ) -> str:
        """Apply repairs to a copy: a new version, or the folder `output`. Returns its name."""
        with staging(self.store) as folder:
            entries = apply_repairs(self.entries, repairs, limits, folder, write)
            if self.dataset is not None and output is None:
                changed = commit_entries(self.store, self.dataset, entries, "Repaired")
                return f"{changed.name}, version {changed.latest}"
            target = output or self.path.with_name(f"{self.path.name}-fixed")
            if target.exists() and any(target.iterdir()):
                raise InvalidInput(
                    f"The folder {str(target)!r} is not empty.",
                    field="output",
                    fix="Give another one with --output.",
                )
            try:
                write_entries(entries, target)
            except OSError as error:
                raise storage_error(error) from error
            return str(target)


def find_source(name: str, store: DatasetStore, limits: DatasetLimits) -> DatasetSource:
    """A folder at the path `name`, or a dataset of that name. Raises `NotFound`."""
    path = Path(name)
    if path.is_dir() or path.is_symlink():
        return DatasetSource(str(path), scan(path, limits), store, path.absolute())
    dataset = store.get(name)
    entries = store.entries(store.version(dataset))
    return DatasetSource(dataset.name, entries, store, path, dataset)


def commit_entries(
    store: DatasetStore, dataset: Dataset, entries: Sequence[Entry], change: str
) -> Dataset:
    """Commit entries as the next version; files that the store lacks are added."""
    former = {image.name: image for image in store.version(dataset).images}
    images = []
    for entry in entries:
        before = former.get(entry.name)
        asset_id = before.asset_id if before else None
        images.append(stored_image(store, entry, asset_id))
    return store.commit(dataset, images, change, dataset.latest)
