"""LoRAs that a prompt names by a tag: looked up and checked like those of the list, which comes
first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from core.errors import InvalidInput
from core.operations.declaration.resolving import ResolveContext
from core.operations.diffusion.lora_choice import Choice, choose, content_of
from core.operations.diffusion.lora_use import LORAS_MAX, WEIGHT_MAX, LoraUse
from core.prompts.lora_tags import LoraTag, extract_tags

if TYPE_CHECKING:
    from core.operations.diffusion.parameters import DiffusionParameters

FIELD = "prompt"
Ids = Mapping[str, str | None]
"""The id of each LoRA by the name in its tag; None for one that is left out."""


def read(text: str, field: str = FIELD) -> tuple[str, list[LoraTag]]:
    """The text without its tags, and the tags. Raises `InvalidInput` for a bad weight."""
    try:
        bare, tags = extract_tags(text)
    except InvalidInput as error:
        raise InvalidInput(error.detail, field=field, fix=error.fix) from error
    for tag in tags:
        if not abs(tag.weight) <= WEIGHT_MAX:
            raise InvalidInput(
                f"The weight of the LoRA {tag.name[:80]!r} lies beyond {WEIGHT_MAX:g}.",
                field=field,
                fix=f"Write one from {-WEIGHT_MAX:g} to {WEIGHT_MAX:g}.",
            )
    return bare, tags


def settled(
    texts: Iterable[str],
    listed: Sequence[LoraUse],
    operation: DiffusionParameters,
    ctx: ResolveContext,
    field: str = FIELD,
) -> tuple[Choice, Ids]:
    """The LoRAs that the prompts of all images name, and the id that each name means.

    One that is `listed` keeps the weight that it has there. Raises as `choose` does, for `field`.
    """
    tags: dict[str, LoraTag] = {}
    for tag in (tag for text in texts for tag in read(text, field)[1]):
        tags.setdefault(tag.name, tag)
    choice, ids = Choice(), dict[str, str | None]()
    if not tags:
        return choice, ids
    model = ctx.models.get(operation.model or "")
    seen = {content_of(lora.name, ctx) for lora in listed}
    for tag in tags.values():
        content, ids[tag.name] = content_of(tag.name, ctx), None
        if content in seen:
            continue
        seen.add(content)
        lora = LoraUse.model_construct(name=tag.name, weight=tag.weight)
        chosen = choose([lora], operation.lora_policy, model, ctx, place=field)
        ids[tag.name] = chosen.uses[0].name if chosen.uses else None
        choice = choice.with_more(chosen)
    if len(operation.loras) + len(choice.uses) > LORAS_MAX:
        raise InvalidInput(f"There are more than {LORAS_MAX} LoRAs in all.", field=field)
    return choice, ids


def applied(listed: Sequence[LoraUse], tags: Sequence[LoraTag], ids: Ids) -> tuple[LoraUse, ...]:
    """The LoRAs of one image: those listed, and those that its own prompt names."""
    loras = list(listed)
    for tag in tags:
        name = ids[tag.name]
        if name is not None and all(lora.name != name for lora in loras):
            loras.append(LoraUse(name=name, weight=tag.weight))
    return tuple(loras)
