"""Painting beyond the edges of an image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field

from core.errors import InvalidInput
from core.operations.declaration.base import Context
from core.operations.declaration.fields import ui
from core.operations.diffusion.painting import FEATHER_MAX, Painting, View
from core.operations.diffusion.picture_sizes import check_shape
from core.operations.diffusion.regional import Regional

SIDES = ("top", "right", "bottom", "left")
PIXELS_MAX = 50_000_000  # as many as an upload may have
PERCENT_MAX = 400


class Outpaint(Regional, Painting):
    """Make an image larger and paint what is new.

    The image itself comes back unchanged, pixel by pixel; the soft seam lies in the new part.
    """

    name = "outpaint"
    title = "Outpaint"
    summary = "Extends an image beyond its edges."
    category = "generator"
    at_root = True

    top: float = Field(
        0,
        ge=0,
        le=8192,
        title="Top",
        description="Room above the image.",
        json_schema_extra=ui("frame", step=8, side="top"),
    )
    right: float = Field(
        0,
        ge=0,
        le=8192,
        title="Right",
        description="Room right of the image.",
        json_schema_extra=ui("frame", step=8, side="right"),
    )
    bottom: float = Field(
        0,
        ge=0,
        le=8192,
        title="Bottom",
        description="Room below the image.",
        json_schema_extra=ui("frame", step=8, side="bottom"),
    )
    left: float = Field(
        0,
        ge=0,
        le=8192,
        title="Left",
        description="Room left of the image.",
        json_schema_extra=ui("frame", step=8, side="left"),
    )
    unit: Literal["px", "percent"] = Field(
        "px",
        title="Unit",
        description="Pixels, or percent of the image's width and height.",
        json_schema_extra=ui("select", choices={"px": "Pixels", "percent": "Percent"}),
    )
    mask_feather: int = Field(
        16,
        ge=0,
        le=FEATHER_MAX,
        title="Mask feather",
        description="Distance over which the image's mirrored edge fades into new content.",
        json_schema_extra=ui("slider", step=1, unit="px"),
    )

    def check_sizes(self, sizes: Mapping[str, Sequence[tuple[int, int]]]) -> None:
        """Nothing to add is refused, and so is a result that is too large or too thin."""
        given = {side: getattr(self, side) for side in SIDES}
        largest = max(given, key=lambda side: given[side])
        if self.unit == "percent" and given[largest] > PERCENT_MAX:
            raise InvalidInput(
                f"{given[largest]:g} percent is too much.",
                field=largest,
                fix=f"At most {PERCENT_MAX} percent can be added to a side.",
            )
        for picture in sizes.get("image", ()):
            top, right, bottom, left = self.added(picture)
            size = (picture[0] + left + right, picture[1] + top + bottom)
            if size == picture:
                raise InvalidInput(
                    "Nothing is added on any side.",
                    field="right",
                    fix="Say how much: top, right, bottom or left.",
                )
            if size[0] * size[1] > PIXELS_MAX:
                raise InvalidInput(
                    f"The result would be {size[0]}×{size[1]}; at most {PIXELS_MAX} pixels are "
                    "drawn.",
                    field=largest,
                    fix="Add less, or make the image smaller first.",
                )
            check_shape(size, largest)

    def added(self, picture: tuple[int, int]) -> tuple[int, int, int, int]:
        """Pixels that an image of (width, height) grows by: top, right, bottom, left."""
        across, down = (1.0, 1.0)
        if self.unit == "percent":
            across, down = picture[0] / 100, picture[1] / 100
        return (
            round(self.top * down),
            round(self.right * across),
            round(self.bottom * down),
            round(self.left * across),
        )

    def run(self, ctx: Context) -> None:
        """The canvas is made once; every image paints its edges with its own seed."""
        from core.engine.canvas.widening import widened

        picture = ctx.image(self.image)
        self.check_sizes({"image": [picture.size]})
        top, right, bottom, left = self.added(picture.size)
        size = (picture.width + left + right, picture.height + top + bottom)
        canvas, mask = widened(picture, left, top, size, self.mask_feather)
        view = View(whole=True, exact=True, padding=max(top, right, bottom, left))
        self.paint(ctx, canvas, mask, view)
