"""Painting within a mask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import Field

from core.errors import InvalidInput
from core.operations.declaration.base import Context
from core.operations.declaration.fields import MaskPort, ui
from core.operations.diffusion.painting import FEATHER_MAX, Painting, View
from core.operations.diffusion.picture_sizes import check_mask, check_shape
from core.operations.diffusion.regional import Regional


class Inpaint(Regional, Painting):
    """Repaint what is white in a mask.

    The result has the image's size. What lies outside the mask and its soft edge comes back
    unchanged, pixel by pixel, transparency included; to the model what is transparent is white.
    A mask of another size but the same shape is scaled, and what is transparent in it is kept.
    """

    name = "inpaint"
    title = "Inpaint"
    summary = "Repaints the masked part of an image."
    category = "generator"
    at_root = True

    mask: MaskPort = Field(title="Mask")
    invert_mask: bool = Field(
        False,
        title="Invert mask",
        description="Repaint the black part instead.",
        json_schema_extra=ui("toggle"),
    )
    mask_feather: int = Field(
        8,
        ge=0,
        le=FEATHER_MAX,
        title="Mask feather",
        description="Distance outside the mask over which new content fades into the image.",
        json_schema_extra=ui("slider", step=1, unit="px"),
    )
    only_masked: bool = Field(
        False,
        title="Only masked",
        description="Draw only the masked part, as large as the model can.",
        json_schema_extra=ui("toggle"),
    )
    padding_mask_crop: int = Field(
        32,
        ge=0,
        le=2048,
        title="Padding",
        description="Context around the masked part, with `only_masked`.",
        json_schema_extra=ui("slider", step=1, unit="px", advanced=True),
    )

    def check_sizes(self, sizes: Mapping[str, Sequence[tuple[int, int]]]) -> None:
        """A strip that is too long is refused, and a mask that belongs to another image."""
        super().check_sizes(sizes)
        for picture in sizes.get("image", ()):
            check_shape(picture, "image")
            for mask in sizes.get("mask", ()):
                check_mask(mask, picture)

    def run(self, ctx: Context) -> None:
        """Mask and image are read once; every image has its own seed."""
        from PIL import ImageOps

        from core.engine.canvas import masks

        picture, given = ctx.image(self.image), ctx.image(self.mask)
        self.check_sizes({"image": [picture.size], "mask": [given.size]})
        mask = masks.grey(given, picture.size)
        mask = masks.feathered(
            ImageOps.invert(mask) if self.invert_mask else mask, self.mask_feather
        )
        if mask.getbbox() is None:
            raise InvalidInput(
                f"The mask is {'white' if self.invert_mask else 'black'} everywhere: nothing would "
                "be repainted.",
                field="mask",
                fix="Paint white what is to be repainted, or invert the mask.",
            )
        if mask.getextrema() == (255, 255):
            ctx.warn("mask_full", "The mask covers the whole image: all is repainted.", "mask")
        view = View(not self.only_masked, exact=False, padding=self.padding_mask_crop)
        self.paint(ctx, picture, mask, view)
