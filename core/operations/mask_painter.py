"""A mask painted over an image, as a value."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from core.operations.declaration.base import Value
from core.operations.declaration.fields import Port, ui


class MaskPainter(Value):
    """White where something new may be drawn."""

    name = "mask_painter"
    title = "Mask painter"
    summary = "Paint a mask over an image."
    category = "input"
    inputs = (Port("image", "image"),)
    user_action = "Paint a mask over the image"
    outputs = (Port("mask", "mask"),)

    image: str | None = Field(
        None,
        max_length=64,
        title="Image to paint over",
        description="An asset's id; a wire comes first.",
        json_schema_extra=ui("image"),
    )
    mask: str | None = Field(
        None,
        max_length=64,
        title="Mask",
        description="An asset's id.",
        json_schema_extra=ui("hidden"),
    )

    def values(self) -> Mapping[str, str | None]:
        """The mask's asset id."""
        return {"mask": self.mask}
