"""Resolving and drawing what has diffusion parameters. What a model can do is in its record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.configuration.declaration import SEED_MAX
from core.errors import InvalidInput, ModelMissing
from core.models.families import KNOWN_TO_MODELS
from core.models.families.samplers import SAMPLERS
from core.models.library.content import content_of
from core.models.library.vaes import vae_fingerprint
from core.models.progress import Drawing, ProgressCallback
from core.operations.declaration.base import Context, LoadedModel, Resolved, Warning
from core.operations.declaration.resolving import ResolveContext
from core.operations.diffusion import variants
from core.operations.diffusion.lora_choice import choose
from core.operations.diffusion.parameters import DiffusionParameters
from core.operations.diffusion.plans import ImagePlan, from_facts, plan_images, to_facts
from core.operations.diffusion.region_plans import Regions
from core.operations.diffusion.styling import TEXTS, styling, with_loras
from core.prompts.merging import StyleTemplate

if TYPE_CHECKING:
    from PIL.Image import Image

    from core.models.library.model import Model, WeightsSource


@dataclass(frozen=True, slots=True)
class DiffusionRequest:
    """An operation's parameters with the mode of the model that they are for.

    `count` images have a plan of their own. `regions` are those that act.
    """

    operation: DiffusionParameters
    mode: str
    count: int = 1
    regions: Regions = field(default_factory=dict)

    def model(self, ctx: ResolveContext) -> Model:
        """The model of the parameters, or the default. Raises `InvalidInput`, `ModelMissing`."""
        name = self.operation.model
        model = ctx.models.get(name) if name else ctx.models.default(self.mode)
        if self.mode not in model.modes:
            raise InvalidInput(
                f"{model.label} cannot do {self.operation.title.lower()}.",
                field="model",
                fix=f"Choose a model with the mode `{self.mode}`.",
            )
        return model

    def resolve(
        self,
        ctx: ResolveContext,
        model: Model,
        size: Mapping[str, int],
        notes: Sequence[Warning] = (),
    ) -> Resolved:
        """Fill in the model's defaults and `size`, draw the seed, plan every image.

        `notes` are the warnings that the size brought. Parameters that the model has no use for
        are named in warnings.
        """
        operation = self.operation
        styles = styling(operation.styles, ctx)
        own = choose(operation.loras, operation.lora_policy, model, ctx)
        listed = with_loras(own, styles, operation.loras, model, ctx)
        seed, policy = ctx.settings.seed(operation.seed)
        sampler = _sampler(operation, model)
        values: dict[str, Any] = {
            **_defaults(operation, model, self.mode),
            **size,
            "model": model.id,
            "loras": tuple(listed.uses),
            "styles": styles.ids,
            "seed": seed,
            **({"sampler": sampler} if sampler else {}),
            **variants.steps(operation, model, self.mode),
        }
        final = operation.model_copy(update=values)
        plans = plan_images(
            final,
            self.count,
            styles.wrapping,
            ctx,
            listed=operation.loras,
            regions=self.regions,
        )
        loras = listed.with_more(plans.loras)
        late = [name for name in TEXTS if not isinstance(getattr(final, name), str)]
        vae = ctx.models.vae(model, operation.vae) if operation.vae else None
        facts = {
            "seed": {"policy": policy, "value": seed},
            "model": model_facts(model, ctx),
            **loras.facts,
            **({"vae": {"id": operation.vae, "fingerprint": vae_fingerprint(vae)}} if vae else {}),
            **({"sampler": SAMPLERS[final.sampler].label} if final.sampler else {}),
            **styles.facts,
            **({"late_texts": late} if late else to_facts(final, plans)),
        }
        fingerprints = {
            **_fingerprints(model, operation.vae, vae),
            **loras.fingerprints,
            **styles.fingerprints,
            **plans.fingerprints,
        }
        variants.check(final, model, self.mode)
        ignored = _unsupported(operation, model, self.mode)
        ignored += variants.warnings(final, model, self.mode)
        warnings = (*ignored, *notes, *listed.warnings, *plans.warnings)
        return Resolved(final, warnings, facts, fingerprints)

    def load(self, ctx: Context) -> LoadedModel:
        """The model, ready to draw."""
        assert self.operation.model is not None  # resolved before it runs
        ctx.progress("loading", images=self.count)
        return ctx.models.get(self.operation.model, self.operation.vae)

    def plans(self, ctx: Context) -> Sequence[ImagePlan]:
        """The plan of each image, as it was resolved.

        A text that another task made is planned here, as `resolve` would have done; so are tasks
        that were stored before there were plans.
        """
        kept = ctx.facts.get("plans")
        if kept is not None and (not self.regions or any("regions" in plan for plan in kept)):
            return from_facts(self.operation, self.count, ctx.facts, self.regions)
        styles = ctx.facts.get("styles") or {}
        wrapping = StyleTemplate(**{name: styles[name] for name in TEXTS if name in styles})
        written = ctx.facts.get("prompts") or ()
        made = plan_images(
            self.operation,
            self.count,
            wrapping,
            ctx.resolver,
            written=written,
            regions=self.regions,
        )
        for warning in made.warnings:
            ctx.warn(warning.code, warning.detail, warning.field)
        if made.loras.facts and "loras" not in ctx.facts:
            ctx.note(made.loras.facts)
        return made.images

    def draw(
        self,
        ctx: Context,
        model: LoadedModel,
        plan: ImagePlan,
        report: ProgressCallback,
        seed: int | None = None,
        part: tuple[int, int] = (0, 1),
        **more: Any,
    ) -> Image:
        """One image of a plan; `more` replaces parameters, `seed` the plan's own.

        `part` is the index (from 0) and the number of parts that become one image: part i uses
        seed + i, and the progress is that of all of them.
        """
        parameters = {**self._parameters(plan), **more}
        if self.regions and "regions" in more:
            pairs = zip(more["regions"], plan.regions, strict=True)
            parameters["regions"] = [{**region, **own.parameters} for region, own in pairs]
        seed = ((plan.seed if seed is None else seed) + part[0]) % (SEED_MAX + 1)
        report = report if part[1] == 1 else _of_part(report, *part)
        try:
            return model.draw(self.mode, parameters, seed=seed, report=report, warn=ctx.warn)
        except (InvalidInput, ModelMissing) as error:
            if error.field == "loras" and not self.operation.loras:
                error.field = "prompt"  # nothing else named one
            raise

    def drawing(self, ctx: Context, plan: ImagePlan, **more: Any) -> Drawing:
        """The image of a plan, to be drawn with others or in layers; `more` replaces parameters."""
        return Drawing({**self._parameters(plan), **more}, plan.seed, ctx.progress, ctx.warn)

    def _parameters(self, plan: ImagePlan) -> dict[str, Any]:
        return {
            **dict(self.operation),
            "prompt": plan.prompt,
            "negative_prompt": plan.negative_prompt,
            "loras": plan.loras,
        }


def _of_part(report: ProgressCallback, index: int, count: int) -> ProgressCallback:
    """The progress of one part of `count`, as steps of all."""

    def reported(
        phase: str,
        *,
        step: int = 0,
        steps: int = 0,
        preview: Callable[[], bytes] | None = None,
    ) -> None:
        report(phase, step=index * steps + step, steps=count * steps, preview=preview)

    return reported


def model_facts(model: Model, ctx: ResolveContext) -> dict[str, Any]:
    """The snapshot's record of a model; of a single file its name, and its hash once known."""
    facts = {"id": model.id, "label": model.label, "fingerprint": model.fingerprint}
    if model.layout != "folder":
        facts["file"] = model.path.name
    sha256 = ctx.models.sha256(model.fingerprint)
    return {**facts, "sha256": sha256} if sha256 else facts


def _defaults(operation: DiffusionParameters, model: Model, mode: str) -> dict[str, Any]:
    """The model's values for parameters that the request left open; sizes are apart."""
    return {
        name: default
        for name, default in model.defaults(mode).items()
        if name in type(operation).model_fields and getattr(operation, name) is None
        if name not in ("width", "height")
    }


def _fingerprints(model: Model, vae_name: str | None, vae: WeightsSource | None) -> dict[str, str]:
    """The contents of a model, of its finisher and of another VAE."""
    return {
        f"model/{model.id}": model.fingerprint,
        **({f"finisher/{model.id}": content_of(model.finisher)} if model.finisher else {}),
        **({f"vae/{vae_name}": vae_fingerprint(vae)} if vae else {}),
    }


def _sampler(operation: DiffusionParameters, model: Model) -> str | None:
    """The sampler's id, of an id or a label."""
    if operation.sampler is None:
        return None
    wanted = operation.sampler.strip().lower()
    for sampler in model.samplers:
        if wanted in (sampler.id, sampler.label.lower()):
            return sampler.id
    raise InvalidInput(
        f"{model.label} has no sampler {operation.sampler!r}.",
        field="sampler",
        fix=f"It has: {', '.join(known.label for known in model.samplers) or 'only its own'}.",
    )


def _unsupported(operation: DiffusionParameters, model: Model, mode: str) -> list[Warning]:
    return [
        Warning("parameter_ignored", f"{model.label} has no use for this; it was ignored.", name)
        for name in sorted(operation.model_fields_set)
        if getattr(operation, name) != type(operation).model_fields[name].default
        and name in KNOWN_TO_MODELS
        and not model.supports(mode, name)
    ]
