"""Wildcard lists for `__name__` in prompts: text files, one entry a line, `#` begins a comment.

A list of the user hides a shipped one of the same name. A name is words joined by `-`, `_` or `/`
(folders), so that it never leaves its folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from core.errors import InvalidInput
from core.prompts.dynamic import LIST_NAME

FILE_MAX = 1 << 20  # bytes
LINES_MAX = 20_000
FILES_MAX = 2_000
LISTS_KEPT = 64
NAME_MAX = 200  # characters; file systems end at 255 bytes
_NAME = re.compile(LIST_NAME)


@dataclass(frozen=True, slots=True)
class Wildcards:
    """The lists of some folders; an earlier folder hides a later one's list."""

    folders: tuple[Path, ...]

    def lines(self, name: str) -> Sequence[str]:
        """Read the entries of a list. Raises `InvalidInput` if it is missing, empty or no text."""
        path = next(self._files(name), None)
        if path is None:
            known = ", ".join(self.names()[:40]) or "none"
            raise InvalidInput(
                f"There is no list `__{name[:80]}__`.",
                fix=rf"Lists: {known}. For the characters themselves write \__{name[:80]}__.",
            )
        state = path.stat()
        lines = _entries(path, name, (state.st_mtime_ns, state.st_size, state.st_ino))
        if not lines:
            raise InvalidInput(f"The list `__{name}__` is empty.", fix="Give it a line.")
        return lines

    def names(self) -> list[str]:
        """List the names of all lists, sorted."""
        names: set[str] = set()
        for folder in self.folders:
            for path in folder.rglob("*.txt") if folder.is_dir() else ():
                name = path.relative_to(folder).with_suffix("").as_posix()
                if _NAME.fullmatch(name):
                    names.add(name)
                if len(names) >= FILES_MAX:
                    return sorted(names)
        return sorted(names)

    def _files(self, name: str) -> Iterator[Path]:
        if len(name) > NAME_MAX or not _NAME.fullmatch(name):
            return
        for folder in self.folders:
            path = folder / f"{name}.txt"
            # A link in the folder may lead anywhere; a file outside is no list.
            if path.is_file() and path.resolve().is_relative_to(folder.resolve()):
                yield path


@lru_cache(maxsize=LISTS_KEPT)
def _entries(path: Path, name: str, stamp: tuple[int, int, int]) -> tuple[str, ...]:
    """The lines of a file; `stamp` changes with its content."""
    with path.open("rb") as file:
        data = file.read(FILE_MAX + 1)
    if len(data) > FILE_MAX:
        raise InvalidInput(f"The list `__{name}__` is larger than {FILE_MAX >> 20} MB.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"The list `__{name}__` is no UTF-8 text.") from error
    lines = (line.strip() for line in text.splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))[:LINES_MAX]
