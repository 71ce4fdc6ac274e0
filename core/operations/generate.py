"""Text to image."""

from __future__ import annotations

from core.operations.declaration.base import Context, Resolved
from core.operations.declaration.fields import Port
from core.operations.declaration.resolving import ResolveContext
from core.operations.diffusion.controllable import Controllable, check_control_shape
from core.operations.diffusion.sized import FixedSize


class Generate(Controllable, FixedSize):
    """Draw images from a prompt."""

    name = "generate"
    title = "Generate"
    summary = "Generates images from a prompt."
    category = "generator"
    at_root = True
    outputs = (Port("image", "image", many=True),)

    def resolve(self, ctx: ResolveContext) -> Resolved:
        """Resolve as a generation does; without a size, in the shape of the control image."""
        return super(Generate, self.in_shape_of_control(ctx)).resolve(ctx)

    def run(self, ctx: Context) -> None:
        """One image after the other, each from its own seed."""
        controls = self.controls(ctx)
        for index, control in enumerate(controls):
            check_control_shape(control.image.size, (self.width or 0, self.height or 0), index)
        given = [control.parameters for control in controls]
        self.draw_all(ctx, self.load(ctx), lambda draw: draw(control=given))
