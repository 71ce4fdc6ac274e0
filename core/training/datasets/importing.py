"""Imports into a dataset: from a folder, a zip, uploaded files or images of the gallery.

Archives are unpacked by rules of their own: regular files only, names below the dataset, limits of
number, size and compression. Links and files that are too large are refused, each with its reason;
damaged images are kept, because `data validate` reports and drops them.
"""

from __future__ import annotations

import re
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import IO
from uuid import uuid4

from core.errors import BadUpload, InvalidDataset, TooLarge
from core.store import atomic
from core.store.blobs import CHUNK
from core.store.faults import storage_error
from core.training.datasets.captions import CAPTION_ENDINGS, clean
from core.training.datasets.entries import CONVERTIBLE, ENDINGS, Entry, inspect, scan
from core.training.datasets.limits import DatasetLimits
from core.training.datasets.versions import Dataset, DatasetStore, StoredImage

MAX_ENTRIES = 60_000
MAX_UNPACKED = 16 << 30
MAX_RATIO = 200
"""Unpacked bytes by packed ones; images hardly compress, and captions are small."""
_TAKEN = (*ENDINGS, *CONVERTIBLE, *CAPTION_ENDINGS)
_MAX_PATH, _MAX_PARTS = 240, 8
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\]')
_LIMITS = DatasetLimits()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file that was not imported, and the reason as a sentence."""

    name: str
    detail: str


@dataclass(frozen=True, slots=True)
class Imported:
    """The outcome of an import: the dataset with its new version."""

    dataset: Dataset
    added: int
    refused: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class GalleryImage:
    """An image of the gallery for a dataset: the id of its asset, its file and its prompt."""

    asset_id: str
    path: Path
    caption: str | None


def import_path(store: DatasetStore, dataset: Dataset, path: Path) -> Imported:
    """Add the images of a folder or a zip. Raises `NotFound`, `InvalidDataset`, `BadUpload`."""
    if path.suffix.lower() == ".zip" and path.is_file():
        with staging(store) as folder:
            unpack(path, folder)
            return import_folder(store, dataset, folder, path.name)
    return import_folder(store, dataset, path, path.name or str(path))


def import_folder(store: DatasetStore, dataset: Dataset, folder: Path, label: str) -> Imported:
    """Add the images of a folder; one of a taken name replaces the former. Raises as `scan`."""
    entries = scan(folder, _LIMITS)
    if not entries:
        raise InvalidDataset(
            f"{label} has no images.",
            field="dataset",
            fix=f"Give a folder or a zip with {', '.join(ENDINGS)} files.",
        )
    return _add(store, dataset, entries, label)


def import_gallery(
    store: DatasetStore, dataset: Dataset, images: Sequence[GalleryImage]
) -> Imported:
    """Add images of the gallery; their prompts become captions, and their ids stay with them."""
    entries = [
        replace(
            inspect(image.path, f"{image.asset_id}.png", _LIMITS),
            caption=clean(image.caption or "") or None,
        )
        for image in images
    ]
    ids = {f"{image.asset_id}.png": image.asset_id for image in images}
    return _add(store, dataset, entries, "the gallery", ids)


@contextmanager
def staging(store: DatasetStore) -> Iterator[Path]:
    """A new folder for files on their way into the store; it is removed afterwards."""
    folder = store.incoming / uuid4().hex
    try:
        atomic.make_folder(folder)
    except OSError as error:
        raise storage_error(error) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def place(folder: Path, name: str, content: IO[bytes], max_bytes: int = _LIMITS.max_bytes) -> int:
    """Write a file of an upload or an archive below `folder`; return its size in bytes.

    Raises `BadUpload` for a name that leads elsewhere or is taken, `TooLarge` over the limit.
    """
    try:
        return _write(folder / safe_name(name), name, content, max_bytes)
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        raise BadUpload(
            f"The name {name[:80]!r} stands for two files.", field="file", fix="Rename one of them."
        ) from None
    except OSError as error:
        raise storage_error(error) from error


def receive(folder: Path, name: str, content: IO[bytes], max_bytes: int) -> None:
    """Write one file of an upload below `folder`; a zip of at most `max_bytes` is unpacked.

    Raises as `place` and `unpack`.
    """
    if not name.lower().endswith(".zip"):
        place(folder, name, content)
        return
    archive = folder.with_name(f"{uuid4().hex}.zip")
    try:
        _write(archive, name, content, max_bytes)
        unpack(archive, folder)
    finally:
        archive.unlink(missing_ok=True)


def _write(target: Path, name: str, content: IO[bytes], max_bytes: int) -> int:
    """Write a new file; return its size. Raises `TooLarge`, `OSError`."""
    atomic.make_folder(target.parent)
    size = 0
    with target.open("xb") as file:
        while chunk := content.read(CHUNK):
            size += len(chunk)
            if size > max_bytes:
                raise TooLarge(
                    f"{name[:80]!r} is larger than {max_bytes >> 20} MB.",
                    field="file",
                    fix="Save it smaller.",
                )
            file.write(chunk)
    return size


def safe_name(name: str) -> PurePosixPath:
    """A relative path that stays below its folder on every system. Raises `BadUpload`."""
    parts = name.split("/")
    wrong = (
        len(name) > _MAX_PATH
        or len(parts) > _MAX_PARTS
        or _FORBIDDEN.search(name)
        or any(
            part in ("", ".", "..") or part != part.strip(" .") or _RESERVED.fullmatch(part)
            for part in parts
        )
    )
    if wrong:
        raise BadUpload(
            f"The name {name[:80]!r} is not accepted.",
            field="file",
            fix="Use a relative path of letters, digits, spaces and hyphens.",
        )
    return PurePosixPath(*parts)


def unpack(archive: Path, folder: Path) -> None:
    """Unpack the images, masks and captions of a zip. Raises `BadUpload`, `TooLarge`."""
    try:
        with zipfile.ZipFile(archive) as opened:
            members = _members(opened, archive.stat().st_size)
            taken: set[str] = set()
            for member in members:
                if member.filename.casefold() in taken:
                    raise _bad_zip(f"two entries are named {member.filename[:80]!r}")
                taken.add(member.filename.casefold())
                with opened.open(member) as content:
                    place(folder, member.filename, content)
    except (
        zipfile.BadZipFile,
        zlib.error,
        RuntimeError,
        NotImplementedError,
        EOFError,
        ValueError,
    ) as error:
        raise _bad_zip("it is damaged or encrypted") from error


def _members(opened: zipfile.ZipFile, packed: int) -> list[zipfile.ZipInfo]:
    """The entries to unpack; every entry is checked before one is written."""
    entries = opened.infolist()
    if len(entries) > MAX_ENTRIES:
        raise TooLarge(
            f"The zip has more than {MAX_ENTRIES} entries.", field="file", fix="Split it."
        )
    members = [entry for entry in entries if not entry.is_dir() and not _hidden(entry.filename)]
    for entry in members:
        safe_name(entry.filename)
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise _bad_zip(f"{entry.filename[:80]!r} is a symbolic link")
    total = sum(entry.file_size for entry in members)
    if total > MAX_UNPACKED or total > MAX_RATIO * packed + CHUNK:
        raise TooLarge(
            f"The zip unpacks to {total >> 20} MB, more than is accepted of its size.",
            field="file",
            fix="Pack only images and captions.",
        )
    return [entry for entry in members if PurePosixPath(entry.filename).suffix.lower() in _TAKEN]


def _hidden(name: str) -> bool:
    last = name.rpartition("/")[2]
    return name.startswith("__MACOSX/") or (last.startswith(".") and not last.startswith(".."))


def _bad_zip(reason: str) -> BadUpload:
    return BadUpload(f"The zip cannot be used: {reason}.", field="file", fix="Pack it anew.")


def _add(
    store: DatasetStore,
    dataset: Dataset,
    entries: Sequence[Entry],
    label: str,
    asset_ids: dict[str, str] | None = None,
) -> Imported:
    refused = [refusal for entry in entries if (refusal := _refusal(entry))]
    names = {refusal.name for refusal in refused}
    images = {
        entry.name: stored_image(store, entry, (asset_ids or {}).get(entry.name))
        for entry in entries
        if entry.name not in names
    }
    if not images:
        raise InvalidDataset(
            f"No image of {label} can be used. {refused[0].name} {refused[0].detail}",
            field="dataset",
            fix="See `main.py data validate` on the folder.",
        )
    former = {image.name: image for image in store.version(dataset).images}
    count = "1 image" if len(images) == 1 else f"{len(images)} images"
    changed = store.commit(
        dataset, list({**former, **images}.values()), f"Added {count} of {label}", dataset.latest
    )
    return Imported(changed, len(images), tuple(refused))


def _refusal(entry: Entry) -> Refusal | None:
    if entry.link:
        return Refusal(entry.name, "is a symbolic link.")
    if entry.size > _LIMITS.max_bytes:
        return Refusal(entry.name, f"is larger than {_LIMITS.max_bytes >> 20} MB.")
    return None


def stored_image(store: DatasetStore, entry: Entry, asset_id: str | None) -> StoredImage:
    """Put the files of an entry into the store; the image as a version holds it."""
    mask = store.blobs.put_file(entry.mask_path).key if entry.mask_path else None
    return StoredImage(
        entry.name,
        store.blobs.put_file(entry.path).key,
        entry.size,
        entry.width,
        entry.height,
        entry.caption,
        mask,
        entry.turned,
        entry.problem,
        asset_id,
        store.blobs.put_file(entry.control_path).key if entry.control_path else None,
    )
