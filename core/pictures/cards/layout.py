"""Layouts of cards, from `presets/overlays/*.yaml`: positions in millimetres or in percent."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from core.pictures.cards.names import FOLDER, SHAPES


def _length(value: float | str) -> float | str:
    if isinstance(value, str):
        number = float(value.removesuffix("%"))
        if not value.endswith("%") or not 0 <= number <= 100:
            raise ValueError("a length is a number of millimetres or a percentage")
    return value


Length = Annotated[float | str, AfterValidator(_length)]
"""Millimetres, or percent of the card's width or height, such as `34%`."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Window(_Part):
    """The place of the image."""

    x: Length
    y: Length
    width: Length
    height: Length


class Frame(_Part):
    """Two lines around the image."""

    line: float = Field(gt=0, le=5)
    gap: float = Field(ge=0, le=10)
    colour: str


class Index(_Part):
    """The index of the upper left corner; it stands turned in the lower right one."""

    x: Length
    y: Length
    width: float
    text: float
    suit: float


class Pips(_Part):
    """The columns and rows of pips. `ace`: size of a single pip, `outline`: a light edge."""

    left: Length
    right: Length
    top: Length
    bottom: Length
    size: float
    ace: float
    outline: float = 0.0


class Line(_Part):
    """A line of text in the middle. `height` is that of its plate."""

    y: Length
    size: float
    height: float


class TextBox(_Part):
    """A box of several lines."""

    x: Length
    y: Length
    width: Length
    height: Length
    size: float


class CardLayout(_Part):
    """A layout. Lengths without a sign are millimetres."""

    name: str
    width: float = Field(gt=10, le=400)
    height: float = Field(gt=10, le=400)
    bleed: float = Field(3, ge=0, le=20)
    radius: float = Field(0, ge=0, le=40)
    paper: str
    ink: str
    window: Window
    frame: Frame
    index: Index | None = None
    pips: Pips
    title: Line
    number: Line
    text: TextBox

    def across(self, length: float | str) -> float:
        """A horizontal length in millimetres."""
        return _millimetres(length, self.width)

    def down(self, length: float | str) -> float:
        """A vertical length in millimetres."""
        return _millimetres(length, self.height)


def _millimetres(length: float | str, whole: float) -> float:
    if isinstance(length, str):
        return float(length.removesuffix("%")) / 100 * whole
    return length


@cache
def layouts(folder: Path = FOLDER) -> Mapping[str, CardLayout]:
    """The layouts by name of their file."""
    import yaml

    paths = (path for path in sorted(folder.glob("*.yaml")) if path.stem != SHAPES)
    return {
        path.stem: CardLayout.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        for path in paths
    }
