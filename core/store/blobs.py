"""Files by content: a key is the SHA-256 of the bytes, a file never changes once it has its name.

`BlobStore` is the port; `LocalBlobs` keeps the files in a folder, in one of 256 subfolders. Used
by the worker's children too, so it imports neither the database nor Pillow. Knows nothing of what
the bytes mean.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from core.errors import NotFound, StorageFull
from core.store import atomic
from core.store.faults import plain_os_error

CHUNK = 1 << 20
RESERVE_BYTES = 64 << 20  # left free for the database, which must go on when pictures cannot
_KEY = re.compile(r"[0-9a-f]{64}")
_INCOMING = ".incoming"


@dataclass(frozen=True, slots=True)
class Blob:
    """What was stored: its key and its size in bytes."""

    key: str
    size: int


@dataclass(frozen=True, slots=True)
class Stat:
    """A stored file: size in bytes, last use as seconds since 1970."""

    size: int
    modified: float


class BlobStore(Protocol):
    """Bytes by key. `put` and `put_file` return only when the bytes would survive a power loss.

    All raise `StorageFull` or `StorageUnavailable`; a key that is none raises `NotFound`.
    """

    def put(self, data: bytes) -> Blob: ...

    def put_file(self, path: Path) -> Blob: ...

    def open(self, key: str) -> BinaryIO: ...

    def stat(self, key: str) -> Stat | None: ...

    def delete(self, key: str) -> None: ...

    def path(self, key: str) -> Path: ...

    def url(self, key: str) -> str | None: ...

    def keys(self) -> Iterator[str]: ...


def key_of(data: bytes) -> str:
    """The key that these bytes are stored under."""
    return hashlib.sha256(data).hexdigest()


class LocalBlobs:
    """A `BlobStore` in one folder, which is made when first written to."""

    def __init__(self, root: Path, reserve_bytes: int = RESERVE_BYTES) -> None:
        self._root = root
        self._reserve = reserve_bytes

    def put(self, data: bytes) -> Blob:
        """Store `data`. Storing what is there already costs one look."""
        key = key_of(data)
        if not self._keep(key, len(data)):
            with self._incoming(len(data)) as partial:
                partial.write_bytes(data)
                atomic.move(partial, self.path(key))
        return Blob(key, len(data))

    def put_file(self, path: Path) -> Blob:
        """Store a copy of the file at `path`."""
        digest, size = hashlib.sha256(), 0
        with path.open("rb") as source, self._incoming(path.stat().st_size) as partial:
            with partial.open("wb") as file:
                while chunk := source.read(CHUNK):
                    digest.update(chunk)
                    file.write(chunk)
                    size += len(chunk)
            key = digest.hexdigest()
            if not self._keep(key, size):
                atomic.move(partial, self.path(key))
        return Blob(key, size)

    def open(self, key: str) -> BinaryIO:
        """The bytes, for reading. Raises `NotFound`."""
        try:
            return self.path(key).open("rb")
        except FileNotFoundError:
            raise NotFound("The file of this asset is gone.") from None
        except OSError as error:
            raise plain_os_error(error) from error

    def stat(self, key: str) -> Stat | None:
        """Size and last use, or None where there is no such file."""
        try:
            found = self.path(key).stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise plain_os_error(error) from error
        return Stat(found.st_size, found.st_mtime)

    def delete(self, key: str) -> None:
        """Remove the file; no error where it is gone."""
        try:
            self.path(key).unlink(missing_ok=True)
        except OSError as error:
            raise plain_os_error(error) from error

    def path(self, key: str) -> Path:
        """Where the file is or would be: the one place where a key becomes a path."""
        if not _KEY.fullmatch(key):
            raise NotFound("There is no file with this key.")
        return self._root / key[:2] / key

    def url(self, key: str) -> str | None:
        """An address that clients can fetch themselves: none here, the server sends the file."""
        return None

    def keys(self) -> Iterator[str]:
        """All keys, in no order."""
        for path in self._root.glob("??/*"):
            if _KEY.fullmatch(path.name):
                yield path.name

    def remove_partial(self, older_than_seconds: float) -> int:
        """Remove what writers that died left behind; the number of files."""
        limit, removed = time.time() - older_than_seconds, 0
        for path in (self._root / _INCOMING).glob("*"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime <= limit:
                    path.unlink()
                    removed += 1
        return removed

    def check_disk_space(self, needed: int) -> None:
        """Raise `StorageFull` where `needed` bytes would not leave the reserve free."""
        folder = self._root
        while not folder.exists() and folder != folder.parent:
            folder = folder.parent
        try:
            free = shutil.disk_usage(folder).free
        except OSError as error:
            raise plain_os_error(error) from error
        if free < needed + self._reserve:
            raise StorageFull(
                f"{needed} bytes are needed and {self._reserve} must stay free; {free} are free."
            )

    def _keep(self, key: str, size: int) -> bool:
        """Whether the file is there and whole. Its time is renewed, so that a sweep spares it."""
        path = self.path(key)
        try:
            if path.stat().st_size != size:
                return False
            os.utime(path)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise plain_os_error(error) from error
        return True

    @contextmanager
    def _incoming(self, size: int) -> Iterator[Path]:
        """A temporary file beside the stored ones; checks the disk for `size` bytes first."""
        self.check_disk_space(size)
        try:
            with atomic.temporary(self._root / _INCOMING) as partial:
                yield partial
        except OSError as error:
            raise plain_os_error(error, size) from error


def writable(folder: Path) -> None:
    """Raise `StorageUnavailable` or `StorageFull` where nothing can be written into `folder`."""
    probe = folder / f".probe-{secrets.token_hex(8)}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"x")
    except OSError as error:
        raise plain_os_error(error, 1) from error
    finally:
        with suppress(OSError):
            probe.unlink(missing_ok=True)
