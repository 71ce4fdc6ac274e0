"""A perceptual hash of an image: the signs of its lowest frequencies, and its mean colour.

Scaling, compression and small changes of tone keep it almost the same. Two hashes are compared by
`core.gallery.likeness`.
"""

from __future__ import annotations

from math import cos, pi

from PIL import Image, ImageStat

from core.store.decoding.tone import on_white

SIDE, FREQUENCIES = 32, 8
MAX_COLOUR_DISTANCE = 24
"""Of the mean colours, in levels of the channel that differs most (0 to 255)."""
_DIGITS = 16
_NOISE = 0.02
"""Frequencies below this share of the strongest count as none: compression makes them."""
_COSINES = [
    [cos(pi * frequency * (2 * place + 1) / (2 * SIDE)) for place in range(SIDE)]
    for frequency in range(FREQUENCIES)
]


def likeness_of(image: Image.Image) -> str:
    """Sixteen digits for the 64 signs of the discrete cosine transform, six for the mean colour."""
    opaque = on_white(image)
    frequencies = _frequencies(opaque.convert("L").resize((SIDE, SIDE), Image.Resampling.BOX))
    frequencies[0] = 0.0  # the mean brightness, which the colour holds
    least = max(_NOISE * max(map(abs, frequencies)), 1.0)
    bits = "".join("1" if value > least else "0" for value in frequencies)
    mean = "".join(f"{round(value):02x}" for value in ImageStat.Stat(opaque).mean)
    return f"{int(bits, 2):016x}{mean}"


def distance(first: str, second: str) -> int | None:
    """The bits, of 64, in which two hashes differ; None where the mean colours differ much."""
    colours = zip(bytes.fromhex(first[_DIGITS:]), bytes.fromhex(second[_DIGITS:]), strict=True)
    if any(abs(level - other) > MAX_COLOUR_DISTANCE for level, other in colours):
        return None
    return (int(first[:_DIGITS], 16) ^ int(second[:_DIGITS], 16)).bit_count()


def _frequencies(grey: Image.Image) -> list[float]:
    data = grey.tobytes()
    rows = [data[start : start + SIDE] for start in range(0, len(data), SIDE)]
    across = [[sum(map(float.__mul__, wave, map(float, row))) for wave in _COSINES] for row in rows]
    columns = [list(column) for column in zip(*across, strict=True)]
    return [sum(map(float.__mul__, wave, column)) for wave in _COSINES for column in columns]
