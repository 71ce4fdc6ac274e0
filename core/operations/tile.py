"""A coarse image for a tile control model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from core.operations.control.preprocessor import Preprocessor
from core.operations.declaration.fields import ui

if TYPE_CHECKING:
    from PIL.Image import Image


class Tile(Preprocessor):
    """Take the detail out of an image, so that a tile control model draws it anew."""

    name = "tile"
    title = "Tile"
    summary = "The image without its detail, for a tile control model."

    factor: float = Field(
        4,
        ge=1,
        le=32,
        title="Factor",
        description="The image is scaled down by this factor and up again; 1 changes nothing.",
        json_schema_extra=ui("slider", step=0.5, unit="×"),
    )

    def control_image(self, picture: Image) -> Image:
        """The image scaled down and up again."""
        from core.pictures.control.reductions import tiled

        return tiled(picture, self.factor)
