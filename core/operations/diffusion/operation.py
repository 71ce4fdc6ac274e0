"""What all share that a diffusion model draws: their parameters and how they are resolved.

Parameter names are diffusers'. What a model can and cannot do is read from its record.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from core.errors import InvalidInput, ModelMissing
from core.models.families import KNOWN_TO_MODELS
from core.models.families.samplers import SAMPLERS
from core.models.library.content import text_content
from core.models.library.vaes import vae_fingerprint
from core.models.progress import ProgressCallback
from core.operations.declaration.base import Context, LoadedModel, Resolved, Warning
from core.operations.declaration.fields import SEED_MAX, PortField, ui
from core.operations.declaration.resolving import ResolveContext
from core.operations.diffusion.lora_choice import choose
from core.operations.diffusion.lora_use import LorasPort
from core.operations.diffusion.prompt_loras import read, settled, worn
from core.operations.diffusion.prompted import Prompted
from core.operations.diffusion.styling import TEXTS, StylesPort, styling, with_loras, written
from core.prompts.dynamic import Lines
from core.prompts.merging import Wrapping

if TYPE_CHECKING:
    from PIL.Image import Image

    from core.models.library.model import Model


class DiffusionOperation(Prompted):
    """Parameters common to everything that draws with a diffusion model, but for the size."""

    mode: ClassVar[str | None] = None  # what the model must be able to do, if not `name`

    true_cfg_scale: float | None = Field(
        None,
        ge=1,
        le=30,
        title="True guidance",
        description="Above 1 the negative prompt counts; each step takes twice as long.",
        json_schema_extra=ui("slider", step=0.1, from_model=True, advanced=True),
    )
    sampler: str | None = Field(
        None,
        max_length=100,
        title="Sampler",
        description="How noise is removed; empty is the model's own.",
        json_schema_extra=ui("select", from_list="samplers", advanced=True),
    )
    clip_skip: int | None = Field(
        None,
        ge=1,
        le=4,
        title="CLIP skip",
        description="Layers of the text encoder that are left out.",
        json_schema_extra=ui("number", advanced=True),
    )
    vae: str | None = Field(
        None,
        max_length=300,
        title="VAE",
        description="Another VAE than the model's own: its id or content hash.",
        json_schema_extra=ui("select", from_list="vaes", advanced=True),
    )
    loras: LorasPort = ()
    styles: StylesPort = ()
    lora_policy: Literal["refuse", "skip"] = Field(
        "refuse",
        title="Unfit LoRAs",
        description="What happens to a LoRA that does not fit the model.",
        json_schema_extra=ui("hidden"),
    )
    seed: Annotated[int | None, PortField("settings", "settings")] = Field(
        None,
        ge=0,
        le=SEED_MAX,
        title="Seed",
        description="The same seed draws the same picture; empty draws a new one.",
        json_schema_extra=ui("seed"),
    )

    def resolve(self, ctx: ResolveContext) -> Resolved:
        """Fill in the model's defaults and the size, draw the seed, name what is ignored."""
        model = self.model_of(ctx)
        styles = styling(self.styles, ctx)
        own = choose(self.loras, self.lora_policy, model, ctx)
        loras = with_loras(own, styles, self.loras, model, ctx)
        size, snapped = self.sized(model)
        sampler = _sampler(self, model)
        values: dict[str, Any] = dict(self)
        values |= {
            name: default
            for name, default in model.defaults(self.ability()).items()
            if name in values and values[name] is None and name not in ("width", "height")
        }
        values |= {"model": model.id, **size}
        values["loras"] = tuple(loras.uses)
        values["styles"] = styles.ids
        values["sampler"] = sampler or values["sampler"]
        values["seed"] = secrets.randbelow(SEED_MAX + 1) if self.seed is None else self.seed
        final = type(self).model_validate(values)
        lists: dict[str, str] = {}

        def lines(name: str) -> Sequence[str]:
            found = ctx.prompts.wildcards(name)
            lists[f"wildcards/{name}"] = text_content("\n".join(found))
            return found

        texts = final.known_texts(styles.wrapping, lines)
        listed = (*self.loras, *loras.uses)
        prompts = [one["prompt"] for one in texts]
        named, meant = settled(prompts, listed, self.lora_policy, model, ctx)
        loras = loras.with_more(named)
        warnings = [*_unsupported(self, model), *snapped, *loras.warnings]
        facts = {
            "seed": {
                "policy": "random" if self.seed is None else "manual",
                "value": values["seed"],
            },
            "model": model_facts(model, ctx),
            **loras.facts,
            **({"prompt_loras": meant} if meant else {}),
            **_vae_facts(self, model, ctx),
            **_sampler_facts(final),
            **styles.facts,
            **final.prompts_facts(texts),
        }
        fingerprints = {
            f"model/{model.id}": model.fingerprint,
            **({f"vae/{self.vae}": facts["vae"]["fingerprint"]} if self.vae else {}),
            **loras.fingerprints,
            **styles.fingerprints,
            **lists,
        }
        return Resolved(final, tuple(warnings), facts, fingerprints)

    def model_of(self, ctx: ResolveContext) -> Model:
        """The model that is asked for, or the usual one. Raises `InvalidInput`, `ModelMissing`."""
        mode = self.ability()
        model = ctx.models.get(self.model) if self.model else ctx.models.default(mode)
        if mode not in model.modes:
            raise InvalidInput(
                f"{model.label} cannot do {self.title.lower()}.",
                field="model",
                fix=f"Choose a model with the mode `{mode}`: see /api/models.",
            )
        return model

    @classmethod
    def ability(cls) -> str:
        """What its model must be able to do."""
        return cls.mode or cls.name

    def count(self) -> int:
        """How many pictures have a seed and a prompt of their own."""
        return 1

    def sized(self, model: Model) -> tuple[Mapping[str, int], Sequence[Warning]]:
        """The values of `width` and `height` that will run, where there are such fields, and what
        is to be said of them."""
        return {}, ()

    def load(self, ctx: Context) -> LoadedModel:
        """The model, ready to draw."""
        assert self.model is not None  # resolved before it runs
        ctx.progress("loading", images=self.count())
        return ctx.models.get(self.model, self.vae)

    def draw(
        self,
        ctx: Context,
        model: LoadedModel,
        texts: Mapping[str, str],
        report: ProgressCallback,
        seed: int,
        **more: Any,
    ) -> Image:
        """One picture of these texts; `more` stands in for fields. What the texts name by signs is
        applied, and no word of it is drawn."""
        prompt, signs = read(texts["prompt"])
        negative, avoided = read(texts["negative_prompt"], "negative_prompt")
        if avoided:
            detail = "A LoRA cannot be avoided: it has no effect there. A negative weight may help."
            ctx.warn("lora_ignored", detail, "negative_prompt")
        loras = worn(self.loras, signs, ctx.facts.get("prompt_loras", {}))
        given = {
            **dict(self),
            "prompt": prompt,
            "negative_prompt": negative,
            "loras": loras,
            **more,
        }
        try:
            return model.draw(self.ability(), given, seed=seed, report=report, warn=ctx.warn)
        except (InvalidInput, ModelMissing) as error:
            if error.field == "loras" and not self.loras:
                error.field = "prompt"  # nothing else named one
            raise

    def said(self, ctx: Context, texts: Mapping[str, str]) -> dict[str, Any]:
        """What one picture should tell of itself: its own texts and the LoRAs they name, where
        these are not simply the parameters."""
        own: dict[str, Any] = {
            name: text for name, text in texts.items() if text != getattr(self, name)
        }
        _, signs = read(texts["prompt"])
        if signs:
            loras = worn(self.loras, signs, ctx.facts.get("prompt_loras", {}))
            own["loras"] = [{"name": use.name, "weight": use.weight} for use in loras]
        return own

    def known_texts(self, wrapping: Wrapping, lines: Lines) -> list[dict[str, str]]:
        """The texts of each image as they are drawn; one that another task will make is empty."""
        own = {name: getattr(self, name) for name in TEXTS}
        known = {name: text if isinstance(text, str) else "" for name, text in own.items()}
        return [
            written(known, wrapping, self.seed_of(index), lines) for index in range(self.count())
        ]

    def prompts_facts(self, texts: Sequence[Mapping[str, str]]) -> dict[str, Any]:
        """For the snapshot: the texts of each image, where they are not simply what was written.

        A text that another task will make is settled when it is there.
        """
        own = {name: getattr(self, name) for name in TEXTS}
        later = any(not isinstance(text, str) for text in own.values())
        if later or all(one == own for one in texts):
            return {}
        return {"prompts": texts}

    def texts(self, ctx: Context, index: int) -> dict[str, str]:
        """Prompt and negative prompt of image `index` (from 0), as they are drawn."""
        if settled := ctx.facts.get("prompts"):
            return dict(settled[index])
        added = ctx.facts.get("styles") or {}
        wrapping = Wrapping(**{name: added[name] for name in TEXTS if name in added})
        own = {name: str(getattr(self, name)) for name in TEXTS}
        return written(own, wrapping, self.seed_of(index), ctx.wildcards)

    def seed_of(self, index: int) -> int:
        """The seed of image `index` (from 0)."""
        assert self.seed is not None  # resolved before it runs
        return (self.seed + index) % (SEED_MAX + 1)


def model_facts(model: Model, ctx: ResolveContext) -> dict[str, Any]:
    """What the snapshot says of the model; of a single file its name, and its hash once known."""
    facts = {"id": model.id, "label": model.label, "fingerprint": model.fingerprint}
    if model.layout != "folder":
        facts["file"] = model.path.name
    full = ctx.models.sha256(model.fingerprint)
    return {**facts, "sha256": full} if full else facts


def _vae_facts(operation: DiffusionOperation, model: Model, ctx: ResolveContext) -> dict[str, Any]:
    """What the snapshot says of another VAE. Raises `InvalidInput` for one that does not fit."""
    if operation.vae is None:
        return {}
    source = ctx.models.vae(model, operation.vae)
    return {"vae": {"id": operation.vae, "fingerprint": vae_fingerprint(source)}}


def _sampler(operation: DiffusionOperation, model: Model) -> str | None:
    """The sampler's id; people may write the name they know it by."""
    if operation.sampler is None:
        return None
    wanted = operation.sampler.strip().lower()
    for sampler in model.samplers:
        if wanted in (sampler.id, sampler.label.lower()):
            return sampler.id
    raise InvalidInput(
        f"{model.label} has no sampler {operation.sampler!r}.",
        field="sampler",
        fix=f"It has: {', '.join(one.label for one in model.samplers) or 'only its own'}.",
    )


def _sampler_facts(final: DiffusionOperation) -> dict[str, str]:
    """What the snapshot calls the sampler: the name that people and other tools know it by."""
    return {"sampler": SAMPLERS[final.sampler].label} if final.sampler else {}


def _unsupported(operation: DiffusionOperation, model: Model) -> list[Warning]:
    return [
        Warning("parameter_ignored", f"{model.label} has no use for this; it was ignored.", name)
        for name in sorted(operation.model_fields_set)
        if getattr(operation, name) != type(operation).model_fields[name].default
        and name in KNOWN_TO_MODELS
        and not model.supports(operation.ability(), name)
    ]
