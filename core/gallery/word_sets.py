"""Sets of assets by words, kept from one query to the next.

A set stays while assets come and change: only these are looked up again. It is dropped when
positions move, and after many changes.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from sqlalchemy import Connection

from core.gallery.bits import Bits
from core.gallery.index import GalleryIndex
from core.gallery.text_query import Term, TextQuery, matching

REMEMBERED = 128
"""Sets that are kept; one of 100,000 assets takes 12 KiB."""
Words = tuple[tuple[Term, ...], bool]
"""Terms, and True for assets with every one of them, False for those with any."""


@dataclass(slots=True)
class _WordSet:
    """The assets with some words. `seen`: the changes of the index that it contains."""

    bits: Bits
    generation: int
    seen: int


@dataclass(slots=True)
class WordSets:
    """The assets of one index by their words. Not safe for threads."""

    index: GalleryIndex
    _sets: OrderedDict[Words, _WordSet] = field(default_factory=OrderedDict)

    def of_query(self, connection: Connection, query: TextQuery) -> Bits:
        """The assets that have the words of a query.

        Words that were looked up alone are intersected here; the others are looked up together.
        """
        bits = self.index.everything
        known = [term for term in query.needed if ((term,), True) in self._sets]
        unknown = tuple(term for term in query.needed if term not in known)
        for terms in (*((term,) for term in known), unknown):
            if terms:
                bits &= self._with(connection, (terms, True))
        if query.excluded:
            bits &= ~self._with(connection, (query.excluded, False))
        return bits

    def _with(self, connection: Connection, words: Words) -> Bits:
        index, word_set = self.index, self._sets.pop(words, None)
        changes = index.changed
        if word_set is None or word_set.generation != index.generation:
            word_set = _WordSet(_look_up(connection, index, words), index.generation, len(changes))
        elif numbers := set(changes[word_set.seen :]):
            rest = word_set.bits & ~index.numbered(numbers)
            word_set.bits = rest | _look_up(connection, index, words, numbers)
            word_set.seen = len(changes)
        self._sets[words] = word_set
        if len(self._sets) > REMEMBERED:
            self._sets.popitem(last=False)
        return word_set.bits


def _look_up(
    connection: Connection, index: GalleryIndex, words: Words, numbers: set[int] | None = None
) -> Bits:
    terms, every = words
    return index.numbered(matching(connection, terms, every=every, numbers=numbers))
