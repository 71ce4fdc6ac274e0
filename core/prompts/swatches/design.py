"""The design of a swatch: its colours, marks and ground, given or derived from a text."""

from __future__ import annotations

import colorsys
import re
from collections.abc import Mapping
from hashlib import sha256
from inspect import isfunction
from random import Random
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from core.prompts.swatches import lights, lines, materials, paints
from core.prompts.swatches.grounds import GROUNDS, Layer
from core.prompts.swatches.sheet import Sheet

MARKS: dict[str, Layer] = {
    name: marks
    for module in (paints, lines, materials, lights)
    for name, marks in vars(module).items()
    if isfunction(marks) and marks.__module__ == module.__name__ and not name.startswith("_")
}
"""The public functions of the modules of marks, by name."""

# The marks and the ground for words of a style, the first that occurs.
WORDS: tuple[tuple[str, str, str], ...] = (
    (r"water ?colou?r|aquarelle", "wash", "paper"),
    (r"impasto|palette knife", "knife", "canvas"),
    (r"gouache|acrylic|oil|painting|painted|fresco", "brushed", "canvas"),
    (r"pixel|8-bit", "pixels", "plain"),
    (r"voxel|blocks|bricks", "cubes", "plain"),
    (r"charcoal|chalk|pastel|crayon", "crayon", "paper"),
    (r"hatch|etching|engrav", "etched", "laid"),
    (r"pencil|sketch|drawing|graphite", "hatched", "paper"),
    (r"ink|marker|line art", "scribbled", "paper"),
    (r"woodcut|linocut|block print", "carved", "paper"),
    (r"halftone|newsprint|comic|manga", "halftone", "paper"),
    (r"risograph|screen ?print|poster|print", "poster", "paper"),
    (r"mosaic|tile", "tiles", "plain"),
    (r"stained glass", "leaded", "plain"),
    (r"embroider|stitch|sewn", "stitched", "linen"),
    (r"felt|wool|knit|plush|fur", "felted", "plain"),
    (r"fabric|weave|woven|textile", "woven", "plain"),
    (r"paper|origami|collage|cut-?out", "layered", "paper"),
    (r"wood|timber", "grained", "plain"),
    (r"low poly|polygon|crystal", "facets", "plain"),
    (r"3d|render|clay|ceramic|toy|plastic", "modelled", "backdrop"),
    (r"blueprint|technical|plan|diagram|schematic", "drafted", "squared"),
    (r"neon|cyber|synth", "neon", "screen"),
    (r"glitch|vhs|tape|crt", "taped", "screen"),
    (r"film|cinema|movie", "soft", "cinema"),
    (r"bokeh|macro|night", "lamps", "film"),
    (r"photo|portrait|lens|camera", "soft", "film"),
    (r"fog|mist|haze|dream", "misty", "paper"),
    (r"anime|cartoon|cel", "toned", "plain"),
)
PLAIN = (("flat", "paper"), ("layered", "paper"), ("poster", "plain"), ("dabs", "canvas"))
DARK = re.compile(r"\b(dark|night|black|noir|neon|gothic|shadow|midnight)")

Colour = Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")]


class Swatch(BaseModel):
    """A design. `colours`: ground, upper wave, lower wave, disc."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    colours: tuple[Colour, Colour, Colour, Colour]
    marks: str
    ground: str = "paper"

    @field_validator("colours", mode="before")
    @classmethod
    def _split(cls, colours: object) -> object:
        return colours.split() if isinstance(colours, str) else colours

    @field_validator("marks")
    @classmethod
    def _known_marks(cls, name: str) -> str:
        return _known(name, MARKS)

    @field_validator("ground")
    @classmethod
    def _known_ground(cls, name: str) -> str:
        return _known(name, GROUNDS)

    def svg(self, seed: str) -> str:
        """Draw it; the same `seed` gives the same drawing."""
        sheet = Sheet(self.colours, Random(seed))
        under, over = GROUNDS[self.ground]
        under(sheet)
        MARKS[self.marks](sheet)
        over(sheet)
        return sheet.svg()


def derive(text: str) -> Swatch:
    """The design for a text that has none: marks by its words, colours by its hash."""
    lowered = text.lower()
    random = Random(sha256(lowered.encode()).digest())
    marks, ground = next(
        (
            (marks, ground)
            for pattern, marks, ground in WORDS
            if re.search(rf"\b({pattern})", lowered)
        ),
        PLAIN[random.randrange(len(PLAIN))],
    )
    hue = random.random()
    dark = DARK.search(lowered) is not None
    return Swatch(
        colours=(
            _colour(hue + 0.06, 0.14 if dark else 0.93, 0.26),
            _colour(hue, 0.4 if dark else 0.64, 0.36),
            _colour(hue + random.choice((0.08, -0.08)), 0.26 if dark else 0.42, 0.34),
            _colour(hue + random.choice((0.1, -0.12, 0.47)), 0.72, 0.58),
        ),
        marks=marks,
        ground=ground,
    )


def _colour(hue: float, lightness: float, saturation: float) -> str:
    red, green, blue = colorsys.hls_to_rgb(hue % 1, lightness, saturation)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"


def _known(name: str, names: Mapping[str, object]) -> str:
    if name not in names:
        raise ValueError(f"is none of {', '.join(names)}")
    return name
