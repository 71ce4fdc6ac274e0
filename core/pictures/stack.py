"""The stack of filters, in their order, and their application to an image.

A new filter is one function and one entry here, and its field in core/operations/filter.py. The
order is fixed, so that the same settings always give the same pixels: geometry (crop, mirror,
rotate, zoom), light and colour, detail, effect. A filter at its neutral value does not run, so
neutral settings return the image itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from PIL.Image import Image

from core.pictures import detail, geometry, tone
from core.pictures.channels import Colours, in_bands
from core.pictures.effects import EFFECTS

Settings = Mapping[str, Any]
Step = Callable[[Image], Image]


@dataclass(frozen=True, slots=True)
class SpatialFilter:
    """A filter of the whole image; `settings` are the arguments of `apply`, in order."""

    settings: tuple[str, ...]
    apply: Callable[..., Image]


@dataclass(frozen=True, slots=True)
class PointFilter:
    """A filter of single pixels. Neighbours in the stack are computed together, unrounded."""

    setting: str
    apply: Callable[[Colours, float], Colours]

    @property
    def settings(self) -> tuple[str, ...]:
        """The setting, in the form of `SpatialFilter.settings`."""
        return (self.setting,)


def _effect(image: Image, name: str, amount: float) -> Image:
    chosen = EFFECTS.get(name)
    return chosen(image, amount) if chosen and amount > 0 else image


STACK: tuple[SpatialFilter | PointFilter, ...] = (
    SpatialFilter(
        ("crop_top", "crop_left", "crop_bottom", "crop_right", "crop_aspect"), geometry.crop
    ),
    SpatialFilter(("mirror_type",), geometry.mirror),
    SpatialFilter(("rotation_angle",), geometry.rotate),
    SpatialFilter(("zoom",), geometry.zoom),
    PointFilter("brightness", tone.brightness),
    PointFilter("contrast", tone.contrast),
    PointFilter("saturation", tone.saturation),
    PointFilter("vibrance", tone.vibrance),
    PointFilter("hue_angle", tone.hue),
    PointFilter("color_shift_r", tone.shift_red),
    PointFilter("color_shift_g", tone.shift_green),
    PointFilter("color_shift_b", tone.shift_blue),
    PointFilter("grayscale", tone.grayscale),
    SpatialFilter(("blur_radius",), detail.blur),
    SpatialFilter(("sharpness_factor",), detail.sharpness),
    SpatialFilter(("special_filter", "special_amount"), _effect),
)


def apply(
    image: Image, settings: Settings, neutral: Settings, on_progress: Callable[[int, int], None]
) -> Image:
    """Apply every filter that is not neutral to an image (RGB or RGBA).

    `neutral` holds the value of each setting that changes nothing. `on_progress` gets the number
    of finished steps and of all before each step, and may raise to stop.
    """
    steps = _steps(active(settings, neutral), settings)
    for done, step in enumerate(steps):
        on_progress(done, len(steps))
        image = step(image)
    return image


def active(settings: Settings, neutral: Settings) -> list[SpatialFilter | PointFilter]:
    """List the filters with a setting that is not neutral, in their order."""
    return [
        entry for entry in STACK if any(settings[name] != neutral[name] for name in entry.settings)
    ]


def _steps(filters: Iterable[SpatialFilter | PointFilter], settings: Settings) -> list[Step]:
    """The steps for an image, in order; neighbouring point filters are one step."""
    steps: list[Step] = []
    points: list[PointFilter] = []
    for entry in filters:
        if isinstance(entry, PointFilter):
            points.append(entry)
            continue
        if points:
            steps.append(partial(_apply_points, points, settings))
            points = []
        steps.append(partial(_apply_spatial, entry, settings))
    return [*steps, partial(_apply_points, points, settings)] if points else steps


def _apply_spatial(spatial: SpatialFilter, settings: Settings, image: Image) -> Image:
    return spatial.apply(image, *(settings[name] for name in spatial.settings))


def _apply_points(points: list[PointFilter], settings: Settings, image: Image) -> Image:
    def change(colours: Colours, _top: int) -> Colours:
        for point in points:
            colours = point.apply(colours, float(settings[point.setting]))
        return colours

    return in_bands(image, change)
