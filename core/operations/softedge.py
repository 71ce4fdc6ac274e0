"""Soft edges of an image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from core.operations.control.preprocessor import Preprocessor
from core.operations.declaration.fields import ui

if TYPE_CHECKING:
    from PIL.Image import Image


class SoftEdge(Preprocessor):
    """Draw the edges of an image as soft white lines on black."""

    name = "softedge"
    title = "Soft edges"
    summary = "Soft edges by the gradient, for a control model."

    sigma: float = Field(
        2.0,
        ge=0,
        le=10,
        title="Smoothing",
        description="Gaussian before the gradient, and the softness of the edges.",
        json_schema_extra=ui("slider", step=0.1, unit="px"),
    )

    def control_image(self, picture: Image) -> Image:
        """Soft white edges on black; the strongest is white."""
        from core.pictures.control.grey import levels, to_image
        from core.pictures.control.lines import soft_edges

        return to_image(soft_edges(levels(picture), self.sigma))
