"""A small draft, enlarged and drawn again with more detail, or finished by another model."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from core.errors import InvalidInput
from core.operations.declaration.base import Context, LoadedModel, Resolved
from core.operations.declaration.fields import Port, ui
from core.operations.declaration.resolving import ResolveContext
from core.operations.diffusion.control_choice import choose_controls
from core.operations.diffusion.controllable import check_control_shape
from core.operations.diffusion.generation import Draw
from core.operations.diffusion.guidance import Guidance
from core.operations.diffusion.plans import ImagePlan
from core.operations.diffusion.regional import Regional
from core.operations.diffusion.request import DiffusionRequest
from core.operations.diffusion.second_pass import SECOND, SecondPass
from core.operations.diffusion.sized import FixedSize, redraw
from core.operations.diffusion.strips import framed_windows

if TYPE_CHECKING:
    from PIL.Image import Image

    from core.models.library.model import Model

OFF: Literal["off"] = "off"
INTERPOLATIONS = {
    OFF: "Off (the image, by Lanczos)",
    "nearest-exact": "Nearest (exact)",
    "bilinear": "Bilinear",
    "bicubic": "Bicubic",
    "area": "Area",
}


@dataclass(frozen=True, slots=True)
class _Draft:
    """An image of the first pass with its plan, and its latents where the second reads them."""

    plan: ImagePlan
    image: Image
    latents: list[Any] = field(default_factory=list)

    def scaled(self, factor: float) -> tuple[int, int]:
        return round(self.image.width * factor), round(self.image.height * factor)


class Refine(Regional, FixedSize):
    """Draw a draft in `width` × `height`, enlarge it, and draw its detail by image to image.

    Both passes have the same prompts, LoRAs, seed, controls, references and regions. The result is
    that of `generate`, `upscale` by Lanczos and `img2img` one after the other, bit for bit. With
    `latent_upscale` the latents are enlarged instead of the image. With `denoising_end` a refiner
    finishes the schedule of the draft, as diffusers' ensemble of expert denoisers does.
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
    latent_upscale: Literal["off", "nearest-exact", "bilinear", "bicubic", "area"] = Field(
        OFF,
        title="Latent upscale",
        description="Enlarges the latents by this interpolation, not the image by Lanczos. Blurred "
        "below a strength of about 0.5.",
        json_schema_extra=ui("select", choices=INTERPOLATIONS, advanced=True),
    )
    refine_strength: float = Field(
        0.45,
        gt=0,
        le=1,
        title="Refine strength",
        description="Denoising strength: near 0 keeps the draft, 1 ignores it.",
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
    refiner: str | None = Field(
        None,
        max_length=200,
        title="Refiner",
        description="The model of the second pass; empty takes that of the draft.",
        json_schema_extra=ui("model", mode=SECOND, advanced=True, placeholder="as the draft"),
    )
    denoising_end: float | None = Field(
        None,
        ge=0.05,
        le=0.95,
        title="Denoising end of the draft",
        description="Share of the schedule after which the refiner takes over, at the size of the "
        "draft; 0.8 is usual for the refiner of SDXL.",
        json_schema_extra=ui("number", step=0.05, advanced=True),
    )

    def resolve(self, ctx: ResolveContext) -> Resolved:
        """Resolve as a generation does; refuse what the second pass cannot do."""
        resolved = super(Refine, self.in_shape_of_control(ctx)).resolve(ctx)
        final = resolved.operation
        assert isinstance(final, Refine)
        first = ctx.models.get(final.model or "")
        passes = SecondPass(first, ctx.models.get(final.refiner) if final.refiner else first)
        passes.check()
        values = final._passes(passes)
        final = final.model_copy(update=values)
        final._check(passes)
        if self.control and passes.second.supports(SECOND, "control"):
            choose_controls(self.control, passes.second, SECOND, ctx)
        return replace(
            resolved,
            operation=final,
            warnings=(*resolved.warnings, *passes.warnings(self)),
            facts={**resolved.facts, **passes.facts(ctx)},
            fingerprints={**resolved.fingerprints, **passes.fingerprints},
        )

    def _passes(self, passes: SecondPass) -> dict[str, Any]:
        """The values of both passes, without those that the model has no use for."""
        without: dict[str, Any] = {"latent_upscale": OFF, "denoising_end": None}
        values = {
            name: value
            for name, value in without.items()
            if not passes.first.supports("generate", name)
        }
        ends = values.get("denoising_end", self.denoising_end)
        steps = self.num_inference_steps if ends else self.refine_steps or self.num_inference_steps
        refiner = None if passes.first.id == passes.second.id else passes.second.id
        return {**values, "refine_steps": steps, "refiner": refiner}

    def _check(self, passes: SecondPass) -> None:
        if self.denoising_end:
            passes.check_latents("denoising_end", "denoising_start")
            beside = "latent_upscale" if self._in_latents else ""
            if self.control and passes.second.supports(SECOND, "control"):
                beside = "control"  # the pipeline with a control image cannot start later
            if beside:
                raise InvalidInput(
                    f"`denoising_end` cannot be combined with `{beside}`.",
                    field="denoising_end",
                    fix=f"Leave `denoising_end` or `{beside}` out.",
                )
        elif self._in_latents:
            passes.check_latents("latent_upscale", "latent_upscale")
            self._check_enlarged(passes.second)

    def _check_enlarged(self, model: Model) -> None:
        """Refuse a size that the model cannot draw at once, because latents are not cut."""
        size = tuple(round(side * self.factor) for side in (self.width or 0, self.height or 0))
        snapped = model.snap(*size)
        if snapped != size:
            raise InvalidInput(
                f"{model.label} draws {snapped[0]}×{snapped[1]} instead of {size[0]}×{size[1]}.",
                field="factor",
                fix="Choose another factor, a smaller draft, or leave `latent_upscale` out.",
            )

    def run(self, ctx: Context) -> None:
        """All drafts, then all refinements, so that two models are loaded once each."""
        guidance, size = self.guidance(ctx), (self.width or 0, self.height or 0)
        for index, control in enumerate(guidance.controls):
            check_control_shape(control.image.size, size, index)
        drafts = self._drafts(ctx, guidance.covering(size).parameters)
        model = ctx.models.get(self.refiner) if self.refiner else self.load(ctx)
        for index, draft in enumerate(drafts):
            draw = self._second(ctx, model, draft.plan, self.num_images + index + 1)
            made = self._refined(ctx, model, draw, guidance, draft)
            ctx.note({"refined_by": model.facts} if self.refiner else model.facts)
            about: dict[str, Any] = {"seed": draft.plan.seed, "parameters": draft.plan.metadata}
            ctx.add_image(made, **about)
            ctx.add_image(draft.image, port="draft", **about)

    def _drafts(self, ctx: Context, given: dict[str, Any]) -> list[_Draft]:
        model, drafts = self.load(ctx), []
        for index, plan in enumerate(self.request.plans(ctx)):
            report = partial(ctx.progress, image=index + 1, images=2 * self.num_images)
            latents: list[Any] = []
            kept: dict[str, Any] = {"on_latents": latents.append} if self._hands_over else {}
            image = self.request.draw(ctx, model, plan, report, **given, **kept)
            drafts.append(_Draft(plan, image, latents))
        ctx.note(model.facts)
        return drafts

    @property
    def _hands_over(self) -> bool:
        return self._in_latents or bool(self.denoising_end)

    @property
    def _in_latents(self) -> bool:
        return self.latent_upscale != OFF

    def _second(self, ctx: Context, model: LoadedModel, plan: ImagePlan, image: int) -> Draw:
        """Draws with the parameters of the second pass."""
        another: dict[str, Any] = {"lora_policy": "skip"} if self.refiner else {}
        return partial(
            DiffusionRequest(self, SECOND, self.num_images).draw,
            ctx,
            model,
            plan,
            partial(ctx.progress, image=image, images=2 * self.num_images),
            strength=self.refine_strength,
            num_inference_steps=self.refine_steps,
            **another,
        )

    def _refined(
        self, ctx: Context, model: LoadedModel, draw: Draw, guidance: Guidance, draft: _Draft
    ) -> Image:
        from core.engine.auxiliary.enlarging import lanczos
        from core.engine.latents import resized

        size = draft.image.size if self.denoising_end else draft.scaled(self.factor)
        if self._hands_over:
            start: dict[str, Any] = {"latents": draft.latents[0]}
            if self.denoising_end:
                start["denoising_start"] = self.denoising_end
            else:
                scale = (size[0] / draft.image.width, size[1] / draft.image.height)
                start["latents"] = resized(draft.latents[0], scale, self.latent_upscale)
            seen = guidance.covering(size).parameters
            return draw(width=size[0], height=size[1], **start, **seen)
        passes = framed_windows(model, size)
        ctx.note({"drawn": [frame.record() for _, frame in passes]})
        return redraw(draw, passes, lanczos(draft.image, size), guidance.covering(size))
