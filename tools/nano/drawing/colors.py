"""The palette: twelve named colours, their tints and shades."""

from __future__ import annotations

RGB = tuple[int, int, int]

COLORS: dict[str, RGB] = {
    "red": (220, 58, 54),
    "orange": (242, 140, 48),
    "yellow": (250, 208, 66),
    "green": (62, 158, 88),
    "blue": (50, 108, 212),
    "purple": (130, 76, 190),
    "pink": (244, 138, 180),
    "brown": (130, 86, 56),
    "black": (38, 38, 46),
    "white": (250, 250, 248),
    "gray": (142, 148, 156),
    "teal": (34, 158, 160),
}

CREAM: RGB = (248, 243, 231)
FELT: RGB = (70, 138, 104)
INK: RGB = (36, 36, 48)
PAPER: RGB = (249, 246, 238)
BLUEPRINT: RGB = (38, 86, 156)
CHALK: RGB = (228, 240, 255)
LEAF: RGB = (74, 146, 82)
WOOD: RGB = (120, 82, 54)
GLASS: RGB = (196, 226, 242)
EYE: RGB = (34, 34, 42)
SNOW: RGB = (250, 250, 252)


def mix(color: RGB, other: RGB, share: float) -> RGB:
    """`color` with `share` (0 to 1) of `other` in it."""
    mixed = [round(a * (1 - share) + b * share) for a, b in zip(color, other, strict=True)]
    return mixed[0], mixed[1], mixed[2]


def shade(color: RGB, share: float = 0.22) -> RGB:
    """A darker one of the same hue; black turns lighter, so that it stays visible."""
    if sum(color) < 150:
        return mix(color, (255, 255, 255), share)
    return mix(color, (0, 0, 0), share)


def tint(color: RGB, share: float = 0.3) -> RGB:
    return mix(color, (255, 255, 255), share)


def backdrop(name: str) -> RGB:
    """The soft form of a named colour that fills a background behind a subject."""
    if name == "white":
        return (253, 253, 252)
    return tint(COLORS[name], 0.08 if name == "black" else 0.42)


def contrast(color: RGB) -> RGB:
    """A detail colour that can be seen on `color`."""
    return EYE if sum(color) > 300 else (250, 244, 200)
