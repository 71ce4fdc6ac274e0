"""Text to image."""

from __future__ import annotations

from core.operations.declaration.base import Context
from core.operations.declaration.fields import Port
from core.operations.diffusion.sized import FixedSize


class Generate(FixedSize):
    """Draw images from a prompt."""

    name = "generate"
    title = "Generate"
    summary = "Generates images from a prompt."
    category = "generator"
    at_root = True
    outputs = (Port("image", "image", many=True),)

    def run(self, ctx: Context) -> None:
        """One image after the other, each from its own seed."""
        self.draw_all(ctx, self.load(ctx), lambda draw: draw())
