"""A `BlobStore` without files, for tests of code that must not depend on local files."""

import shutil
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from core.errors import NotFound, StorageFull
from core.store.blobs import Blob, Stat, check_key, key_of


class MemoryBlobs:
    """Blobs in a dict, at most `capacity` bytes of them."""

    def __init__(self, capacity: int = 1 << 30) -> None:
        self._blobs: dict[str, tuple[bytes, float]] = {}
        self._capacity = capacity

    def put(self, data: bytes) -> Blob:
        key = key_of(data)
        if key not in self._blobs:
            self.check_disk_space(len(data))
        self._blobs[key] = (data, time.time())
        return Blob(key, len(data))

    def put_file(self, path: Path) -> Blob:
        buffer = BytesIO()
        with path.open("rb") as file:
            shutil.copyfileobj(file, buffer)
        return self.put(buffer.getvalue())

    def open(self, key: str) -> BinaryIO:
        check_key(key)
        if key not in self._blobs:
            raise NotFound("The file of this asset is gone.")
        return BytesIO(self._blobs[key][0])

    def stat(self, key: str) -> Stat | None:
        check_key(key)
        if key not in self._blobs:
            return None
        data, modified = self._blobs[key]
        return Stat(len(data), modified)

    def local_path(self, key: str) -> Path | None:
        check_key(key)
        return None

    def delete(self, key: str) -> None:
        check_key(key)
        self._blobs.pop(key, None)

    def keys(self) -> Iterator[str]:
        yield from list(self._blobs)

    def remove_partial(self, older_than_seconds: float) -> int:
        return 0

    def check_disk_space(self, needed: int) -> None:
        used = sum(len(data) for data, _ in self._blobs.values())
        if used + needed > self._capacity:
            raise StorageFull(f"{needed} bytes are needed; {self._capacity - used} are free.")
