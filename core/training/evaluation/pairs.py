"""Rows whose prompt is the caption of an image: of trained images and of held-out ones.

A checkpoint that copies meets the trained images much closer than those that it has never seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from core.configuration.declaration import SEED_MAX
from core.training.captions import with_trigger
from core.training.datasets.folder import Item
from core.training.evaluation.report import Row
from core.training.evaluation.suites import HELD_OUT, TRAINED

CAPTIONS = 4  # of each category


@dataclass(frozen=True, slots=True)
class Pairs:
    """Images with captions, in the order of a dataset. Both are empty where nothing is held out."""

    trained: Sequence[Item] = ()
    held: Sequence[Item] = ()
    trigger: str = ""

    @classmethod
    def of(cls, trained: Sequence[Item], held: Sequence[Item], trigger: str = "") -> Pairs:
        """Some of both with captions. The result of an edit is not drawn from its caption alone."""
        known, unseen = _captioned(trained), _captioned(held)
        return cls(known, unseen, trigger) if known and unseen else cls()

    def rows(self, seeds: int, first: int, group: int) -> Iterator[Row]:
        """As many images of each category as `CAPTIONS` have; `group` is that of the first."""
        for category, items in ((TRAINED, self.trained), (HELD_OUT, self.held)):
            count = -(-CAPTIONS * seeds // max(1, len(items)))
            for item in items:
                prompt = with_trigger(item.caption or "", self.trigger)
                for number in range(count):
                    seed = (first + number) % (SEED_MAX + 1)
                    yield Row(prompt, "", category, True, seed, group, item.sha256)
                group += 1

    def items(self) -> Mapping[str, Item]:
        """The items by their SHA-256."""
        return {item.sha256: item for item in (*self.trained, *self.held)}


def _captioned(items: Sequence[Item]) -> list[Item]:
    """Up to `CAPTIONS` items with captions, at equal distances, without results of edits."""
    items = [item for item in items if item.caption and item.control_path is None]
    count = min(CAPTIONS, len(items))
    return [items[place * len(items) // count] for place in range(count)]
