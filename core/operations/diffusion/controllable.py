"""Operations whose images can follow control images."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from pydantic import model_validator

from core.errors import InvalidInput
from core.operations.declaration.base import Context, Resolved
from core.operations.declaration.resolving import ResolveContext
from core.operations.diffusion.control import Control
from core.operations.diffusion.control_choice import choose_controls
from core.operations.diffusion.control_use import (
    ControlImages,
    ControlsPort,
    ControlUse,
    lift_images,
)
from core.operations.diffusion.generation import Generation

if TYPE_CHECKING:
    from PIL.Image import Image

SHAPES_APART = 2.0  # times longer than the result: more than half of the image would be cut off
Size = tuple[int, int]  # width, height in pixels
Request = TypeVar("Request", bound="Controllable")


class Controllable(Generation):
    """Fields of controls, and their resolution. Each control acts on every image.

    An image of another shape than the result is scaled to cover it and cropped.
    """

    control: ControlsPort = ()
    control_image: ControlImages = ()

    _lift_images = model_validator(mode="before")(lift_images)

    def resolve(self, ctx: ResolveContext) -> Resolved:
        """Resolve as a generation does, with every ControlNet looked up."""
        resolved = super().resolve(ctx)
        final = resolved.operation
        assert isinstance(final, Controllable)
        model = ctx.models.get(final.model or "")
        if not self.control and not self.control_image and not model.family.own_control:
            return resolved
        if all(isinstance(image, str) for image in self.control_image):
            _check_count(self.control, len(self.control_image))
        mode = self.request.mode
        choice = choose_controls(self.control, model, mode, ctx)
        given = ["true_cfg_scale"] if (final.true_cfg_scale or 1) > 1 else []
        if (getattr(self, "strength", None) or 1) < 1:
            given.append("strength")
        return replace(
            resolved,
            operation=final.model_copy(update={"control": choice.uses}),
            warnings=(*resolved.warnings, *choice.warnings(mode, given)),
            facts={**resolved.facts, **choice.facts},
            fingerprints={**resolved.fingerprints, **choice.fingerprints},
        )

    def check_sizes(self, sizes: Mapping[str, Sequence[Size]]) -> None:
        """Refuse control images of quite another shape than the result."""
        super().check_sizes(sizes)
        for index, size in enumerate(sizes.get("control_image", ())):
            for result in self.asked_sizes(sizes):
                check_control_shape(size, result, index)

    def asked_sizes(self, sizes: Mapping[str, Sequence[Size]]) -> list[Size]:
        """The size of the result where it is known: as asked, else that of the image."""
        width, height = (getattr(self, name, None) for name in ("width", "height"))
        return [(width, height)] if width and height else list(sizes.get("image", ())[:1])

    def controls(self, ctx: Context) -> list[Control]:
        """The active controls with their images. Raises `InvalidInput` naming the control."""
        _check_count(self.control, len(self.control_image))
        controls = []
        for index, (use, asset) in enumerate(zip(self.control, self.control_image, strict=True)):
            if use.active:
                image = ctx.image(asset)
                _check_drawn(image, index)
                controls.append(Control(use, image))
        return controls

    def in_shape_of_control(self: Request, ctx: ResolveContext) -> Request:
        """The request with the size of its first control image, where no size is asked: about as
        many pixels as the model usually draws."""
        images = ctx.assets.get("control_image", ())
        if not images or any(getattr(self, name) for name in ("width", "height")):
            return self
        width, height = images[0].width or 0, images[0].height or 0
        if not width or not height:
            return self
        model = self.request.model(ctx)
        usual = model.defaults(self.request.mode)
        scale = math.sqrt(int(usual["width"]) * int(usual["height"]) / (width * height))
        snapped = model.snap(max(1, round(width * scale)), max(1, round(height * scale)))
        return self.model_copy(update={"width": snapped[0], "height": snapped[1]})


def check_control_shape(size: Size, result: Size, index: int) -> None:
    """Refuse a control image of which most would be cut off. Raises `InvalidInput`."""
    check_cover(size, result, "control image", f"control.{index}.image")


def check_cover(size: Size, result: Size, noun: str, field: str) -> None:
    """Refuse an image of which most would be cut off to cover a result. Raises `InvalidInput`."""
    ratio = size[0] * result[1] / (size[1] * result[0])
    if max(ratio, 1 / ratio) > SHAPES_APART:
        raise InvalidInput(
            f"A {noun} of {size[0]}×{size[1]} does not fit a result of "
            f"{result[0]}×{result[1]}: more than half of it would be cut off.",
            field=field,
            fix=f"Send a {noun} in the shape of the result, or ask for its size.",
        )


def _check_count(controls: Sequence[ControlUse], images: int) -> None:
    if len(controls) != images:
        raise InvalidInput(
            f"{len(controls)} controls came with {images} control images.",
            field="control",
            fix="Give every control one image.",
        )


def _check_drawn(image: Image, index: int) -> None:
    from core.pictures.control.grey import opaque

    if all(low == high for low, high in (band.getextrema() for band in opaque(image).split())):
        raise InvalidInput(
            f"The image of control {index + 1} has one colour: it would guide nothing.",
            field=f"control.{index}.image",
            fix="Send another image, or lower the thresholds of its pre-processor.",
        )
