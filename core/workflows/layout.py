"""Columns and rows of a whole workflow by its wires: every wire leads to the right.

The same layout as *Tidy* on the page (web/document/layout.js), which works without a server; a test
compares both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import ceil, floor, sqrt

LEAST_ROWS = 4
"""Rows that a column takes before it is split."""
ROWS_SHARE = 0.62
"""Rows of a column by the root of all bricks: a wall twice as wide as high."""
SWEEPS = 4
"""Passes that bring connected bricks to one height."""

Layers = list[list[str]]


def places(bricks: Sequence[str], wires: Iterable[tuple[str, str]]) -> dict[str, tuple[int, int]]:
    """The column and the row of each brick.

    `bricks` are IDs, `wires` pairs of them, from and to. Bricks without wires between them are laid
    out apart, the largest part first, beside each other in bands, so that columns stay low.
    """
    graph = _Graph(bricks, wires)
    most = max(LEAST_ROWS, floor(ROWS_SHARE * sqrt(len(bricks)) + 0.5))
    placed: dict[str, tuple[int, int]] = {}
    band: list[int] = []
    first = 0
    for part in sorted(graph.parts(), key=len, reverse=True):
        layers = list(_chunked(graph.ordered(graph.layers(part)), most))
        heights = [*band, *[0] * max(0, len(layers) - len(band))]
        if band and any(heights[at] + len(layer) > most for at, layer in enumerate(layers)):
            first += len(band)
            heights = [0] * len(layers)
        row = max((heights[at] for at in range(len(layers))), default=0)
        for at, layer in enumerate(layers):
            for below, brick in enumerate(layer):
                placed[brick] = (first + at, row + below)
            heights[at] = row + len(layer)
        band = heights
    return _without_gaps(placed)


def _without_gaps(placed: Mapping[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    """The places with the rows of each column numbered from 0."""
    rows: dict[int, int] = {}
    packed: dict[str, tuple[int, int]] = {}
    for brick, (column, _) in sorted(placed.items(), key=lambda item: item[1]):
        packed[brick] = (column, rows.get(column, 0))
        rows[column] = rows.get(column, 0) + 1
    return packed


class _Graph:
    """Bricks with those before and after them."""

    def __init__(self, bricks: Sequence[str], wires: Iterable[tuple[str, str]]) -> None:
        self.bricks = bricks
        before: dict[str, dict[str, None]] = {brick: {} for brick in bricks}
        after: dict[str, dict[str, None]] = {brick: {} for brick in bricks}
        for source, target in wires:
            before[target][source] = None
            after[source][target] = None
        self.sources: Mapping[str, list[str]] = {key: list(value) for key, value in before.items()}
        self.targets: Mapping[str, list[str]] = {key: list(value) for key, value in after.items()}

    def parts(self) -> Iterator[list[str]]:
        """Bricks that wires connect, directly or not, in the order of the workflow."""
        seen: set[str] = set()
        for brick in self.bricks:
            if brick in seen:
                continue
            part, waiting = {brick}, [brick]
            while waiting:
                member = waiting.pop()
                others = {*self.sources[member], *self.targets[member]} - part
                part |= others
                waiting += others
            seen |= part
            yield [member for member in self.bricks if member in part]

    def layers(self, part: Sequence[str]) -> Layers:
        """Bricks by the longest way from a brick without input, from left to right.

        A brick without input itself stands before the bricks that it feeds.
        """
        depths = self._depths(part)
        for brick in part:
            if not self.sources[brick] and self.targets[brick]:
                depths[brick] = max(0, min(depths[target] for target in self.targets[brick]) - 1)
        layers: Layers = [[] for _ in range(max(depths.values(), default=-1) + 1)]
        for brick in part:
            layers[depths[brick]].append(brick)
        return [layer for layer in layers if layer]

    def _depths(self, part: Sequence[str]) -> dict[str, int]:
        """The longest way to each brick; each round settles one more layer of a wall without
        circles."""
        depths = dict.fromkeys(part, 0)
        for _ in part:
            longer = {
                brick: max((depths[source] + 1 for source in self.sources[brick]), default=0)
                for brick in part
            }
            if longer == depths:
                break
            depths = longer
        return depths

    def ordered(self, layers: Layers) -> Layers:
        """The layers with connected bricks of neighbouring ones at about one height."""
        for sweep in range(SWEEPS):
            neighbours = self.targets if sweep % 2 else self.sources
            heights = {
                brick: row / len(layer) for layer in layers for row, brick in enumerate(layer)
            }
            layers = [
                sorted(layer, key=lambda brick: _aim(neighbours[brick], brick, heights))
                for layer in layers
            ]
        return layers


def _aim(neighbours: Sequence[str], brick: str, heights: Mapping[str, float]) -> float:
    """The mean height of a brick's neighbours, else its own."""
    if not neighbours:
        return heights[brick]
    return sum(heights[other] for other in neighbours) / len(neighbours)


def _chunked(layers: Layers, most: int) -> Iterator[list[str]]:
    """The layers, high ones split into several of about one height."""
    for layer in layers:
        height = ceil(len(layer) / ceil(len(layer) / most))
        for start in range(0, len(layer), height):
            yield layer[start : start + height]
