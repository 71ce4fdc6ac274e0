"""Line art of an image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from core.operations.control.preprocessor import Preprocessor
from core.operations.declaration.fields import ui

if TYPE_CHECKING:
    from PIL.Image import Image


class LineArt(Preprocessor):
    """Draw the dark lines and borders of an image as white lines on black."""

    name = "lineart"
    title = "Line art"
    summary = "Lines by a difference of Gaussians, for a control model."

    sigma: float = Field(
        1.0,
        ge=0.3,
        le=10,
        title="Line width",
        description="About half the width of the lines.",
        json_schema_extra=ui("slider", step=0.1, unit="px"),
    )
    gain: float = Field(
        8,
        ge=1,
        le=50,
        title="Contrast",
        description="Higher draws weak lines too.",
        json_schema_extra=ui("slider", step=0.5, unit="×"),
    )

    def control_image(self, picture: Image) -> Image:
        """White lines on black."""
        from core.pictures.control.grey import levels, to_image
        from core.pictures.control.lines import line_art

        return to_image(line_art(levels(picture), self.sigma, self.gain))
