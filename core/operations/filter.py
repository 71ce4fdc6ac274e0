"""A stack of filters over an image."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from core.errors import InvalidInput
from core.operations.declaration.base import Context, Operation, Resolved
from core.operations.declaration.fields import ImagePort, Port, ui
from core.operations.declaration.resolving import ResolveContext


def _slider(neutral: float, least: float, most: float, title: str, group: str, **more: Any) -> Any:
    """A filter's field: a number that changes nothing at `neutral`."""
    description = more.pop("description", None)
    hint = ui("slider", step=more.pop("step", 0.01), unit=more.pop("unit", None), group=group)
    hint["ui"] |= {"neutral": neutral, **more}
    return Field(
        neutral, ge=least, le=most, title=title, description=description, json_schema_extra=hint
    )


def _crop(side: str) -> Any:
    """The share of a side that is cropped."""
    return _slider(
        0.0,
        0,
        95,
        f"Crop {side}",
        "Frame",
        unit="%",
        step=0.5,
        handle=side,
        advanced=True,
        description="Share of the side that is cut off.",
    )


def _shift(colour: str) -> Any:
    """The shift of a colour channel."""
    return _slider(
        0,
        -100,
        100,
        f"Shift {colour}",
        "Colour",
        unit="levels",
        step=1,
        advanced=True,
        description=f"Added to the {colour} of every pixel.",
    )


class Filter(Operation):
    """Change an image's light, colour, detail and frame. Neutral values change nothing.

    Applied in the order of `core.pictures.stack`, the frame first, whatever order they are sent in.
    """

    name = "filter"
    title = "Filter"
    summary = "Light, colour, detail, crop and effects; the input image stays."
    category = "generator"
    lane = "cpu"
    short = True
    transient = True
    outputs = (Port("image", "image"),)

    image: ImagePort = Field(title="Image")

    brightness: float = _slider(
        1, 0, 2, "Brightness", "Light", unit="×", description="1 changes nothing."
    )
    contrast: float = _slider(
        1, 0, 2, "Contrast", "Light", unit="×", description="1 changes nothing."
    )
    saturation: float = _slider(
        1, 0, 2, "Saturation", "Colour", unit="×", description="0 is grey; 1 changes nothing."
    )
    vibrance: float = _slider(
        0, -1, 1, "Vibrance", "Colour", description="Saturation that spares strong colours."
    )
    hue_angle: float = _slider(
        0, -180, 180, "Hue", "Colour", unit="°", step=1, description="Turns all colours."
    )
    color_shift_r: float = _shift("red")
    color_shift_g: float = _shift("green")
    color_shift_b: float = _shift("blue")
    grayscale: bool = Field(
        False,
        title="Greyscale",
        description="Takes all colour away.",
        json_schema_extra=ui("toggle", group="Colour", advanced=True),
    )
    blur_radius: float = _slider(
        0, 0, 50, "Blur", "Detail", unit="px", step=0.5, description="Gaussian."
    )
    sharpness_factor: float = _slider(
        1, 0, 5, "Sharpness", "Detail", unit="×", step=0.05, description="1 changes nothing."
    )
    special_filter: Literal[
        "none", "sepia", "contour", "negative", "emboss", "pixelize", "vignette"
    ] = Field(
        "none",
        title="Effect",
        description="Applied last.",
        json_schema_extra=ui("select", group="Effect"),
    )
    special_amount: float = _slider(
        1, 0, 1, "Effect strength", "Effect", description="How strong the effect is."
    )
    crop_top: float = _crop("top")
    crop_left: float = _crop("left")
    crop_bottom: float = _crop("bottom")
    crop_right: float = _crop("right")
    crop_aspect: Literal["free", "original", "1:1", "4:3", "3:4", "3:2", "2:3", "16:9", "9:16"] = (
        Field(
            "free",
            title="Aspect ratio",
            description="Width to height of what the crop leaves, before a rotation; cut evenly "
            "from both sides.",
            json_schema_extra=ui("select", group="Frame", handle="aspect", advanced=True),
        )
    )
    mirror_type: Literal["none", "horizontal", "vertical", "both"] = Field(
        "none",
        title="Mirror",
        description="Swaps left and right, top and bottom, or both.",
        json_schema_extra=ui("select", group="Frame", handle="mirror", advanced=True),
    )
    rotation_angle: float = _slider(
        0,
        -180,
        180,
        "Rotate",
        "Frame",
        unit="°",
        step=0.5,
        handle="angle",
        advanced=True,
        description="Clockwise. Quarter turns are exact; others leave transparent corners.",
    )
    zoom: float = _slider(
        1, 1, 4, "Zoom", "Frame", unit="×", advanced=True, description="Into the middle."
    )

    def resolve(self, ctx: ResolveContext) -> Resolved:
        """Something of the image stays."""
        for near, far in (("crop_left", "crop_right"), ("crop_top", "crop_bottom")):
            if getattr(self, near) + getattr(self, far) > 95:
                raise InvalidInput(
                    f"{near} and {far} together take more than 95 % of the image.",
                    field=far,
                    fix="Crop less of one of them.",
                )
        return Resolved(self)

    @classmethod
    def neutral(cls) -> dict[str, Any]:
        """The value of every filter that changes nothing."""
        fields = cls.model_fields.items()
        return {name: field.default for name, field in fields if name != "image"}

    def run(self, ctx: Context) -> None:
        """One image in, one out, with the same maths for a look and for keeping."""
        from core.pictures.stack import apply

        picture = ctx.image(self.image)
        settings = self.model_dump(exclude={"image"})
        done = apply(
            picture,
            settings,
            self.neutral(),
            lambda step, steps: ctx.progress("filtering", step=step, steps=steps),
        )
        ctx.add_image(done)
