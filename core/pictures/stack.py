"""The stack of filters: which there are, in which order, and how they are applied.

A new filter is one function and one entry here, and its field in core/operations/filter.py. The
order is fixed, so that the same settings always give the same pixels: frame (crop, mirror, rotate,
zoom), light and colour, detail, effect. A filter at its neutral value does not run at all, so
neutral settings give back the picture itself. Knows nothing of operations and tasks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from PIL.Image import Image

from core.pictures import detail, frame, tone
from core.pictures.channels import Colours, in_bands
from core.pictures.effects import EFFECTS

Settings = Mapping[str, Any]
Step = Callable[[Image], Image]


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter of the whole picture: the settings it reads, in the order it takes them."""

    settings: tuple[str, ...]
    apply: Callable[..., Image]


@dataclass(frozen=True, slots=True)
class Tone:
    """One filter of single pixels. Neighbours in the stack are computed in one go, unrounded."""

    setting: str
    apply: Callable[[Colours, float], Colours]

    @property
    def settings(self) -> tuple[str, ...]:
        """The one that it reads."""
        return (self.setting,)


def _effect(image: Image, name: str, amount: float) -> Image:
    chosen = EFFECTS.get(name)
    return chosen(image, amount) if chosen and amount > 0 else image


STACK: tuple[Filter | Tone, ...] = (
    Filter(("crop_top", "crop_left", "crop_bottom", "crop_right"), frame.crop),
    Filter(("mirror_type",), frame.mirror),
    Filter(("rotation_angle",), frame.rotate),
    Filter(("zoom",), frame.zoom),
    Tone("brightness", tone.brightness),
    Tone("contrast", tone.contrast),
    Tone("saturation", tone.saturation),
    Tone("vibrance", tone.vibrance),
    Tone("hue_angle", tone.hue),
    Tone("color_shift_r", tone.shift_red),
    Tone("color_shift_g", tone.shift_green),
    Tone("color_shift_b", tone.shift_blue),
    Tone("grayscale", tone.grayscale),
    Filter(("blur_radius",), detail.blur),
    Filter(("sharpness_factor",), detail.sharpness),
    Filter(("special_filter", "special_amount"), _effect),
)


def apply(
    image: Image, settings: Settings, neutral: Settings, told: Callable[[int, int], None]
) -> Image:
    """The picture (RGB or RGBA) with every filter that is not neutral.

    `neutral` names the value of each setting that changes nothing; `told` hears steps done and in
    all before each step, and may raise to stop.
    """
    steps = _steps(active(settings, neutral), settings)
    for done, step in enumerate(steps):
        told(done, len(steps))
        image = step(image)
    return image


def active(settings: Settings, neutral: Settings) -> list[Filter | Tone]:
    """The filters whose settings are not all neutral, in their order."""
    return [
        found for found in STACK if any(settings[name] != neutral[name] for name in found.settings)
    ]


def _steps(found: Iterable[Filter | Tone], settings: Settings) -> list[Step]:
    """What is done to the picture, one after the other; neighbouring tones are one step."""
    steps: list[Step] = []
    tones: list[Tone] = []
    for one in found:
        if isinstance(one, Tone):
            tones.append(one)
            continue
        if tones:
            steps.append(partial(_toned, tones, settings))
            tones = []
        steps.append(partial(_filtered, one, settings))
    return [*steps, partial(_toned, tones, settings)] if tones else steps


def _filtered(one: Filter, settings: Settings, image: Image) -> Image:
    return one.apply(image, *(settings[name] for name in one.settings))


def _toned(tones: list[Tone], settings: Settings, image: Image) -> Image:
    def change(colours: Colours, _top: int) -> Colours:
        for one in tones:
            colours = one.apply(colours, float(settings[one.setting]))
        return colours

    return in_bands(image, change)
