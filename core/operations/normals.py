"""A normal map from a depth map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from core.operations.control.preprocessor import Preprocessor
from core.operations.declaration.fields import ui

if TYPE_CHECKING:
    from PIL.Image import Image


class Normals(Preprocessor):
    """Compute the normals of the surfaces in a depth map, where near is white.

    Red points to the right, green up, blue to the viewer.
    """

    name = "normals"
    title = "Normals from depth"
    summary = "Normals of the surfaces in a depth map, for a control model."

    strength: float = Field(
        1.0,
        gt=0,
        le=20,
        title="Relief",
        description="Depth between black and white, in tenths of the longer side.",
        json_schema_extra=ui("slider", step=0.1),
    )
    sigma: float = Field(
        1.0,
        ge=0,
        le=10,
        title="Smoothing",
        description="Gaussian over the depth: larger ignores its steps.",
        json_schema_extra=ui("slider", step=0.1, unit="px"),
    )

    def control_image(self, picture: Image) -> Image:
        """The normal map of a depth map."""
        from core.pictures.control.grey import levels
        from core.pictures.control.surfaces import normals

        return normals(levels(picture), self.strength, self.sigma)
