"""Papers, cards and their places on a page, in millimetres from its upper left corner."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

PAPERS = {"a4": (210.0, 297.0), "letter": (215.9, 279.4)}
CARDS = {"poker": (63.0, 88.0), "tarot": (70.0, 120.0), "square": (70.0, 70.0)}
MARGIN = 5.0  # from the edge of the paper, where printers do not reach
MARK_GAP, MARK_LENGTH = 1.0, 4.0  # between bleed and crop mark, and of the mark


class NoRoom(ValueError):
    """A card that is larger than its page; the text is the reason."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle: left, top, width and height."""

    x: float
    y: float
    width: float
    height: float

    def grown(self, by: float) -> Box:
        """The rectangle with a margin around."""
        return Box(self.x - by, self.y - by, self.width + 2 * by, self.height + 2 * by)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page with equal cards in columns and rows. Neighbours are two bleeds apart."""

    page: tuple[float, float]
    card: tuple[float, float]
    bleed: float
    columns: int
    rows: int

    @property
    def per_page(self) -> int:
        """The number of cards of a page."""
        return self.columns * self.rows

    @property
    def block(self) -> Box:
        """The area of all cards from the first trimmed edge to the last, in the middle."""
        width = self._length(self.columns, self.card[0])
        height = self._length(self.rows, self.card[1])
        return Box((self.page[0] - width) / 2, (self.page[1] - height) / 2, width, height)

    def place(self, number: int) -> Box:
        """The trimmed card of a number on its page, in reading order."""
        row, column = divmod(number, self.columns)
        return self._place(column, row)

    def back_place(self, number: int, *, long_edge: bool) -> Box:
        """The place behind a card once the sheet is turned over its long or its short edge."""
        row, column = divmod(number, self.columns)
        if self.turns_sideways(long_edge=long_edge):
            return self._place(self.columns - 1 - column, row)
        return self._place(column, self.rows - 1 - row)

    def turns_sideways(self, *, long_edge: bool) -> bool:
        """True where the edge that the sheet is turned over is a vertical one."""
        return long_edge == (self.page[1] >= self.page[0])

    def crop_marks(self) -> Iterator[tuple[float, float, float, float]]:
        """Lines (x, y, x, y) outside of the block that continue each trimmed edge."""
        block = self.block
        inner = self.bleed + MARK_GAP
        left, top = block.x - inner, block.y - inner
        right, bottom = block.x + block.width + inner, block.y + block.height + inner
        for x in self._edges(block.x, self.columns, self.card[0]):
            yield x, top - MARK_LENGTH, x, top
            yield x, bottom, x, bottom + MARK_LENGTH
        for y in self._edges(block.y, self.rows, self.card[1]):
            yield left - MARK_LENGTH, y, left, y
            yield right, y, right + MARK_LENGTH, y

    def _place(self, column: int, row: int) -> Box:
        block, gap = self.block, 2 * self.bleed
        x = block.x + column * (self.card[0] + gap)
        return Box(x, block.y + row * (self.card[1] + gap), *self.card)

    def _length(self, number: int, side: float) -> float:
        return number * side + (number - 1) * 2 * self.bleed

    def _edges(self, start: float, number: int, side: float) -> Iterator[float]:
        for place in range(number):
            first = start + place * (side + 2 * self.bleed)
            yield from (first, first + side)


def sheet_of(paper: str, card: tuple[float, float], bleed: float, *, marks: bool = True) -> Sheet:
    """The sheet of a paper, upright or across, whichever holds more cards.

    The paper `card` is a page for one card, with room for its bleed and marks. Raises `NoRoom`.
    """
    if paper == "card":
        around = 2 * (bleed + (MARK_GAP + MARK_LENGTH if marks else 0))
        return Sheet((card[0] + around, card[1] + around), card, bleed, 1, 1)
    width, height = PAPERS[paper]
    sheets = [_filled(page, card, bleed) for page in ((width, height), (height, width))]
    best = max(sheets, key=lambda sheet: sheet.per_page)  # the upright one of two equal ones
    if not best.per_page:
        size = f"{card[0]:g} × {card[1]:g} mm"
        raise NoRoom(f"A card of {size} with a bleed of {bleed:g} mm is larger than {paper}.")
    return best


def _filled(page: tuple[float, float], card: tuple[float, float], bleed: float) -> Sheet:
    columns, rows = (
        max(0, int((length - 2 * MARGIN + 1e-6) // (side + 2 * bleed)))
        for length, side in zip(page, card, strict=True)
    )
    return Sheet(page, card, bleed, columns, rows)
