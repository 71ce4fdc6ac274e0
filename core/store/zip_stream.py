"""Zips that are made while they are sent, and cells of tables in them."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from itertools import count
from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class ZipStream:
    """A zip that grows at its end only. `take` returns the bytes since the last call."""

    def __init__(self) -> None:
        self._out = _Tail()
        self._zip = zipfile.ZipFile(self._out, "w", zipfile.ZIP_STORED)
        self._taken: set[str] = set()

    def free_name(self, stem: str, ending: str) -> str:
        """A name that no call returned before, whatever its case: with a number where needed."""
        for number in count(1):
            name = f"{stem}.{ending}" if number == 1 else f"{stem}-{number}.{ending}"
            if name.lower() not in self._taken:
                self._taken.add(name.lower())
                return name
        raise AssertionError("the numbers do not end")

    def add(self, name: str, data: bytes | str, moment: datetime | None = None) -> None:
        """Add a file: images as they are, for they are compressed already; texts are deflated."""
        method = zipfile.ZIP_DEFLATED if isinstance(data, str) else zipfile.ZIP_STORED
        moment = moment or datetime.now().astimezone()
        year = min(max(moment.year, 1980), 2107)
        entry = zipfile.ZipInfo(name, (year, *moment.timetuple()[1:6]))
        entry.external_attr = 0o644 << 16
        self._zip.writestr(entry, data, method)

    def take(self) -> bytes:
        """The bytes since the last call."""
        return self._out.take()

    def finish(self) -> bytes:
        """Add the directory of the zip; return the last bytes."""
        self._zip.close()
        return self._out.take()


def inert_cell(text: str) -> str:
    """The text of a cell that a spreadsheet does not compute."""
    return f"'{text}" if text.startswith(_FORMULA) else text


class _Tail(io.RawIOBase):
    """A file that cannot seek: what is written is taken away."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        """The bytes since the last call."""
        data = b"".join(self._parts)
        self._parts.clear()
        return data
