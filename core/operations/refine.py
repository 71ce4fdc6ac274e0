"""A small draft, enlarged and drawn again with more detail."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from core.errors import InvalidInput
from core.operations.declaration.base import Context, LoadedModel, Resolved
from core.operations.declaration.fields import Port, ui
from core.operations.declaration.resolving import ResolveContext
from core.operations.diffusion.control_choice import choose_controls
from core.operations.diffusion.controllable import check_control_shape
from core.operations.diffusion.guidance import Guidance
from core.operations.diffusion.plans import ImagePlan
from core.operations.diffusion.regional import Regional
from core.operations.diffusion.request import DiffusionRequest
from core.operations.diffusion.sized import FixedSize, redraw
from core.operations.diffusion.strips import framed_windows

if TYPE_CHECKING:
    from PIL.Image import Image

SECOND = "img2img"  # the mode of the second pass


class Refine(Regional, FixedSize):
    """Draw a draft in `width` × `height`, enlarge it, and draw its detail by image to image.

    Both passes have the same prompts, LoRAs, seed, controls, references and regions. The result is
    that of `generate`, `upscale` by Lanczos and `img2img` one after the other, bit for bit.
    """

    name = "refine"
    mode: ClassVar[str | None] = "generate"
    title = "Draft and refine"
    summary = "Draws a small draft, enlarges it, and draws its detail."
    category = "generator"
    outputs = (Port("image", "image", many=True), Port("draft", "image", many=True))

    factor: float = Field(
        2.0,
        gt=1,
        le=4,
        title="Factor",
        description="Multiplies width and height of the draft.",
        json_schema_extra=ui("slider", step=0.25, unit="×"),
    )
    refine_strength: float = Field(
        0.45,
        gt=0,
        le=1,
        title="Denoising strength of the refinement",
        description="Near 0 keeps the draft, 1 ignores it.",
        json_schema_extra=ui("slider", step=0.05),
    )
    refine_steps: int | None = Field(
        None,
        ge=1,
        le=100,
        title="Steps of the refinement",
        description="Of the whole schedule, of which the strength runs a part; empty takes those "
        "of the draft.",
        json_schema_extra=ui("number", advanced=True, placeholder="as the draft"),
    )

    def resolve(self, ctx: ResolveContext) -> Resolved:
        """Resolve as a generation does; refuse what the second pass cannot do."""
        resolved = super(Refine, self.in_shape_of_control(ctx)).resolve(ctx)
        final = resolved.operation
        assert isinstance(final, Refine)
        model = ctx.models.get(final.model or "")
        if SECOND not in model.modes:
            raise InvalidInput(
                f"{model.label} cannot refine an image.",
                field="model",
                fix=f"Choose a model with the mode `{SECOND}`.",
            )
        if self.control:
            choose_controls(self.control, model, SECOND, ctx)
        steps = final.refine_steps or final.num_inference_steps
        return replace(resolved, operation=final.model_copy(update={"refine_steps": steps}))

    def run(self, ctx: Context) -> None:
        """One image after the other, each from its own seed."""
        guidance, size = self.guidance(ctx), (self.width or 0, self.height or 0)
        for index, control in enumerate(guidance.controls):
            check_control_shape(control.image.size, size, index)
        model = self.load(ctx)
        for index, plan in enumerate(self.request.plans(ctx)):
            draft = self._draft(ctx, model, plan, guidance, index)
            made = self._refined(ctx, model, plan, guidance, index, draft)
            ctx.note(model.facts)
            ctx.add_image(made, seed=plan.seed, parameters=plan.metadata)
            ctx.add_image(draft, port="draft", seed=plan.seed, parameters=plan.metadata)

    def _draft(
        self, ctx: Context, model: LoadedModel, plan: ImagePlan, guidance: Guidance, index: int
    ) -> Image:
        report = partial(ctx.progress, image=2 * index + 1, images=2 * self.num_images)
        given = guidance.covering((self.width or 0, self.height or 0)).parameters
        return self.request.draw(ctx, model, plan, report, **given)

    def _refined(
        self,
        ctx: Context,
        model: LoadedModel,
        plan: ImagePlan,
        guidance: Guidance,
        index: int,
        draft: Image,
    ) -> Image:
        from core.engine.auxiliary.enlarging import lanczos

        size = (round(draft.width * self.factor), round(draft.height * self.factor))
        passes = framed_windows(model, size)
        ctx.note({"drawn": [frame.record() for _, frame in passes]})
        draw = partial(
            DiffusionRequest(self, SECOND, self.num_images).draw,
            ctx,
            model,
            plan,
            partial(ctx.progress, image=2 * index + 2, images=2 * self.num_images),
            strength=self.refine_strength,
            num_inference_steps=self.refine_steps,
        )
        return redraw(draw, passes, lanczos(draft, size), guidance.covering(size))
