"""Fingerprints of any file or folder, whatever is in it: auxiliary models have many forms."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

MEGABYTE = 1 << 20
FILES_MAX = 1_000


def content_of(path: Path) -> str:
    """SHA-256 over size, first and last megabyte of a file, or of each file of a folder with its
    place in it; hex. Read again only after a file changed. Raises `OSError`."""
    if path.is_file():
        return _file(path)
    digest = hashlib.sha256()
    files = (file for file in sorted(path.rglob("*")) if file.is_file())
    for _, file in zip(range(FILES_MAX), files, strict=False):
        digest.update(f"{file.relative_to(path).as_posix()}\0{_file(file)}\0".encode())
    return digest.hexdigest()


def text_content(text: str) -> str:
    """SHA-256 of a text; hex."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _file(path: Path) -> str:
    stat = path.stat()
    return _read(path, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)


@lru_cache(maxsize=4_096)
def _read(path: Path, size: int, *_marks: int) -> str:
    """`_marks` change with the file, so that the kept answer is not taken for a newer one."""
    digest = hashlib.sha256(f"{size}\0".encode())
    with path.open("rb") as stream:
        digest.update(stream.read(MEGABYTE))
        stream.seek(max(0, size - MEGABYTE))
        digest.update(stream.read(MEGABYTE))
    return digest.hexdigest()
