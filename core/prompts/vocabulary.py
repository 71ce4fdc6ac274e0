"""Words to write prompts with, by category: those that ship, and those that a person added.

The shipped ones are in `presets/vocabulary.yaml`; a person's own are one small JSON file in the
data directory, category → words, written whole and moved into place.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

from core.errors import Conflict, InvalidInput, NotFound, StorageUnavailable, StudioError
from core.store import atomic

WORD_MAX = 200
OWN_MAX = 2_000
FILE_MAX = 4 << 20  # bytes


@dataclass(frozen=True, slots=True)
class Category:
    """A shelf of words: `words` ship, `own` were added."""

    id: str
    label: str
    words: tuple[str, ...]
    own: tuple[str, ...] = ()


class Vocabulary:
    """Words by category. Its methods may be called from any thread."""

    def __init__(self, presets_dir: Path, own: Path) -> None:
        """`own` is the file of the person's words; it need not exist."""
        self._shipped = presets_dir / "vocabulary.yaml"
        self._own = own
        self._lock = Lock()

    def categories(self) -> Sequence[Category]:
        """Every category with its words. Raises `StorageUnavailable` for a file that is damaged."""
        own = self._read_own()
        return [
            Category(one.id, one.label, one.words, tuple(own.get(one.id, ())))
            for one in self._categories
        ]

    def add(self, category: str, word: str) -> None:
        """Keep a word. One that is there already changes nothing."""
        word = " ".join(word.split())
        shelf = self._shelf(category)
        if not word or len(word) > WORD_MAX or not word.isprintable():
            raise InvalidInput(f"A word has 1 to {WORD_MAX} letters.", field="word")
        with self._lock:
            own = self._read_own()
            known = own.setdefault(category, [])
            if word in known or word in shelf.words:
                return
            if sum(map(len, own.values())) >= OWN_MAX:
                raise Conflict(f"There are {OWN_MAX} words already.", fix="Remove one first.")
            known.append(word)
            self._write_own(own)

    def remove(self, category: str, word: str) -> None:
        """Forget a word that was added. Raises `NotFound`; what ships stays."""
        self._shelf(category)
        with self._lock:
            own = self._read_own()
            if word not in own.get(category, ()):
                raise NotFound(f"{word[:80]!r} is none of your words.")
            own[category].remove(word)
            self._write_own(own)

    @cached_property
    def _categories(self) -> Sequence[Category]:
        import yaml  # not on the way to the first answer

        try:
            content: Mapping[str, Any] = yaml.safe_load(self._shipped.read_text(encoding="utf-8"))
            return [
                Category(str(one["id"]), str(one["label"]), tuple(map(str, one["words"])))
                for one in content["categories"]
            ]
        except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
            raise StudioError(f"{self._shipped.name} cannot be read: {error}.") from error

    def _shelf(self, category: str) -> Category:
        found = next((one for one in self._categories if one.id == category), None)
        if found is None:
            known = ", ".join(one.id for one in self._categories)
            raise InvalidInput(
                f"There is no category {category[:60]!r}.", field="category", fix=f"Known: {known}."
            )
        return found

    def _read_own(self) -> dict[str, list[str]]:
        try:
            if not self._own.exists():
                return {}
            if self._own.stat().st_size > FILE_MAX:
                raise ValueError("it is too large")
            found = json.loads(self._own.read_bytes())
            return {str(name): [str(word) for word in words] for name, words in found.items()}
        except (OSError, ValueError, RecursionError, AttributeError, TypeError) as error:
            raise StorageUnavailable(
                f"Your words cannot be read: {error}.", fix=f"Mend or remove {self._own}."
            ) from error

    def _write_own(self, own: Mapping[str, Sequence[str]]) -> None:
        try:
            atomic.write_text(self._own, json.dumps(own, indent=1, ensure_ascii=False))
        except OSError as error:
            raise StorageUnavailable(f"Your words cannot be kept: {error.strerror}.") from error
