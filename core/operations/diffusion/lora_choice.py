"""The LoRAs of a request, looked up and checked against its model.

A LoRA that does not fit is refused before anything runs, or skipped with a warning where the
request says so; it is never applied as nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from core.errors import InvalidInput, ModelBroken, ModelMissing, StudioError
from core.operations.declaration.base import Warning
from core.operations.declaration.resolving import ResolveContext
from core.operations.diffusion.lora_use import LoraUse

if TYPE_CHECKING:
    from core.models.library.model import Model

Policy = Literal["refuse", "skip"]


@dataclass(slots=True)
class Choice:
    """The LoRAs that will run, and what a snapshot says of them and of those left out."""

    uses: list[LoraUse] = field(default_factory=list)
    applied: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[Warning] = field(default_factory=list)

    @property
    def fingerprints(self) -> dict[str, str]:
        """Their contents, for `Resolved.fingerprints`."""
        return {f"lora/{lora['id']}": lora["fingerprint"] for lora in self.applied}

    @property
    def facts(self) -> dict[str, Any]:
        """For the snapshot; nothing where no LoRA was asked for."""
        facts: dict[str, Any] = {}
        if self.applied:
            facts["loras"] = self.applied
        if self.skipped:
            facts["skipped_loras"] = self.skipped
        return facts

    def with_more(self, other: Choice) -> Choice:
        """Both, this one first."""
        return Choice(
            [*self.uses, *other.uses],
            [*self.applied, *other.applied],
            [*self.skipped, *other.skipped],
            [*self.warnings, *other.warnings],
        )


def choose(
    uses: Sequence[LoraUse],
    policy: Policy,
    model: Model,
    ctx: ResolveContext,
    place: str = "loras.{}.name",
) -> Choice:
    """Look the LoRAs up. Raises `InvalidInput` naming the one that does not fit, and the models
    that it fits; `ModelMissing` for one that is not here (with `policy` "skip" neither). `place`
    is the field that is named, with the number of the LoRA in its braces.
    """
    choice = Choice()
    for index, use in enumerate(uses):
        if not use.active:
            continue
        try:
            _take(choice, use, model, ctx)
        except (InvalidInput, ModelMissing, ModelBroken) as error:
            field = place.format(index)
            if policy == "refuse":
                raise type(error)(error.detail, field=field, fix=error.fix) from error
            choice.skipped.append({"name": use.name, "reason": error.detail})
            choice.warnings.append(
                Warning("lora_skipped", f"{use.name} was left out: {error.detail}", field)
            )
    return choice


def content_of(name: str, ctx: ResolveContext) -> str:
    """The content of a LoRA: the same for two names of one file."""
    try:
        return ctx.loras.find(name).fingerprint
    except StudioError:
        return name  # not here: it is no other file's double


def _take(choice: Choice, use: LoraUse, model: Model, ctx: ResolveContext) -> None:
    lora = ctx.loras.find(use.name)
    reason = lora.refusal(model)
    if reason is not None:
        raise InvalidInput(
            f"{lora.label} cannot be used with {model.label}: {reason}",
            fix="Choose another model, or switch this LoRA off.",
        )
    choice.uses.append(use.model_copy(update={"name": lora.id}))
    choice.applied.append(
        {
            "id": lora.id,
            "label": lora.label,
            "weight": use.weight,
            "fingerprint": lora.fingerprint,
        }
    )
