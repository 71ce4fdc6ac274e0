"""Cards for print: images with bleed, on pages with crop marks and card backs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
from PIL import Image, ImageOps

from core.pictures.printing.paper import Sheet
from core.pictures.printing.pdf import Pdf, PdfPage

INCH = 25.4
PAPER_COLOUR = "white"


@dataclass(frozen=True, slots=True)
class CardPrint:
    """A print of cards. `image_bleed` is the bleed, in millimetres, that the images include."""

    sheet: Sheet
    dpi: int = 300
    image_bleed: float = 0.0
    marks: bool = True
    long_edge: bool = True
    title: str = ""


def print_cards(
    images: Iterable[Image.Image], back: Image.Image | None, job: CardPrint
) -> Iterator[bytes]:
    """Print cards as a PDF: empty bytes after each card, so that progress can be shown, then it.

    With a back, every page is followed by one of backs, mirrored for printing on both sides.
    """
    pdf, sheet = Pdf(job.title), job.sheet
    behind = None
    if back is not None:
        card = fitted(back, sheet, job.dpi, 0.0)
        turned = not sheet.turns_sideways(long_edge=job.long_edge)
        behind = pdf.add_image(card.rotate(180) if turned else card)
    remaining = iter(images)
    while cards := tuple(islice(remaining, sheet.per_page)):
        page = _page(job)
        for number, image in enumerate(cards):
            placed = pdf.add_image(fitted(image, sheet, job.dpi, job.image_bleed))
            page.image(placed, sheet.place(number).grown(sheet.bleed))
            yield b""
        pdf.add_page(page)
        if behind is not None:
            page = _page(job)
            for number in range(len(cards)):
                box = sheet.back_place(number, long_edge=job.long_edge)
                page.image(behind, box.grown(sheet.bleed))
            pdf.add_page(page)
    yield pdf.finish()


def fitted(image: Image.Image, sheet: Sheet, dpi: int, image_bleed: float) -> Image.Image:
    """The image in the size of a card with the bleed of the sheet, RGB, in pixels at `dpi`.

    It is scaled until it covers the card and the bleed that it includes; what it lacks of the
    bleed is its own edge, mirrored.
    """
    width, height = (_pixels(side + 2 * sheet.bleed, dpi) for side in sheet.card)
    covered = [_pixels(side + 2 * image_bleed, dpi) for side in sheet.card]
    card = ImageOps.fit(on_white(image), (covered[0], covered[1]), Image.Resampling.LANCZOS)
    left, top = (covered[0] - width) // 2, (covered[1] - height) // 2
    if image_bleed >= sheet.bleed:
        return card.crop((left, top, left + width, top + height))
    around = ((-top, height - covered[1] + top), (-left, width - covered[0] + left), (0, 0))
    return Image.fromarray(np.pad(np.asarray(card), around, "symmetric"))


def _page(job: CardPrint) -> PdfPage:
    page = PdfPage(*job.sheet.page, trim=job.sheet.block, bleed=job.sheet.bleed)
    for line in job.sheet.crop_marks() if job.marks else ():
        page.line(*line)
    return page


def on_white(image: Image.Image) -> Image.Image:
    """The image on white paper, RGB."""
    if image.mode != "RGBA":
        return image.convert("RGB")
    paper = Image.new("RGB", image.size, PAPER_COLOUR)
    paper.paste(image, (0, 0), image)
    return paper


def _pixels(millimetres: float, dpi: int) -> int:
    return round(millimetres / INCH * dpi)
