"""Text to image."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from core.operations.declaration.base import Context, Resolved
from core.operations.declaration.fields import Port
from core.operations.declaration.resolving import ResolveContext
from core.operations.diffusion.controllable import check_control_shape
from core.operations.diffusion.regional import Regional
from core.operations.diffusion.sized import FixedSize

if TYPE_CHECKING:
    from core.models.library.model import Model


class Generate(Regional, FixedSize):
    """Draw images from a prompt."""

    name = "generate"
    title = "Generate"
    summary = "Generates images from a prompt."
    category = "generator"
    at_root = True
    outputs = (Port("image", "image", many=True),)
    varies_in_batch = frozenset({"prompt", "negative_prompt", "seed"})

    def resolve(self, ctx: ResolveContext) -> Resolved:
        """Resolve as a generation does; without a size, in the shape of the control image."""
        return super(Generate, self.in_shape_of_control(ctx)).resolve(ctx)

    def run(self, ctx: Context) -> None:
        """One image after the other, each from its own seed."""
        guidance, size = self.guidance(ctx), (self.width or 0, self.height or 0)
        for index, control in enumerate(guidance.controls):
            check_control_shape(control.image.size, size, index)
        given = guidance.covering(size).parameters
        self.draw_all(ctx, self.load(ctx), lambda draw: draw(**given))

    def batch_size(self, device: str, model_of: Callable[[str], Model]) -> int:
        """As the model says; a task of several images, with guidance or of measured drift runs
        alone."""
        guided = bool(self.control or self.reference or self.regions or self.measure_drift)
        if self.num_images > 1 or guided or not (self.model and self.width and self.height):
            return 1
        return model_of(self.model).batch_size(self.name, device, self.width, self.height)

    @staticmethod
    def run_batch(runs: Sequence[tuple[Generate, Context]]) -> None:
        """One image of each task, in one call of the pipeline."""
        *_, model = (operation.load(ctx) for operation, ctx in runs)
        plans = [operation.request.plans(ctx)[0] for operation, ctx in runs]
        drawings = [
            operation.request.drawing(ctx, plan)
            for (operation, ctx), plan in zip(runs, plans, strict=True)
        ]
        images = model.draw_batch(Generate.name, drawings)
        for (_, ctx), plan, image in zip(runs, plans, images, strict=True):
            ctx.note({**model.facts, "batched": len(runs)})
            ctx.add_image(image, seed=plan.seed, parameters=plan.metadata)
