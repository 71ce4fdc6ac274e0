"""The grey levels of an image for a control model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.operations.control.preprocessor import Preprocessor

if TYPE_CHECKING:
    from PIL.Image import Image


class Grayscale(Preprocessor):
    """Take the colours out of an image, so that a control model colours it."""

    name = "grayscale"
    title = "Greyscale"
    summary = "Grey levels, for a control model that colours."

    def control_image(self, picture: Image) -> Image:
        """The luma of every pixel."""
        from core.pictures.control.reductions import grey

        return grey(picture)
