"""Print: page boxes, places of cards and backs, crop marks and bleed, read back from the PDF."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PdfParser

from core.errors import InvalidInput
from core.operations.contact_sheet import ContactSheet as ContactSheetOperation
from core.operations.print_cards import PrintCards
from core.pictures.lettering import font_of, wrapped
from core.pictures.printing.cards import CardPrint, fitted, print_cards
from core.pictures.printing.contact import SIDE_MAX, ContactSheet, TooLong, draw_pages, draw_sheet
from core.pictures.printing.paper import CARDS, MARGIN, PAPERS, NoRoom, sheet_of

POINT = 25.4 / 72
DPI = 36
PLACED = re.compile(rb"q (\S+) 0 0 (\S+) (\S+) (\S+) cm /(\w+) Do Q")
LINE = re.compile(rb"0 G (\S+) (\S+) m (\S+) (\S+) l S")


def colour(number: int) -> Image.Image:
    """A card of one colour of its own."""
    return Image.new("RGB", (63, 88), (40 * number % 256, 90, 200))


class Document:
    """A PDF as Pillow's parser reads it. Lengths are millimetres from the lower left corner."""

    def __init__(self, data: bytes) -> None:
        self._parser = PdfParser.PdfParser(buf=data)
        self.pages: list[Any] = [self._parser.read_indirect(page) for page in self._parser.pages]

    def box(self, page: int, name: str) -> list[float]:
        return [float(number) * POINT for number in self.pages[page][name.encode()]]

    def placed(self, page: int) -> list[tuple[float, float, float, float, str]]:
        """Left, bottom, width, height and name of each image."""
        placements = PLACED.findall(self._content(page))
        return [
            (*(float(number) * POINT for number in (x, y, width, height)), name.decode())
            for width, height, x, y, name in placements
        ]

    def lines(self, page: int) -> list[list[float]]:
        return [[float(n) * POINT for n in line] for line in LINE.findall(self._content(page))]

    def image(self, page: int, name: str) -> Image.Image:
        resources = self.pages[page][b"Resources"][b"XObject"]
        stream = self._parser.read_indirect(resources[name.encode()])
        return Image.open(io.BytesIO(stream.buf))

    def _content(self, page: int) -> bytes:
        content = self._parser.read_indirect(self.pages[page][b"Contents"])
        return bytes(content.buf)


def printed(
    number: int, paper: str = "a4", card: str = "poker", back: bool = False, **job: Any
) -> Document:
    sheet = sheet_of(paper, CARDS[card], 3)
    behind = Image.new("RGB", (63, 88), "black") if back else None
    *_, data = print_cards(
        map(colour, range(number)), behind, CardPrint(**{"sheet": sheet, "dpi": DPI, **job})
    )
    return Document(data)


@pytest.mark.parametrize("paper", [*PAPERS, "card"])
@pytest.mark.parametrize("card", CARDS)
def test_the_boxes_of_a_page_lie_within_each_other_by_the_bleed(paper: str, card: str) -> None:
    document = printed(2, paper, card)
    sheet = sheet_of(paper, CARDS[card], 3)
    media, bleed, trim = (document.box(0, f"{name}Box") for name in ("Media", "Bleed", "Trim"))
    assert media == pytest.approx([0, 0, *sheet.page], abs=0.01)
    grown = [trim[0] - 3, trim[1] - 3, trim[2] + 3, trim[3] + 3]
    assert bleed == pytest.approx(grown, abs=0.01)
    assert min(bleed) >= 0
    assert all(end <= edge for end, edge in zip(bleed[2:], media[2:], strict=True))
    if paper == "card":
        assert (trim[2] - trim[0], trim[3] - trim[1]) == pytest.approx(CARDS[card], abs=0.01)


@pytest.mark.parametrize(
    ("paper", "card", "per_page"),
    [("a4", "poker", 8), ("letter", "poker", 6), ("a4", "tarot", 4), ("card", "tarot", 1)],
)
def test_a_deck_fills_its_pages(paper: str, card: str, per_page: int) -> None:
    document = printed(17, paper, card)
    counts = [len(document.placed(page)) for page in range(len(document.pages))]
    whole, rest = divmod(17, per_page)
    assert counts == [per_page] * whole + ([rest] if rest else [])


def test_every_card_has_its_size_with_bleed_at_300_dpi_in_reading_order() -> None:
    document = printed(3, dpi=300)
    for number, (_, _, width, height, name) in enumerate(document.placed(0)):
        assert (width, height) == pytest.approx((69, 94), abs=0.01)
        image = document.image(0, name)
        assert image.size == (815, 1110)
        centre = np.asarray(image.convert("RGB"))[image.height // 2, image.width // 2]
        assert np.abs(centre.astype(int) - colour(number).getpixel((0, 0))).max() <= 3
    lefts = [place[0] for place in document.placed(0)]
    assert lefts == sorted(lefts)


def test_crop_marks_continue_every_cut_and_touch_no_bleed() -> None:
    sheet = sheet_of("a4", CARDS["poker"], 3)
    document = printed(1)
    left, bottom, right, top = document.box(0, "BleedBox")
    lines = document.lines(0)
    assert len(lines) == 4 * (sheet.columns + sheet.rows)
    for x, y, to_x, to_y in lines:
        outside = max(x, to_x) < left or min(x, to_x) > right
        assert outside or max(y, to_y) < bottom or min(y, to_y) > top
        assert min(x, y, to_x, to_y) >= 0
    upright = {round(x, 2) for x, _, to_x, _ in lines if abs(x - to_x) < 0.01}
    cuts = set()
    for number in range(sheet.columns):
        place = sheet.place(number)
        cuts |= {round(place.x, 2), round(place.x + place.width, 2)}
    assert sorted(upright) == pytest.approx(sorted(cuts), abs=0.02)
    assert printed(1, marks=False).lines(0) == []


@pytest.mark.parametrize("long_edge", [True, False])
@pytest.mark.parametrize("card", ["poker", "tarot"])
def test_a_back_lies_behind_its_front_once_the_paper_is_turned(card: str, long_edge: bool) -> None:
    document = printed(5, card=card, back=True, long_edge=long_edge)
    assert len(document.pages) % 2 == 0
    width, height = document.box(0, "MediaBox")[2:]
    sideways = (height > width) == long_edge
    for front in range(0, len(document.pages), 2):
        fronts, backs = document.placed(front), document.placed(front + 1)
        assert len(fronts) == len(backs)
        for (x, y, w, h, _), (back_x, back_y, *_) in zip(fronts, backs, strict=True):
            turned = (width - x - w, y) if sideways else (x, height - y - h)
            assert (back_x, back_y) == pytest.approx(turned, abs=0.01)


def test_a_back_is_stored_once_and_a_print_is_the_same_every_time() -> None:
    sheet = sheet_of("a4", CARDS["poker"], 3)
    back = Image.new("RGB", (63, 88), "black")
    first, second = (
        list(print_cards(map(colour, range(9)), back, CardPrint(sheet, DPI)))[-1] for _ in range(2)
    )
    assert first == second
    assert first.count(b"/Subtype /Image") == 10
    assert first.startswith(b"%PDF-1.6")


def test_a_lacking_bleed_is_the_mirrored_edge_and_an_included_one_is_kept() -> None:
    sheet = sheet_of("card", (10, 10), 3)
    stripes = Image.new("RGB", (100, 100), "white")
    stripes.paste("red", (0, 0, 10, 100))
    at_254 = {"sheet": sheet, "dpi": 254}
    bare = np.asarray(fitted(stripes, **at_254, image_bleed=0))
    assert bare.shape == (160, 160, 3)
    assert (bare[80, 20:40] == (255, 0, 0)).all(), "the edge on both sides of the cut"
    assert (bare[80, 2:18] == 255).all()
    whole = np.asarray(fitted(stripes.resize((160, 160)), **at_254, image_bleed=3))
    assert (whole[80, 2:12] == (255, 0, 0)).all()
    larger = fitted(stripes, **at_254, image_bleed=5)
    assert larger.size == (160, 160)


def test_what_is_transparent_is_printed_on_white() -> None:
    image = fitted(Image.new("RGBA", (10, 10), (0, 0, 0, 0)), sheet_of("a4", (20, 20), 0), 72, 0)
    assert image.getextrema() == ((255, 255),) * 3


@given(
    width=st.floats(10, 400), height=st.floats(10, 400), bleed=st.floats(0, 10),
    paper=st.sampled_from([*PAPERS, "card"]),
)  # fmt: skip
def test_cards_of_any_size_stay_on_the_paper_or_are_refused(
    width: float, height: float, bleed: float, paper: str
) -> None:
    try:
        sheet = sheet_of(paper, (width, height), bleed)
    except NoRoom:
        assert min(width, height) + 2 * bleed > min(PAPERS[paper]) - 2 * MARGIN or (
            max(width, height) + 2 * bleed > max(PAPERS[paper]) - 2 * MARGIN
        )
        return
    room = 0 if paper == "card" else MARGIN
    areas = [sheet.place(number).grown(bleed) for number in range(sheet.per_page)]
    for area in areas:
        assert min(area.x, area.y) >= room - 1e-3
        assert area.x + area.width <= sheet.page[0] - room + 1e-3
        assert area.y + area.height <= sheet.page[1] - room + 1e-3
    corners = {(round(area.x, 3), round(area.y, 3)) for area in areas}
    assert len(corners) == sheet.per_page


@pytest.mark.parametrize(
    ("params", "field"),
    [({"card": "custom", "width_mm": 300, "height_mm": 380}, "paper")],
)
def test_a_card_larger_than_its_paper_is_refused(params: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as error:
        PrintCards(images=("a",), **params).resolve(None)  # type: ignore[arg-type]
    assert error.value.field == field


def test_a_known_card_has_its_own_size() -> None:
    operation = PrintCards(images=("a",), card="tarot", width_mm=20)
    resolved = operation.resolve(None).operation  # type: ignore[arg-type]
    assert isinstance(resolved, PrintCards)
    assert (resolved.width_mm, resolved.height_mm) == CARDS["tarot"]


@pytest.mark.parametrize("places", [(0,), (0, 0)])
def test_cells_that_do_not_fit_the_images_are_refused(places: Sequence[int]) -> None:
    with pytest.raises(InvalidInput) as error:
        ContactSheetOperation(images=("a", "b"), places=places).resolve(None)  # type: ignore[arg-type]
    assert error.value.field == "places"


# Contact sheets


def grid(number: int, **more: Any) -> ContactSheet:
    labels = [f"card {place}" for place in range(number)]
    return ContactSheet(**{"labels": labels, "columns": 3, "places": range(number), **more})


def count_of(sheet: Image.Image, number: int) -> int:
    """Pixels of the colour of a card."""
    distance = np.abs(np.asarray(sheet, int) - colour(number).getpixel((0, 0))).max(axis=2)
    return int((distance == 0).sum())


def test_a_sheet_shows_every_image_once_with_its_label() -> None:
    sheet = draw_sheet(grid(6), colour, 400, 88 / 63)
    sizes = {count_of(sheet, number) for number in range(6)}
    assert len(sizes) == 1
    assert sizes.pop() > 5_000
    bare = draw_sheet(grid(6, labels=[" "] * 6), colour, 400, 88 / 63)
    assert bare.size == sheet.size
    assert np.asarray(bare).sum() > np.asarray(sheet).sum(), "labels are ink"


def test_a_cell_without_an_image_stays_empty_and_keeps_its_label() -> None:
    whole, gap = (draw_sheet(grid(6, places=p), colour, 400, 1) for p in ((0, 1, 2), (0, 2, 5)))
    assert whole.size == gap.size
    half = whole.height // 2
    assert count_of(gap.crop((0, half, *gap.size)), 2) > 0, "the third image is in the last cell"
    assert count_of(whole.crop((0, half, *whole.size)), 2) == 0


def test_headings_stand_beside_and_above_the_cells() -> None:
    plain = draw_sheet(grid(6), colour, 600, 1)
    headed = draw_sheet(
        grid(6, title="Grid", column_labels=("1", "2", "3"), row_labels=("a long heading", "b")),
        colour,
        600,
        1,
    )
    image = np.array(colour(1).getpixel((0, 0)))
    left, beside = (
        int(np.argmax((np.asarray(sheet) == image).all(2).any(0))) for sheet in (plain, headed)
    )
    assert beside > left, "the heading has its own column"


def test_a_sheet_of_many_images_stays_within_the_limit() -> None:
    assert max(draw_sheet(grid(100, columns=1), colour, 300, 2).size) <= SIDE_MAX
    with pytest.raises(TooLong):
        draw_sheet(grid(400, columns=1), colour, 300, 4)


def test_a_document_has_as_many_pages_as_its_rows_need() -> None:
    *pages, data = draw_pages(grid(30), colour, "a4", 50, 88 / 63)
    document = Document(data)
    assert len(document.pages) == len(pages) > 1
    assert document.box(0, "MediaBox")[2:] == pytest.approx(PAPERS["a4"], abs=0.01)


def test_text_of_any_letters_is_a_title(tmp_path: Path) -> None:
    sheet = sheet_of("a4", CARDS["poker"], 3)
    title = "Karten (für Ωμέγα) \\ 🂡"
    *_, data = print_cards([colour(1)], None, CardPrint(sheet, DPI, title=title))
    parser = PdfParser.PdfParser(buf=data)
    assert parser.info[b"Title"].decode("utf-16") == title


def test_a_word_that_is_wider_than_a_line_is_broken_and_none_of_it_is_lost() -> None:
    font = font_of(12)
    lines = wrapped("LoRAs robot-with-antenna-and-arms", font, 60)
    assert len(lines) > 2
    assert "".join(lines).replace(" ", "") == "LoRAsrobot-with-antenna-and-arms"
    assert all(font.getlength(line) <= 60 for line in lines)
    assert wrapped("robot-with-antenna-and-arms", font, 60, 1)[0].endswith("…")
