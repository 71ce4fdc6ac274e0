"""A blurred image for a control model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from core.operations.control.preprocessor import Preprocessor
from core.operations.declaration.fields import ui

if TYPE_CHECKING:
    from PIL.Image import Image


class Blur(Preprocessor):
    """Blur an image, so that a control model keeps its light and colours."""

    name = "blur"
    title = "Blur"
    summary = "Gaussian blur, for a control model."

    radius: float = Field(
        16,
        ge=0,
        le=100,
        title="Radius",
        description="Standard deviation of the Gaussian.",
        json_schema_extra=ui("slider", step=0.5, unit="px"),
    )

    def control_image(self, picture: Image) -> Image:
        """The blurred image."""
        from core.pictures.control.reductions import blurred

        return blurred(picture, self.radius)
