"""A scribble of an image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from core.operations.control.preprocessor import Preprocessor
from core.operations.declaration.fields import ui

if TYPE_CHECKING:
    from PIL.Image import Image


class Scribble(Preprocessor):
    """Draw the strong outlines of an image as thick white strokes on black."""

    name = "scribble"
    title = "Scribble"
    summary = "Outlines as thick strokes, for a control model."

    sigma: float = Field(
        3.0,
        ge=0,
        le=10,
        title="Smoothing",
        description="Gaussian before the gradient: larger ignores texture.",
        json_schema_extra=ui("slider", step=0.1, unit="px"),
    )
    threshold: float = Field(
        0.1,
        ge=0,
        le=1,
        title="Threshold",
        description="Gradient that an outline must reach; 1 is a step from black to white.",
        json_schema_extra=ui("slider", step=0.01),
    )
    width: int = Field(
        4,
        ge=1,
        le=50,
        title="Stroke width",
        description="Width of the strokes.",
        json_schema_extra=ui("slider", step=1, unit="px"),
    )

    def control_image(self, picture: Image) -> Image:
        """White strokes on black."""
        from core.pictures.control.grey import levels, to_image
        from core.pictures.control.lines import scribble

        return to_image(scribble(levels(picture), self.sigma, self.threshold, self.width))
