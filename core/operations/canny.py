"""Canny edges of an image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from core.errors import InvalidInput
from core.operations.control.preprocessor import Preprocessor
from core.operations.declaration.base import Resolved
from core.operations.declaration.fields import ui
from core.operations.declaration.resolving import ResolveContext

if TYPE_CHECKING:
    from PIL.Image import Image


class Canny(Preprocessor):
    """Find the edges of an image as white lines of one pixel on black."""

    name = "canny"
    title = "Edges (Canny)"
    summary = "Edges by Canny's detector, for a control model."

    low_threshold: float = Field(
        0.1,
        ge=0,
        le=1,
        title="Low threshold",
        description="Gradient from which an edge goes on; 1 is a step from black to white.",
        json_schema_extra=ui("slider", step=0.01),
    )
    high_threshold: float = Field(
        0.2,
        ge=0,
        le=1,
        title="High threshold",
        description="Gradient that an edge must reach somewhere.",
        json_schema_extra=ui("slider", step=0.01),
    )
    sigma: float = Field(
        1.0,
        ge=0,
        le=10,
        title="Smoothing",
        description="Gaussian before the gradient: larger ignores texture.",
        json_schema_extra=ui("slider", step=0.1, unit="px"),
    )

    def resolve(self, ctx: ResolveContext) -> Resolved:
        """Refuse a low threshold above the high one."""
        if self.low_threshold > self.high_threshold:
            raise InvalidInput(
                f"The low threshold {self.low_threshold:g} is above the high one, "
                f"{self.high_threshold:g}.",
                field="low_threshold",
                fix="Lower it, or raise the high threshold.",
            )
        return Resolved(self)

    def control_image(self, picture: Image) -> Image:
        """Thin white edges on black."""
        from core.pictures.control.edges import canny
        from core.pictures.control.grey import to_image

        edges = canny(picture, self.low_threshold, self.high_threshold, self.sigma)
        return to_image(edges)
