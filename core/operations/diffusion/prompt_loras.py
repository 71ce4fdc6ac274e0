"""LoRAs that a prompt names by a sign: found and checked like those of the list, which comes first.

A text that another task will make is not known before; what it names is looked up when it runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from core.errors import InvalidInput
from core.operations.declaration.resolving import ResolveContext
from core.operations.diffusion.lora_choice import Choice, Policy, choose, content_of
from core.operations.diffusion.lora_use import LORAS_MAX, WEIGHT_MAX, LoraUse
from core.prompts.lora_tags import LoraTag, taken_out

if TYPE_CHECKING:
    from core.models.library.model import Model

FIELD = "prompt"
Meant = Mapping[str, str | None]
"""The id of each LoRA by the name in the sign; None for one that is left out."""


def read(text: str, field: str = FIELD) -> tuple[str, list[LoraTag]]:
    """The text without its signs, and the signs. Raises `InvalidInput` for a bad weight."""
    try:
        bare, signs = taken_out(text)
    except InvalidInput as error:
        raise InvalidInput(error.detail, field=field, fix=error.fix) from error
    for sign in signs:
        if not abs(sign.weight) <= WEIGHT_MAX:
            raise InvalidInput(
                f"The weight of the LoRA {sign.name[:80]!r} lies beyond {WEIGHT_MAX:g}.",
                field=field,
                fix=f"Write one from {-WEIGHT_MAX:g} to {WEIGHT_MAX:g}.",
            )
    return bare, signs


def settled(
    texts: Iterable[str],
    listed: Sequence[LoraUse],
    policy: Policy,
    model: Model,
    ctx: ResolveContext,
) -> tuple[Choice, Meant]:
    """What the prompts of all images name, and which LoRA each name means.

    One that is `listed` keeps the weight that it has there. Raises as `choose` does, for the field
    `prompt`.
    """
    choice, meant = Choice(), dict[str, str | None]()
    seen = {content_of(use.name, ctx) for use in listed}
    for sign in (sign for text in texts for sign in read(text)[1]):
        if sign.name in meant:
            continue
        mark, meant[sign.name] = content_of(sign.name, ctx), None
        if mark in seen:
            continue
        seen.add(mark)
        use = LoraUse.model_construct(name=sign.name, weight=sign.weight)
        one = choose([use], policy, model, ctx, place=FIELD)
        meant[sign.name] = one.uses[0].name if one.uses else None
        choice = choice.with_more(one)
    if len(listed) + len(choice.uses) > LORAS_MAX:
        raise InvalidInput(f"There are more than {LORAS_MAX} LoRAs in all.", field=FIELD)
    return choice, meant


def worn(listed: Sequence[LoraUse], signs: Sequence[LoraTag], meant: Meant) -> tuple[LoraUse, ...]:
    """The LoRAs of one image: those listed, and those that its own prompt names."""
    found = list(listed)
    for sign in signs:
        name = meant.get(sign.name, sign.name)
        if name is not None and all(use.name != name for use in found):
            found.append(LoraUse(name=name, weight=sign.weight))
    return tuple(found)
