"""The view of results."""

from __future__ import annotations

from core.operations.declaration.base import View
from core.operations.declaration.fields import Port


class ImageOutput(View):
    """Shows the images that arrive."""

    name = "image_output"
    title = "Image"
    summary = "Shows results; click one to enlarge it."
    category = "output"
    inputs = (Port("image", "image", many=True), Port("svg", "svg", many=True))
