"""One plan per image: the texts as they are drawn, the LoRAs and the seed, settled once.

`plan_images` is the only place that interprets prompts, those of regions too: styles, choices,
wildcards, LoRA tags and attention weights.
It runs in `resolve`, and at the start of the run for a text that another task made. `to_facts` and
`from_facts` keep plans in a task's snapshot; only what differs is stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from core.configuration.declaration import SEED_MAX
from core.models.library.content import text_content
from core.operations.declaration.base import Warning
from core.operations.declaration.resolving import ResolveContext
from core.operations.diffusion.lora_choice import Choice
from core.operations.diffusion.lora_use import LoraUse
from core.operations.diffusion.prompt_loras import applied, read, settled
from core.operations.diffusion.region_plans import (
    RegionPlan,
    RegionPlanner,
    Regions,
    metadata_of,
    text_of_record,
)
from core.operations.diffusion.styling import TEXTS, expand_texts, wrap_texts
from core.operations.diffusion.weights import WeightReader
from core.prompts.attention import PromptText
from core.prompts.merging import StyleTemplate

if TYPE_CHECKING:
    from core.operations.diffusion.parameters import DiffusionParameters

Texts = Mapping[str, str]  # prompt and negative prompt
NO_REGIONS: Regions = MappingProxyType({})
LORA_IGNORED = Warning(
    "lora_ignored",
    "LoRA tags have no effect in the negative prompt. Use a negative weight in the prompt instead.",
    "negative_prompt",
)


@dataclass(frozen=True, slots=True)
class ImagePlan:
    """All that differs between the images of one request.

    The texts hold no LoRA tags: `loras` are those of the parameters and of the image's own prompt.
    Where attention weights have an effect, a text is in parts. `metadata` is what the image's
    metadata says where that is not simply the parameters; its texts hold tags and weights, as other
    tools read them. `regions` are the plans of the regions that act.
    """

    prompt: PromptText
    negative_prompt: PromptText
    loras: tuple[LoraUse, ...]
    seed: int
    metadata: Mapping[str, Any] = field(default_factory=dict)
    regions: tuple[RegionPlan, ...] = ()


@dataclass(frozen=True, slots=True)
class Plans:
    """The plans of a request, and what came to light while they were made."""

    images: tuple[ImagePlan, ...]
    loras: Choice
    """The LoRAs that prompts name."""
    warnings: tuple[Warning, ...] = ()
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    """The contents of the wildcard lists that were used."""
    varied: bool = False
    """The seed decides texts: one image may have another than the next."""


def plan_images(
    operation: DiffusionParameters,
    count: int,
    wrapping: StyleTemplate,
    ctx: ResolveContext,
    *,
    listed: Sequence[LoraUse] = (),
    written: Sequence[Texts] = (),
    regions: Regions = NO_REGIONS,
) -> Plans:
    """The plans of a request's `count` images.

    `listed` are the LoRAs of the request as it was written, whose weights go before those of tags.
    `written` are the texts of each image where choices were taken before. A text that another task
    will make counts as empty. `regions` are those that act. Raises `InvalidInput` or `ModelMissing`
    that name the field.
    """
    lists: dict[str, str] = {}

    def lines(name: str) -> Sequence[str]:
        entries = ctx.prompts.wildcards(name)
        if (key := f"wildcards/{name}") not in lists:
            lists[key] = text_content("\n".join(entries))
        return entries

    given = {name: getattr(operation, name) for name in TEXTS}
    own = {name: text if isinstance(text, str) else "" for name, text in given.items()}
    wrapped = wrap_texts(own, wrapping)
    seeds = [seed_of(operation, index) for index in range(count)]
    if written:
        texts = [written[min(index, len(written) - 1)] for index in range(count)]
    else:
        texts = [expand_texts(wrapped, seed, lines) for seed in seeds]
    choice, ids = settled(
        [text["prompt"] for text in texts], (*listed, *operation.loras), operation, ctx
    )
    read_weights = WeightReader(operation, ctx)
    planner = RegionPlanner(operation, regions, wrapping, ctx, read_weights)
    images, ignored = [], False
    for index, text in enumerate(texts):
        prompt, tags = read(text["prompt"])
        negative, ignored_tags = read(text["negative_prompt"], "negative_prompt")
        ignored = ignored or bool(ignored_tags)
        loras = applied(operation.loras, tags, ids)
        bare = {"prompt": prompt, "negative_prompt": negative}
        drawn = {name: read_weights(name, bare[name]) for name in TEXTS}
        of_regions = planner.texts(seeds[index], lines, text["negative_prompt"])
        more = planner.plans(of_regions)
        images.append(_plan(operation, index, text, drawn, loras, (regions, more)))
    tags_ignored = (LORA_IGNORED,) if ignored else ()
    choice = choice.with_more(planner.loras)
    warnings = (*choice.warnings, *tags_ignored, *planner.warnings, *read_weights.warnings)
    varied = any(text != wrapped for text in texts)
    return Plans(tuple(images), choice, warnings, lists, varied)


def to_facts(operation: DiffusionParameters, plans: Plans) -> dict[str, Any]:
    """Plans as a snapshot keeps them.

    `prompts`: the texts of each image with their LoRA tags, or one entry for all where no seed
    decides them; absent where they are the parameters. `plans`: what is drawn otherwise than those
    say, as entries that hold from their `image` (from 0) on until the next.
    """
    own = {name: getattr(operation, name) for name in TEXTS}
    texts = [{name: plan.metadata.get(name, own[name]) for name in TEXTS} for plan in plans.images]
    changes: list[dict[str, Any]] = []
    before: dict[str, Any] = {}
    for index, (plan, text) in enumerate(zip(plans.images, texts, strict=True)):
        change: dict[str, Any] = {
            name: getattr(plan, name) for name in TEXTS if getattr(plan, name) != text[name]
        }
        if plan.loras != operation.loras:
            change["loras"] = [_record(lora) for lora in plan.loras]
        if plan.regions:
            change["regions"] = [region.record for region in plan.regions]
        if change != before:
            changes.append({"image": index, **change})
        before = change
    kept = texts if plans.varied else texts[:1]
    return {**({} if kept == [own] else {"prompts": kept}), "plans": changes}


def from_facts(
    operation: DiffusionParameters,
    count: int,
    facts: Mapping[str, Any],
    regions: Regions = NO_REGIONS,
) -> tuple[ImagePlan, ...]:
    """The plans that `to_facts` kept, for an operation with the same parameters."""
    own = {name: cast(str, getattr(operation, name)) for name in TEXTS}
    prompts: Sequence[Texts] = facts.get("prompts") or [own]
    changes = {change["image"]: change for change in facts["plans"]}
    change: Mapping[str, Any] = {}
    plans = []
    for index in range(count):
        change = changes.get(index, change)
        text = prompts[min(index, len(prompts) - 1)]
        loras = operation.loras
        if "loras" in change:
            loras = tuple(LoraUse.model_validate(lora) for lora in change["loras"])
        drawn = {name: text_of_record(change.get(name, text[name])) for name in TEXTS}
        more = tuple(map(RegionPlan.of_record, change.get("regions", ())))
        plans.append(_plan(operation, index, text, drawn, loras, (regions, more)))
    return tuple(plans)


def seed_of(operation: DiffusionParameters, index: int) -> int:
    """The seed of image `index` (from 0): seed + index, within 0 … 2³²-1."""
    assert operation.seed is not None  # resolved before it runs
    return (operation.seed + index) % (SEED_MAX + 1)


def _plan(
    operation: DiffusionParameters,
    index: int,
    text: Texts,
    drawn: Mapping[str, PromptText],
    loras: tuple[LoraUse, ...],
    regional: tuple[Regions, tuple[RegionPlan, ...]],
) -> ImagePlan:
    metadata: dict[str, Any] = {
        name: text[name] for name in TEXTS if text[name] != getattr(operation, name)
    }
    metadata |= metadata_of(operation, *regional)
    if loras != operation.loras:
        metadata["loras"] = [_record(lora) for lora in loras]
    prompt, negative = (drawn[name] for name in TEXTS)
    return ImagePlan(prompt, negative, loras, seed_of(operation, index), metadata, regional[1])


def _record(lora: LoraUse) -> dict[str, Any]:
    return {"name": lora.name, "weight": lora.weight}
