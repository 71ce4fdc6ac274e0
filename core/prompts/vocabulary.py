"""Words for prompts, by category: shipped ones and the user's own.

The shipped words are in `presets/vocabulary.yaml`, the user's own in a small JSON file in the data
directory: category → words.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

from pydantic import TypeAdapter, ValidationError

from core.errors import Conflict, InvalidInput, NotFound, StorageUnavailable, StudioError
from core.prompts import preset_file
from core.prompts.dynamic import Lines
from core.prompts.known_words import KnownWords
from core.store import atomic
from core.store.faults import storage_error

WORD_MAX = 200
OWN_MAX = 2_000
FILE_MAX = 4 << 20  # bytes
_OWN = TypeAdapter(dict[str, list[str]])


@dataclass(frozen=True, slots=True)
class Category:
    """A category: `words` ship or are those of a model, `own` were added by the user.

    `unknown` are those of both that the model cannot draw.
    """

    id: str
    label: str
    words: tuple[str, ...]
    own: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    of_model: bool = False


class Vocabulary:
    """Words by category. Its methods may be called from any thread."""

    def __init__(self, presets_dir: Path, own: Path) -> None:
        """`own` is the file of the user's words; it need not exist."""
        self._shipped = presets_dir / "vocabulary.yaml"
        self._own = own
        self._lock = Lock()

    def categories(self) -> Sequence[Category]:
        """List all categories with their words. Raises `StorageUnavailable` for a damaged file."""
        own = self._read_own()
        return [
            replace(category, own=tuple(own.get(category.id, ()))) for category in self._categories
        ]

    def categories_for(
        self, groups: Mapping[str, Sequence[str]], known: KnownWords, lines: Lines
    ) -> Sequence[Category]:
        """List the `groups` of a model's words, then all categories with unknown words marked."""
        first = [
            Category(f"model/{name}", _label(name), tuple(words), of_model=True)
            for name, words in groups.items()
        ]
        marked = [
            replace(category, unknown=_unknown((*category.words, *category.own), known, lines))
            for category in self.categories()
        ]
        return [*first, *marked]

    def add(self, category: str, word: str) -> None:
        """Add a word. An existing one changes nothing."""
        word = " ".join(word.split())
        shipped = self._find(category).words
        if not word or len(word) > WORD_MAX or not word.isprintable():
            raise InvalidInput(f"A word has 1 to {WORD_MAX} printable characters.", field="word")
        with self._lock:
            own = self._read_own()
            known = own.setdefault(category, [])
            if word in known or word in shipped:
                return
            if sum(map(len, own.values())) >= OWN_MAX:
                raise Conflict(f"There are {OWN_MAX} words already.", fix="Remove one first.")
            known.append(word)
            self._write_own(own)

    def remove(self, category: str, word: str) -> None:
        """Remove a word that was added. Raises `NotFound`, for a shipped word too."""
        self._find(category)
        with self._lock:
            own = self._read_own()
            if word not in own.get(category, ()):
                raise NotFound(f"{word[:80]!r} is not among your words.")
            own[category].remove(word)
            self._write_own(own)

    @cached_property
    def _categories(self) -> Sequence[Category]:
        try:
            content: Mapping[str, Any] = preset_file.read(self._shipped)
            return [
                Category(str(entry["id"]), str(entry["label"]), tuple(map(str, entry["words"])))
                for entry in content["categories"]
            ]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StudioError(f"{self._shipped.name} cannot be read: {error}.") from error

    def _find(self, name: str) -> Category:
        by_id = {category.id: category for category in self._categories}
        if name not in by_id:
            raise InvalidInput(
                f"There is no category {name[:60]!r}.",
                field="category",
                fix=f"Choose one of: {', '.join(by_id)}.",
            )
        return by_id[name]

    def _read_own(self) -> dict[str, list[str]]:
        try:
            if not self._own.exists():
                return {}
            if self._own.stat().st_size > FILE_MAX:
                raise ValueError("it is too large")
            return _OWN.validate_json(self._own.read_bytes())
        except (OSError, ValueError) as error:
            damaged = isinstance(error, ValidationError)
            cause = "the file holds no lists of words by category" if damaged else error
            raise StorageUnavailable(
                f"Your words cannot be read: {cause}.", fix=f"Repair or remove {self._own}."
            ) from error

    def _write_own(self, own: Mapping[str, Sequence[str]]) -> None:
        try:
            atomic.write_text(self._own, json.dumps(own, indent=1, ensure_ascii=False))
        except OSError as error:
            raise storage_error(error) from error


def _label(group: str) -> str:
    return group.replace("_", " ").capitalize()


def _unknown(words: Sequence[str], known: KnownWords, lines: Lines) -> tuple[str, ...]:
    return tuple(word for word in words if not known.covers(word, lines))
