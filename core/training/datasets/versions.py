"""Datasets on disk: a record and numbered versions, which are never changed.

A version is a manifest of hashes; the files lie in a store by their hash. Undo commits the images
of an older version as the newest one.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from core.errors import Conflict, InvalidInput, NotFound, StorageUnavailable
from core.identifiers import new_id
from core.store import atomic
from core.store.blobs import BlobStore, LocalBlobs
from core.store.clock import timestamp
from core.store.faults import storage_error
from core.suggestion import suggest
from core.training.datasets.entries import CONTROL_SUFFIX, Entry
from core.training.datasets.folder import Folder, folder_of
from core.training.datasets.limits import DatasetLimits

MAX_NAME = 80
MAX_DATASETS = 1_000
_RECORD, _VERSIONS, _MANIFEST = "dataset.json", "versions", "manifest.json"


@dataclass(frozen=True, slots=True)
class StoredImage:
    """One image of a version: file, mask and control image by SHA-256, caption, upright size.

    `problem` is the predicate of a file that cannot be read; the sides of such a file, and of one
    in a format that training does not read, are 0. `asset_id` is the
    image of the gallery that it was made from.
    """

    name: str
    key: str
    size: int
    width: int
    height: int
    caption: str | None = None
    mask: str | None = None
    turned: bool = False
    problem: str | None = None
    asset_id: str | None = None
    control: str | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """The images of a dataset at one time, by name; `change` says what made it."""

    number: int
    created_at: str
    change: str
    images: tuple[StoredImage, ...]


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset: its record. `latest` is the number of its newest version."""

    id: str
    name: str
    created_at: str
    trigger: str | None
    deleted_at: str | None
    latest: int


class DatasetStore:
    """The datasets of one data directory; several processes may use it at once."""

    def __init__(self, root: Path) -> None:
        """`root`: the folder of all datasets, which the first one creates."""
        self._root = root
        self.blobs: BlobStore = LocalBlobs(root / "files")

    @property
    def incoming(self) -> Path:
        """The folder for files that are being imported."""
        return self._root / ".incoming"

    def all(self, *, deleted: bool = False) -> list[Dataset]:
        """The datasets, or those in the trash, the newest first."""
        ids = sorted((path.parent.name for path in self._root.glob(f"*/{_RECORD}")), reverse=True)
        datasets = [self._read(dataset_id) for dataset_id in ids[:MAX_DATASETS]]
        return [dataset for dataset in datasets if (dataset.deleted_at is not None) == deleted]

    def get(self, name: str) -> Dataset:
        """A dataset by its id or its name. Raises `NotFound`."""
        if _is_id(name) and (self._root / name / _RECORD).is_file():
            return self._read(name)
        datasets = self.all()
        for dataset in datasets:
            if dataset.name.casefold() == name.strip().casefold():
                return dataset
        raise NotFound(
            f"There is no dataset {name[:80]!r}.",
            field="dataset",
            fix=suggest(name[:80], [dataset.name for dataset in datasets])
            or "See the list of datasets.",
        )

    def create(self, name: str, trigger: str | None = None) -> Dataset:
        """A new dataset without images. Raises `InvalidInput`, or `Conflict` for a taken name."""
        self._check_name(name)
        dataset = Dataset(new_id(), name.strip(), timestamp(), trigger, None, 0)
        self._write(dataset)
        return self.commit(dataset, (), "Created")

    def update(self, dataset: Dataset, **changes: Any) -> Dataset:
        """Change `name` or `trigger`. Raises as `create`."""
        if "name" in changes and changes["name"] != dataset.name:
            self._check_name(changes["name"], but=dataset.id)
            changes["name"] = changes["name"].strip()
        changed = replace(dataset, **changes)
        self._write(changed)
        return changed

    def trash(self, dataset: Dataset) -> Dataset:
        """Move a dataset to the trash."""
        return self.update(dataset, deleted_at=timestamp())

    def recover(self, dataset: Dataset) -> Dataset:
        """Bring a dataset back from the trash; a taken name gets a number."""
        name, number = dataset.name, 2
        while any(other.name == name for other in self.all()):
            name, number = f"{dataset.name} {number}", number + 1
        return self.update(replace(dataset, name=name), deleted_at=None)

    def purge(self, dataset: Dataset) -> None:
        """Remove a dataset of the trash for good, with the files that no other dataset names."""
        if dataset.deleted_at is None:
            raise Conflict(
                f"The dataset {dataset.name!r} is not in the trash.", fix="Delete it first."
            )
        keys = self._keys(dataset.id)
        doomed = self._root / f".{uuid4().hex}"
        try:
            (self._root / dataset.id).rename(doomed)
        except OSError as error:
            raise storage_error(error) from error
        shutil.rmtree(doomed, ignore_errors=True)
        remaining = {key for other in self._ids() for key in self._keys(other)}
        for key in keys - remaining:
            self.blobs.delete(key)

    def sweep_trash(self) -> int:
        """Purge the datasets deleted over a week ago, as assets are; their number."""
        from core.store.sweep import KEEP_DELETED  # with the database, which commands do without

        limit = timestamp(datetime.now(UTC) - KEEP_DELETED)
        old = [dataset for dataset in self.all(deleted=True) if str(dataset.deleted_at) < limit]
        for dataset in old:
            self.purge(dataset)
        return len(old)

    def commit(
        self, dataset: Dataset, images: Sequence[StoredImage], change: str, after: int | None = None
    ) -> Dataset:
        """Write the next version. `after`: the version that the change was made on.

        Raises `Conflict` where a newer version exists.
        """
        latest = self._latest(dataset.id)
        if after is not None and after != latest:
            raise _changed(after, latest)
        ordered = tuple(sorted(images, key=lambda image: image.name))
        version = Version(latest + 1, timestamp(), change, ordered)
        folder = self._version_folder(dataset.id, version.number)
        partial = folder.with_name(f".{uuid4().hex}")
        try:
            atomic.write_text(partial / _MANIFEST, json.dumps(asdict(version), ensure_ascii=False))
            # Renaming onto a folder with content fails, so two writers cannot get one number.
            atomic.rename(partial, folder)
        except OSError as error:
            shutil.rmtree(partial, ignore_errors=True)
            if folder.exists():
                raise _changed(latest, version.number) from error
            raise storage_error(error) from error
        return replace(dataset, latest=version.number)

    def restore(self, dataset: Dataset, number: int) -> Dataset:
        """Undo: commit the images of an older version as the newest. Raises `NotFound`."""
        images = self.version(dataset, number).images
        return self.commit(dataset, images, f"Restored version {number}", dataset.latest)

    def version(self, dataset: Dataset, number: int | None = None) -> Version:
        """A version; the newest without a number. Raises `NotFound`."""
        wanted = dataset.latest if number is None else number
        path = self._version_folder(dataset.id, wanted) / _MANIFEST
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            images = tuple(StoredImage(**image) for image in data.pop("images"))
            return Version(**data, images=images)
        except FileNotFoundError:
            raise NotFound(
                f"The dataset {dataset.name!r} has no version {wanted}.",
                field="version",
                fix=f"Give a number from 1 to {dataset.latest}.",
            ) from None
        except (OSError, ValueError, TypeError) as error:
            raise StorageUnavailable(
                f"Version {wanted} of the dataset {dataset.name!r} cannot be read.",
                fix="Restore an older version.",
            ) from error

    def versions(self, dataset: Dataset) -> list[Version]:
        """All versions, the newest first."""
        return [self.version(dataset, number) for number in range(dataset.latest, 0, -1)]

    def entries(self, version: Version) -> list[Entry]:
        """The images of a version as the rules take them."""
        return [self._entry(image) for image in version.images]

    def folder(self, dataset: Dataset, number: int | None, limits: DatasetLimits) -> Folder:
        """A version as a trainer reads it. Raises `InvalidDataset` where a rule refuses one."""
        return folder_of(
            self._root / dataset.id, self.entries(self.version(dataset, number)), limits
        )

    def export(self, version: Version, target: Path) -> None:
        """Write the images of a version with their captions and masks to an empty folder."""
        if target.exists() and any(target.iterdir()):
            raise InvalidInput(
                f"The folder {str(target)!r} is not empty.", field="output", fix="Choose another."
            )
        try:
            for image in version.images:
                file = target / image.name
                file.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(self._path(image.key), file)
                if image.caption is not None:
                    file.with_suffix(".txt").write_text(image.caption + "\n", encoding="utf-8")
                if image.mask is not None:
                    shutil.copyfile(self._path(image.mask), file.with_name(f"{file.stem}_mask.png"))
                if image.control is not None:
                    beside = file.with_name(f"{file.stem}{CONTROL_SUFFIX}{file.suffix}")
                    shutil.copyfile(self._path(image.control), beside)
        except OSError as error:
            raise storage_error(error) from error

    def _entry(self, image: StoredImage) -> Entry:
        return Entry(
            image.name,
            self._path(image.key),
            image.size,
            image.key if image.width else "",
            image.width,
            image.height,
            image.caption,
            mask_path=self._path(image.mask) if image.mask else None,
            control_path=self._path(image.control) if image.control else None,
            turned=image.turned,
            problem=image.problem,
        )

    def _path(self, key: str) -> Path:
        path = self.blobs.local_path(key)
        if path is None:
            raise StorageUnavailable("The files of datasets are not on this machine.")
        return path

    def _check_name(self, name: str, but: str | None = None) -> None:
        shown = name.strip()
        if not shown or len(shown) > MAX_NAME or not shown.isprintable():
            raise InvalidInput(
                f"{name[:MAX_NAME]!r} is no name of a dataset.",
                field="name",
                fix=f"Give 1 to {MAX_NAME} printable characters.",
            )
        taken = [other for other in self.all() if other.name.casefold() == shown.casefold()]
        if any(other.id != but for other in taken):
            raise Conflict(f"A dataset {shown!r} exists.", field="name", fix="Choose another name.")

    def _read(self, dataset_id: str) -> Dataset:
        try:
            record = json.loads((self._root / dataset_id / _RECORD).read_text(encoding="utf-8"))
            return Dataset(**record, latest=self._latest(dataset_id))
        except (OSError, ValueError, TypeError) as error:
            raise StorageUnavailable(
                f"The record of the dataset {dataset_id} cannot be read.",
                fix="Remove its folder from `datasets` in the data folder.",
            ) from error

    def _write(self, dataset: Dataset) -> None:
        record = asdict(dataset)
        del record["latest"]
        try:
            text = json.dumps(record, ensure_ascii=False, indent=1)
            atomic.write_text(self._root / dataset.id / _RECORD, text)
        except OSError as error:
            raise storage_error(error) from error

    def _version_folder(self, dataset_id: str, number: int) -> Path:
        return self._root / dataset_id / _VERSIONS / f"{number:06d}"

    def _latest(self, dataset_id: str) -> int:
        folders = (self._root / dataset_id / _VERSIONS).glob("[0-9]*")
        return max((int(path.name) for path in folders if path.name.isdigit()), default=0)

    def _ids(self) -> Iterator[str]:
        for record in self._root.glob(f"*/{_RECORD}"):
            yield record.parent.name

    def _keys(self, dataset_id: str) -> set[str]:
        dataset = self._read(dataset_id)
        images = [image for version in self.versions(dataset) for image in version.images]
        files = [(image.key, image.mask, image.control) for image in images]
        return {key for keys in files for key in keys if key is not None}


def _changed(after: int, latest: int) -> Conflict:
    return Conflict(
        f"The dataset changed: its newest version is {latest}, not {after}.",
        fix="Read the newest version, then repeat the change.",
    )


def _is_id(name: str) -> bool:
    return len(name) == 26 and name.isalnum()
