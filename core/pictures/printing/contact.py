"""Contact sheets: images in a grid, each with its label, with headings of columns and rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageOps

from core.pictures.lettering import font_of, shortened, wrapped
from core.pictures.printing.cards import INCH, on_white
from core.pictures.printing.paper import MARGIN, PAPERS, Box
from core.pictures.printing.pdf import Pdf, PdfPage

PAPER, INK, QUIET, EMPTY = "#ffffff", "#1b1b1f", "#5c5c66", "#ececf0"
SIDE_MAX = 16_000  # pixels of a sheet
LABEL_LINES = 2
SHRINKS, WIDTH_MIN = 8, 64


class TooLong(ValueError):
    """A sheet with more rows than an image can have; the text is the reason."""


@dataclass(frozen=True, slots=True)
class ContactSheet:
    """The contents of a contact sheet.

    `places` are the cells of the images in reading order; a cell without one stays empty and keeps
    its label. `column_labels` and `row_labels` are headings of a grid.
    """

    labels: Sequence[str]
    columns: int
    places: Sequence[int]
    title: str = ""
    column_labels: Sequence[str] = ()
    row_labels: Sequence[str] = ()

    @property
    def cells(self) -> int:
        """The number of cells."""
        return max(len(self.labels), max(self.places, default=-1) + 1)

    @property
    def rows(self) -> int:
        """The number of rows of cells."""
        return math.ceil(self.cells / self.columns)


@dataclass(frozen=True, slots=True)
class Measures:
    """Lengths of a sheet in pixels."""

    cell: int
    cell_height: int
    text: int
    gap: int
    heading: int
    label: int

    @property
    def line(self) -> int:
        """Height of a line of text."""
        return round(self.text * 1.35)

    @property
    def step(self) -> int:
        """From one row of cells to the next."""
        return self.cell_height + self.label + self.gap


def measures(sheet: ContactSheet, width: int, aspect: float) -> Measures:
    """The measures of a sheet of `width` pixels; `aspect` is height over width of its images."""
    text = max(10, min(28, width // sheet.columns // 11))
    gap = max(4, text // 2)
    longest = max((font_of(text).getlength(label) for label in sheet.row_labels), default=0)
    heading = min(round(longest) + gap, width // 4) if longest else 0
    cell = (width - heading - gap * (sheet.columns + 1)) // sheet.columns
    label = round(text * 1.35) * LABEL_LINES + gap if any(sheet.labels) else 0
    return Measures(max(16, cell), max(16, round(cell * aspect)), text, gap, heading, label)


def draw_sheet(
    sheet: ContactSheet, open_image: Callable[[int], Image.Image], width: int, aspect: float
) -> Image.Image:
    """The sheet as an image, RGB, narrower where it would be higher than `SIDE_MAX` pixels.

    `open_image` returns the image of a number in `sheet.places`. Raises `TooLong`.
    """
    for _ in range(SHRINKS):
        parts = measures(sheet, width, aspect)
        height = _top(sheet, parts) + sheet.rows * parts.step
        if height <= SIDE_MAX:
            return _draw(sheet, parts, (width, height), range(sheet.rows), open_image)
        width = max(WIDTH_MIN, int(width * SIDE_MAX / height))
    raise TooLong(f"{sheet.rows} rows are too many for one image.")


def draw_pages(
    sheet: ContactSheet,
    open_image: Callable[[int], Image.Image],
    paper: str,
    dpi: int,
    aspect: float,
) -> Iterator[bytes]:
    """The sheet as a PDF of as many pages as it needs: empty bytes after each page, then it."""
    page_size = PAPERS[paper]
    area = Box(0, 0, *page_size).grown(-MARGIN)
    width, height = (round(side / INCH * dpi) for side in (area.width, area.height))
    parts = measures(sheet, width, aspect)
    per_page = max(1, (height - _top(sheet, parts)) // parts.step)
    pdf = Pdf(sheet.title)
    for first in range(0, sheet.rows, per_page):
        rows = range(first, min(first + per_page, sheet.rows))
        page = PdfPage(*page_size)
        image = _draw(sheet, parts, (width, height), rows, open_image)
        page.image(pdf.add_image(image), area)
        pdf.add_page(page)
        yield b""
    yield pdf.finish()


def columns_of(cells: int) -> int:
    """The columns of a sheet that was given none: a little wider than high."""
    return max(1, min(12, math.ceil(math.sqrt(cells * 1.2))))


def _top(sheet: ContactSheet, parts: Measures) -> int:
    """The height of title and headings."""
    title = 2 * parts.line if sheet.title else 0
    return parts.gap + title + (LABEL_LINES * parts.line if sheet.column_labels else 0)


def _draw(
    sheet: ContactSheet,
    parts: Measures,
    size: tuple[int, int],
    rows: range,
    open_image: Callable[[int], Image.Image],
) -> Image.Image:
    canvas = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(canvas)
    top = _top(sheet, parts)
    lefts = [
        parts.heading + parts.gap + column * (parts.cell + parts.gap)
        for column in range(sheet.columns)
    ]
    _draw_headings(draw, sheet, parts, size[0], lefts)
    images = {cell: number for number, cell in enumerate(sheet.places)}
    for place, row in enumerate(rows):
        y = top + place * parts.step
        if row < len(sheet.row_labels):
            room = max(1, parts.cell_height // parts.line)
            _draw_lines(
                draw, sheet.row_labels[row], (parts.gap, y), parts.heading - parts.gap, room, parts
            )
        for column, left in enumerate(lefts):
            cell = row * sheet.columns + column
            if cell < sheet.cells:
                image = open_image(images[cell]) if cell in images else None
                _draw_cell(canvas, draw, (left, y), parts, image, _label(sheet, cell))
    return canvas


def _draw_headings(
    draw: ImageDraw.ImageDraw,
    sheet: ContactSheet,
    parts: Measures,
    width: int,
    lefts: Sequence[int],
) -> None:
    """The title, and the headings of the columns below it."""
    if sheet.title:
        large = font_of(round(parts.text * 1.4))
        title = shortened(sheet.title, large, width - 2 * parts.gap)
        draw.text((parts.gap, parts.gap + parts.line / 2), title, INK, large, anchor="lm")
    top = _top(sheet, parts) - LABEL_LINES * parts.line
    for left, label in zip(lefts, sheet.column_labels, strict=False):
        _draw_lines(draw, label, (left, top), parts.cell, LABEL_LINES, parts)


def _draw_lines(
    draw: ImageDraw.ImageDraw,
    text: str,
    corner: tuple[int, int],
    width: int,
    most: int,
    parts: Measures,
    ink: str = INK,
) -> None:
    """A text in at most so many lines, from its upper left corner on."""
    font = font_of(parts.text)
    for number, line in enumerate(wrapped(text, font, width, most)):
        draw.text((corner[0], corner[1] + number * parts.line), line, ink, font)


def _label(sheet: ContactSheet, cell: int) -> str:
    return sheet.labels[cell] if cell < len(sheet.labels) else ""


def _draw_cell(
    canvas: Image.Image,
    draw: ImageDraw.ImageDraw,
    corner: tuple[int, int],
    parts: Measures,
    image: Image.Image | None,
    label: str,
) -> None:
    """The image of a cell in its middle, or an empty field, with the label below."""
    left, top = corner
    if image is None:
        area = (left, top, left + parts.cell - 1, top + parts.cell_height - 1)
        draw.rectangle(area, fill=EMPTY)
    else:
        size = (parts.cell, parts.cell_height)
        small = ImageOps.contain(on_white(image), size, Image.Resampling.LANCZOS)
        place = (left + (size[0] - small.width) // 2, top + (size[1] - small.height) // 2)
        canvas.paste(small, place)
    below = (left, top + parts.cell_height + parts.gap // 2)
    _draw_lines(draw, label, below, parts.cell, LABEL_LINES, parts, QUIET)
