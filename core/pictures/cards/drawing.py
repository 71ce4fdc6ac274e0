"""Cards drawn over an image: paper, image, frame, pips, indices and texts, the same every time."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFilter, ImageOps

from core.pictures.cards import pips
from core.pictures.cards.layout import CardLayout, Index, TextBox
from core.pictures.cards.shapes import Shape, shapes
from core.pictures.lettering import fitting, font_of, shortened, wrapped

MILLIMETRES_PER_INCH = 25.4
JOKER = "star"


@dataclass(frozen=True, slots=True)
class Card:
    """The contents of a card. Empty texts are not drawn; `suit` is the name of a shape."""

    value: str = ""
    suit: str = ""
    title: str = ""
    number: str = ""
    text: str = ""
    frame: bool = True
    index: bool = True
    pips: bool = True
    bleed: bool = False


def draw_card(image: Image.Image, card: Card, layout: CardLayout, dpi: int = 300) -> Image.Image:
    """The card, RGB, in the size of the layout at `dpi`; with its bleed around where asked.

    Without a frame the image covers the whole card.
    """
    return _Drawing(card, layout, dpi / MILLIMETRES_PER_INCH).draw(image)


def suit_of(card: Card) -> Shape | None:
    """The shape of a suit; a star for a joker; None where there is none."""
    name = card.suit.strip().casefold()
    known = shapes()
    if name in known:
        return known[name]
    if f"{name}s" in known:
        return known[f"{name}s"]
    return known[JOKER] if "joker" in card.value.casefold() else None


class _Drawing:
    """A card on its way; lengths are millimetres from the trimmed corner."""

    def __init__(self, card: Card, layout: CardLayout, scale: float) -> None:
        self._card = card
        self._layout = layout
        self._scale = scale
        self._edge = layout.bleed if card.bleed else 0.0
        self._suit = suit_of(card)
        size = (self._pixels(layout.width), self._pixels(layout.height))
        margin = 2 * self._pixels(self._edge)
        self._canvas = Image.new("RGB", (size[0] + margin, size[1] + margin), layout.paper)
        self._draw = ImageDraw.Draw(self._canvas)

    def draw(self, image: Image.Image) -> Image.Image:
        self._place(image.convert("RGBA"))
        if self._card.frame:
            self._draw_frame()
        if self._card.pips and self._suit is not None:
            self._draw_pips(self._suit)
        index = self._layout.index
        if index and self._card.index and (self._card.value or self._suit is not None):
            self._draw_index(index)
        for line, text in (
            (self._layout.number, self._card.number),
            (self._layout.title, self._card.title),
        ):
            if text:
                self._draw_line(text, self._layout.down(line.y), line.size, line.height)
        if self._card.text:
            self._draw_text(self._layout.text)
        return self._canvas

    def _pixels(self, millimetres: float) -> int:
        return round(millimetres * self._scale)

    def _at(self, x: float, y: float) -> tuple[int, int]:
        return self._pixels(x + self._edge), self._pixels(y + self._edge)

    def _window(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of the image in pixels."""
        if not self._card.frame:
            return (0, 0, *self._canvas.size)
        window, layout = self._layout.window, self._layout
        x, y = layout.across(window.x), layout.down(window.y)
        right = x + layout.across(window.width)
        return (*self._at(x, y), *self._at(right, y + layout.down(window.height)))

    def _place(self, image: Image.Image) -> None:
        left, top, right, bottom = self._window()
        fitted = ImageOps.fit(image, (right - left, bottom - top), Image.Resampling.LANCZOS)
        self._canvas.paste(fitted, (left, top), fitted)

    def _draw_frame(self) -> None:
        frame = self._layout.frame
        width = max(1, self._pixels(frame.line))
        left, top, right, bottom = self._window()
        for distance in (0, width + self._pixels(frame.gap)):
            box = (left - distance, top - distance, right + distance, bottom + distance)
            self._draw.rectangle(box, outline=frame.colour, width=width)

    def _draw_pips(self, suit: Shape) -> None:
        places = pips.PLACES.get(pips.count(self._card.value), ())
        layout, plan = self._layout, self._layout.pips
        left, right = layout.across(plan.left), layout.across(plan.right)
        top, bottom = layout.down(plan.top), layout.down(plan.bottom)
        size = plan.ace if len(places) == 1 else plan.size
        for across, down in places:
            centre = self._at(left + across * (right - left), top + down * (bottom - top))
            self._stamp(suit, self._pixels(size), centre, turned=down > 0.5, outline=plan.outline)

    def _stamp(
        self,
        shape: Shape,
        size: int,
        centre: tuple[int, int],
        *,
        turned: bool = False,
        outline: float = 0.0,
        canvas: Image.Image | None = None,
    ) -> None:
        canvas = self._canvas if canvas is None else canvas
        edge = self._pixels(outline)
        mask = ImageOps.expand(shape.mask(size), edge)
        if turned:
            mask = mask.rotate(180)
        place = (centre[0] - mask.width // 2, centre[1] - mask.height // 2)
        if edge:
            halo = mask.filter(ImageFilter.MaxFilter(2 * edge + 1))
            canvas.paste(
                self._layout.paper, (*place, place[0] + mask.width, place[1] + mask.height), halo
            )
        canvas.paste(shape.colour, (*place, place[0] + mask.width, place[1] + mask.height), mask)

    def _draw_index(self, index: Index) -> None:
        """The label above the suit, upper left and turned lower right."""
        layout = self._layout
        text_height, suit_height = self._pixels(index.text), self._pixels(index.suit)
        size = (self._pixels(index.width), text_height + suit_height + self._pixels(1))
        corner = Image.new("RGBA", size, (0, 0, 0, 0))
        draw = ImageDraw.Draw(corner)
        label = pips.label(self._card.value)
        colour = self._suit.colour if self._suit else layout.ink
        if "joker" in self._card.value.casefold():
            label = ""
        if label:
            font = fitting(label, text_height, size[0])
            draw.text((size[0] / 2, text_height / 2), label, colour, font, anchor="mm")
        if self._suit is not None:
            centre = (size[0] // 2, size[1] - suit_height // 2)
            self._stamp(self._suit, suit_height, centre, canvas=corner)
        place = self._at(layout.across(index.x), layout.down(index.y))
        if not self._card.frame:
            plate = self._pixels(0.6)
            box = (
                place[0] - plate,
                place[1] - plate,
                place[0] + size[0] + plate,
                place[1] + size[1] + plate,
            )
            self._plate(box)
            self._plate(self._mirrored(box))
        self._canvas.paste(corner, place, corner)
        mirrored = self._mirrored((*place, place[0] + size[0], place[1] + size[1]))
        turned = corner.rotate(180)
        self._canvas.paste(turned, mirrored[:2], turned)

    def _mirrored(self, box: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
        width, height = self._canvas.size
        return (width - box[2], height - box[3], width - box[0], height - box[1])

    def _plate(self, box: tuple[int, int, int, int]) -> None:
        self._draw.rounded_rectangle(box, self._pixels(0.8), fill=self._layout.paper)

    def _draw_line(self, text: str, y: float, size: float, height: float) -> None:
        """A text in the middle on a plate."""
        width = self._pixels(self._layout.across(self._layout.window.width) * 0.9)
        font = fitting(text, self._pixels(size), width)
        text = shortened(text, font, width)
        across, top = self._at(self._layout.width / 2, y)
        bottom = top + self._pixels(height)
        half = round(font.getlength(text) / 2) + self._pixels(1.4)
        self._plate((across - half, top, across + half, bottom))
        centre = (across, (top + bottom) / 2)
        self._draw.text(centre, text, self._layout.ink, font, anchor="mm")

    def _draw_text(self, box: TextBox) -> None:
        layout = self._layout
        left, top = self._at(layout.across(box.x), layout.down(box.y))
        width = self._pixels(layout.across(box.width))
        height = self._pixels(layout.down(box.height))
        self._plate((left, top, left + width, top + height))
        margin, font = self._pixels(1.2), font_of(self._pixels(box.size))
        step = round(font.size * 1.35)
        room = max(1, (height - 2 * margin) // step)
        for row, line in enumerate(wrapped(self._card.text, font, width - 2 * margin, room)):
            self._draw.text((left + margin, top + margin + row * step), line, layout.ink, font)
