"""Content-addressed blobs: the key is the SHA-256 of the bytes, so a blob never changes.

`BlobStore` is the port, `make_blob_store` chooses the implementation, `LocalBlobs` keeps files in
256 subfolders of one folder. Worker processes use it too: it imports neither the database nor
Pillow.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from core.errors import NotFound, StorageFull
from core.store import atomic
from core.store.faults import existing_folder, storage_error

CHUNK = 1 << 20
RESERVE_BYTES = 64 << 20  # left free for the database, which must go on when images cannot
_KEY = re.compile(r"[0-9a-f]{64}")
_INCOMING = ".incoming"


@dataclass(frozen=True, slots=True)
class Blob:
    """The key and the size in bytes of stored content."""

    key: str
    size: int


@dataclass(frozen=True, slots=True)
class Stat:
    """Size in bytes and last `put`, in seconds since 1970, of a stored blob."""

    size: int
    modified: float


class BlobStore(Protocol):
    """Bytes by key.

    Every method raises `StorageFull` or `StorageUnavailable` where the store fails; every method
    that takes a key raises `NotFound` for a malformed one.
    """

    def put(self, data: bytes) -> Blob:
        """Store `data`; return once it survives a power loss.

        Content that is stored already only gets a new `Stat.modified`.
        """
        ...

    def put_file(self, path: Path) -> Blob:
        """Store a copy of a file of any size; otherwise as `put`."""
        ...

    def open(self, key: str) -> BinaryIO:
        """Open a blob for reading. Raises `NotFound`."""
        ...

    def stat(self, key: str) -> Stat | None:
        """Return size and time; None for a blob that is not stored."""
        ...

    def local_path(self, key: str) -> Path | None:
        """Return the blob's file, which need not exist; None for a store without local files."""
        ...

    def delete(self, key: str) -> None:
        """Remove a blob; a missing one is no error."""
        ...

    def keys(self) -> Iterator[str]:
        """Iterate over all keys, in no order."""
        ...

    def remove_partial(self, older_than_seconds: float) -> int:
        """Remove unfinished writes of dead processes; return their number."""
        ...

    def check_disk_space(self, needed: int) -> None:
        """Raise `StorageFull` unless `needed` more bytes fit."""
        ...


def make_blob_store(data_dir: Path) -> BlobStore:
    """Build the store of a studio; the server and its workers use the same one."""
    return LocalBlobs(data_dir / "assets")


def key_of(data: bytes) -> str:
    """Compute the key of `data`."""
    return hashlib.sha256(data).hexdigest()


def blob_of(path: Path) -> Blob:
    """The blob that the content of a file makes."""
    with path.open("rb") as file:
        return Blob(hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size)


def check_key(key: str) -> None:
    """Raise `NotFound` unless `key` has the form of a key."""
    if not _KEY.fullmatch(key):
        raise NotFound(f"There is no file with the key {key[:64]!r}.")


class LocalBlobs:
    """A `BlobStore` of files in one folder, which the first write creates."""

    def __init__(self, root: Path, reserve_bytes: int = RESERVE_BYTES) -> None:
        self._root = root
        self._reserve = reserve_bytes

    def put(self, data: bytes) -> Blob:
        """See `BlobStore`."""
        key = key_of(data)
        if not self._keep(key, len(data)):
            with self._incoming(len(data)) as partial:
                partial.write_bytes(data)
                atomic.move(partial, self.local_path(key))
        return Blob(key, len(data))

    def put_file(self, path: Path) -> Blob:
        """See `BlobStore`."""
        digest, size = hashlib.sha256(), 0
        with path.open("rb") as source, self._incoming(path.stat().st_size) as partial:
            with partial.open("wb") as file:
                while chunk := source.read(CHUNK):
                    digest.update(chunk)
                    file.write(chunk)
                    size += len(chunk)
            key = digest.hexdigest()
            if not self._keep(key, size):
                atomic.move(partial, self.local_path(key))
        return Blob(key, size)

    def open(self, key: str) -> BinaryIO:
        """See `BlobStore`."""
        try:
            return self.local_path(key).open("rb")
        except FileNotFoundError:
            raise NotFound("The file of this asset is gone.") from None
        except OSError as error:
            raise storage_error(error) from error

    def stat(self, key: str) -> Stat | None:
        """See `BlobStore`."""
        try:
            status = self.local_path(key).stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise storage_error(error) from error
        return Stat(status.st_size, status.st_mtime)

    def delete(self, key: str) -> None:
        """See `BlobStore`."""
        try:
            self.local_path(key).unlink(missing_ok=True)
        except OSError as error:
            raise storage_error(error) from error

    def local_path(self, key: str) -> Path:
        """See `BlobStore`; a key becomes a path only here."""
        check_key(key)
        return self._root / key[:2] / key

    def keys(self) -> Iterator[str]:
        """See `BlobStore`."""
        for path in self._root.glob("??/*"):
            if _KEY.fullmatch(path.name):
                yield path.name

    def remove_partial(self, older_than_seconds: float) -> int:
        """See `BlobStore`."""
        limit, removed = time.time() - older_than_seconds, 0
        for path in (self._root / _INCOMING).glob("*"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime <= limit:
                    path.unlink()
                    removed += 1
        return removed

    def check_disk_space(self, needed: int) -> None:
        """See `BlobStore`; a reserve must stay free beside `needed`."""
        try:
            free = shutil.disk_usage(existing_folder(self._root)).free
        except OSError as error:
            raise storage_error(error) from error
        if free < needed + self._reserve:
            raise StorageFull(
                f"{needed} bytes are needed and {self._reserve} must stay free; {free} are free."
            )

    def _keep(self, key: str, size: int) -> bool:
        """Renew the time of a whole file, so that a sweep spares it; False where there is none."""
        path = self.local_path(key)
        try:
            if path.stat().st_size != size:
                return False
            os.utime(path)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise storage_error(error) from error
        return True

    @contextmanager
    def _incoming(self, size: int) -> Iterator[Path]:
        """A temporary file beside the stored ones; checks the disk for `size` bytes first."""
        self.check_disk_space(size)
        try:
            with atomic.temporary(self._root / _INCOMING) as partial:
                yield partial
        except OSError as error:
            raise storage_error(error, size) from error
