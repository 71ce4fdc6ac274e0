"""Image files for an import: files, folders and zips, opened one after the other."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from core.errors import BadUpload, InvalidInput, TooLarge

ENDINGS = frozenset((".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp"))
MAX_FILES = 100_000
MAX_ENTRIES = 20_000


@dataclass(frozen=True, slots=True)
class Source:
    """One image file: its label, its date where one is known, and the way to open it."""

    name: str
    date: datetime | None
    open: Callable[[], BinaryIO]


def in_folder(folder: Path) -> list[Source]:
    """The images below a folder, by path; links are not followed. Raises `InvalidInput`."""
    if not folder.is_dir():
        raise InvalidInput(f"{str(folder)!r} is no folder.", field="folder")
    sources = []
    for root, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(root, name)
            if path.suffix.lower() in ENDINGS and path.is_file() and not path.is_symlink():
                moment = datetime.fromtimestamp(path.stat().st_mtime, UTC)
                sources.append(Source(name, moment, partial(_open, path)))
                if len(sources) > MAX_FILES:
                    raise InvalidInput(
                        f"The folder has more than {MAX_FILES} images.",
                        field="folder",
                        fix="Import its folders one by one.",
                    )
    return sources


def expanded(sources: Iterable[Source], max_bytes: int) -> Iterator[Source]:
    """The sources with the images in zips in place of the zips."""
    for source in sources:
        if source.name.lower().endswith(".zip"):
            yield from _entries(source, max_bytes)
        else:
            yield source


def _entries(source: Source, max_bytes: int) -> Iterator[Source]:
    """The images in a zip; one that cannot be read is a source that fails."""
    try:
        with source.open() as file:
            archive = zipfile.ZipFile(BytesIO(file.read()))
        entries = [entry for entry in archive.infolist() if _is_image(entry)]
    except (zipfile.BadZipFile, OSError, ValueError):
        yield Source(source.name, None, partial(_refuse, "The file is no zip that can be read."))
        return
    if len(entries) > MAX_ENTRIES:
        yield Source(
            source.name, None, partial(_refuse, f"The zip has more than {MAX_ENTRIES} images.")
        )
        return
    for entry in entries:
        read = partial(_read, archive, entry, max_bytes)
        yield Source(entry.filename, _date(entry), read)


def _open(path: Path) -> BinaryIO:
    return path.open("rb")


def _is_image(entry: zipfile.ZipInfo) -> bool:
    hidden = entry.filename.rpartition("/")[2].startswith(".") or "__MACOSX/" in entry.filename
    return not entry.is_dir() and not hidden and Path(entry.filename).suffix.lower() in ENDINGS


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, max_bytes: int) -> BinaryIO:
    """The unpacked entry, read no further than the limit. Raises `TooLarge`, `BadUpload`."""
    try:
        with archive.open(entry) as file:
            data = file.read(max_bytes + 1)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError) as error:
        raise BadUpload(f"The entry of the zip cannot be read: {error}.") from error
    if len(data) > max_bytes:
        raise TooLarge(f"The image is larger than {max_bytes} bytes.")
    return BytesIO(data)


def _refuse(sentence: str) -> BinaryIO:
    raise BadUpload(sentence, fix="Pack the images anew.")


def _date(entry: zipfile.ZipInfo) -> datetime | None:
    """The local time of an entry; zips know no zone."""
    try:
        moment = datetime(*entry.date_time).astimezone()
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment.year > 1980 else None
