"""The order of training rows, as a function of seed and batch number: nothing to store or lose."""

from __future__ import annotations

import random
from collections.abc import Hashable, Sequence
from functools import lru_cache


class BatchOrder:
    """Batches of rows of equal size; every row comes at least once per epoch.

    A size with fewer rows than a batch repeats them, so none is ever left out.
    """

    def __init__(self, sizes: Sequence[Hashable], batch: int, seed: int) -> None:
        """`sizes` are those of the rows. Raises `ValueError` without a row."""
        if not sizes or batch < 1:
            raise ValueError("there is nothing to train on")
        self._groups: dict[Hashable, list[int]] = {}
        for row, size in enumerate(sizes):
            self._groups.setdefault(size, []).append(row)
        self._batch = batch
        self._seed = seed
        self.per_epoch = sum(-(-len(rows) // batch) for rows in self._groups.values())
        self._epoch = lru_cache(maxsize=2)(self._shuffled)

    def batch(self, number: int) -> list[int]:
        """The rows of a batch, counted from 0 over all epochs."""
        return self._epoch(number // self.per_epoch)[number % self.per_epoch]

    def _shuffled(self, epoch: int) -> list[list[int]]:
        rng = random.Random(f"{self._seed} order {epoch}")
        batches = []
        for rows in self._groups.values():
            mixed = rng.sample(rows, len(rows))
            while len(mixed) % self._batch:
                mixed += rng.sample(rows, min(len(rows), self._batch - len(mixed) % self._batch))
            batches += [mixed[i : i + self._batch] for i in range(0, len(mixed), self._batch)]
        rng.shuffle(batches)
        return batches
