"""A picture and its layers, drawn together in unit coordinates.

One unit is the shorter side; x runs from 0 to `width`, y from 0 to `height`; `drop` moves all that
follows down by so many units. A style decides how
a filled form looks (flat colour, an outline on paper), so a subject is drawn once for all styles.
Layers hold the part and the depth of each pixel, whatever the style.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tools.nano.drawing.colors import RGB
from tools.nano.drawing.parts import BACKGROUND, STEPS, Part
from tools.nano.drawing.styles import Style

Point = tuple[float, float]
SUPERSAMPLING = 2


class Canvas:
    """Collects shapes; `finish` answers (RGB picture, L mask; 255 is foreground), `truth` the rest.

    `behind` is the part that nothing is drawn on.
    """

    def __init__(
        self, width: int, height: int, background: RGB, style: Style, behind: Part = BACKGROUND
    ) -> None:
        unit = min(width, height)
        self.width, self.height = width / unit, height / unit
        self.style = style
        self.background = style.ground(background)
        self._unit = unit * SUPERSAMPLING
        self._final = (width, height)
        size = (width * SUPERSAMPLING, height * SUPERSAMPLING)
        self.image = Image.new("RGB", size, self.background)
        self._layers = Image.new("L", size, 0)
        self._draw, self._shape = ImageDraw.Draw(self.image), ImageDraw.Draw(self._layers)
        self._depths: list[tuple[Part, float]] = [(behind, behind.depth)]  # by layer
        self._part, self._shapes = BACKGROUND, 0
        self._stroke = max(2, round(style.stroke * self._unit))
        self.drop = 0.0

    def begin(self, part: Part) -> None:
        """Give the shapes that follow to a part."""
        self._part, self._shapes = part, 0

    def _layer(self) -> int:
        """The number of the next shape's layer."""
        depth = self._part.depth + self._part.step * min(self._shapes, STEPS)
        self._shapes += 1
        if (self._part, depth) not in self._depths:
            self._depths.append((self._part, depth))
        return self._depths.index((self._part, depth))

    def _scaled(self, points: Sequence[Point]) -> list[Point]:
        return [(x * self._unit, (y + self.drop) * self._unit) for x, y in points]

    def _box(self, x0: float, y0: float, x1: float, y1: float) -> tuple[float, float, float, float]:
        (a, b), (c, d) = self._scaled([(x0, y0), (x1, y1)])
        return a, b, c, d

    def _fill(self, color: RGB, solid: bool) -> RGB:
        return self.style.solid(color) if solid else self.style.fill(color)

    def polygon(self, points: Sequence[Point], color: RGB, solid: bool = False) -> None:
        corners = self._scaled(points)
        outline = [*corners, corners[0], corners[1]]
        self._draw.polygon(corners, fill=self._fill(color, solid))
        if self.style.line:
            self._draw.line(outline, self.style.line, self._stroke, "curve")
        layer = self._layer()
        self._shape.polygon(corners, fill=layer)
        if self.style.line:
            self._shape.line(outline, layer, self._stroke, "curve")

    def rectangle(
        self,
        x0: float,
        y0: float,
        x1: float,
        y1: float,
        color: RGB,
        radius: float = 0,
        solid: bool = False,
    ) -> None:
        a, b, c, d = self._box(x0, y0, x1, y1)
        box = (a, b, c - 1, d - 1)
        if box[2] <= box[0] or box[3] <= box[1]:
            return
        line = self.style.line
        width = self._stroke if line else 0
        self._draw.rounded_rectangle(
            box, radius * self._unit, self._fill(color, solid), line, width
        )
        layer = self._layer()
        self._shape.rounded_rectangle(box, radius * self._unit, layer, layer, width)

    def mark(self, x0: float, y0: float, x1: float, y1: float) -> None:
        """A rectangle that cannot be seen: an outline drawing shows the edge of it alone."""
        self._shape.rectangle(self._box(x0, y0, x1, y1), self._layer())

    def ellipse(
        self, x: float, y: float, rx: float, ry: float, color: RGB, solid: bool = False
    ) -> None:
        box, line = self._box(x - rx, y - ry, x + rx, y + ry), self.style.line
        self._draw.ellipse(box, self._fill(color, solid), line, self._stroke if line else 0)
        self._shape.ellipse(box, fill=self._layer())

    def hole(self, x: float, y: float, rx: float, ry: float) -> None:
        """Shows the background through what is drawn so far, also in the layers."""
        box, line = self._box(x - rx, y - ry, x + rx, y + ry), self.style.line
        rim = self._stroke if line else 0
        self._draw.ellipse(box, self.background, line, rim)
        # The rim of an outline drawing can be seen, so it is foreground.
        self._shape.ellipse(box, 0, self._layer(), rim)

    def dome(self, x: float, y: float, rx: float, ry: float, color: RGB) -> None:
        """The upper half of an ellipse."""
        box = self._box(x - rx, y - ry, x + rx, y + ry)
        line = self.style.line
        self._draw.chord(box, 180, 360, self._fill(color, False), line, self._stroke if line else 0)
        self._shape.chord(box, 180, 360, fill=self._layer())

    def stroke(self, points: Sequence[Point], color: RGB, width: float) -> None:
        """A line; always drawn in ink, whatever the style."""
        path, pixels = self._scaled(points), max(2, round(width * self._unit))
        if self.style.line:
            pixels = self._stroke
        self._draw.line(path, self.style.solid(color), pixels, "curve")
        self._shape.line(path, self._layer(), pixels, "curve")

    def glyph(
        self, x: float, y: float, text: str, color: RGB, height: float, turned: bool = False
    ) -> None:
        """Text centred at (x, y), `height` units tall, `turned` by 180 degrees."""
        stencil = _stencil(text, round(height * self._unit), turned)
        (left, top), *_ = self._scaled([(x, y)])
        corner = (round(left - stencil.width / 2), round(top - stencil.height / 2))
        self.image.paste(self.style.solid(color), corner, stencil)
        self._layers.paste(self._layer(), corner, stencil.point(_solid))

    def pattern(self, points: Sequence[Point], tile: Image.Image) -> None:
        """Pastes a picture of the canvas's size inside a polygon."""
        stencil = Image.new("L", self.image.size, 0)
        ImageDraw.Draw(stencil).polygon(self._scaled(points), fill=255)
        self.image.paste(tile, (0, 0), stencil)
        self._layers.paste(self._layer(), (0, 0), stencil)

    @property
    def unit(self) -> int:
        """Pixels of the working image in one unit."""
        return self._unit

    def finish(self) -> tuple[Image.Image, Image.Image]:
        front = [255 * part.foreground for part, _ in self._depths]
        mask = self._layers.point(front + [0] * (256 - len(front))).reduce(SUPERSAMPLING)
        image = self.image.reduce(SUPERSAMPLING)
        if self.style.cells:
            width, height = self._final
            cell = max(2, min(width, height) // self.style.cells)
            small = image.resize((width // cell, height // cell), Image.Resampling.BOX)
            image = small.resize((width, height), Image.Resampling.NEAREST)
        return image, mask

    def truth(self) -> tuple[Image.Image, Image.Image]:
        """The class and the depth (0 far, 255 near) of each pixel, L of the picture's size."""
        layers = np.asarray(self._layers)[::SUPERSAMPLING, ::SUPERSAMPLING]
        depths = np.array([depth for _, depth in self._depths])[layers]
        for number, (part, _) in enumerate(self._depths):
            if part.until is not None and (rows := np.flatnonzero((layers == number).any(1))).size:
                share = (np.arange(len(layers)) - rows[0]) / max(1, rows[-1] - rows[0])
                slope = part.depth + (part.until - part.depth) * share[:, None]
                depths = np.where(layers == number, slope, depths)
        classes = np.array([part.number for part, _ in self._depths], np.uint8)[layers]
        return Image.fromarray(classes), Image.fromarray((depths * 255).round().astype(np.uint8))


def _solid(level: int) -> int:
    return 255 if level > 127 else 0


@lru_cache(512)
def _stencil(text: str, height: int, turned: bool) -> Image.Image:
    font = ImageFont.load_default(height)
    left, top, right, bottom = font.getbbox(text, stroke_width=max(1, height // 24))
    stencil = Image.new("L", (int(right - left) + 2, int(bottom - top) + 2), 0)
    ImageDraw.Draw(stencil).text(
        (1 - left, 1 - top), text, fill=255, font=font, stroke_width=max(1, height // 24)
    )
    return stencil.rotate(180) if turned else stencil
