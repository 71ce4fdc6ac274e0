"""The second pass over a draft: its model, and what it goes on from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.errors import InvalidInput
from core.operations.declaration.base import Warning
from core.operations.declaration.resolving import ResolveContext
from core.operations.diffusion.request import model_facts

if TYPE_CHECKING:
    from core.models.library.model import Model

SECOND = "img2img"  # the mode of the second pass
GUIDANCE = ("control", "reference", "regions")


@dataclass(frozen=True, slots=True)
class SecondPass:
    """The models of both passes, the same one where no refiner is named."""

    first: Model
    second: Model

    def check(self) -> None:
        """Refuse a second model without image to image. Raises `InvalidInput`."""
        if SECOND not in self.second.modes:
            raise InvalidInput(
                f"{self.second.label} cannot refine an image.",
                field="model" if self.first is self.second else "refiner",
                fix=f"Choose a model with the mode `{SECOND}`.",
            )

    def check_latents(self, field: str, needed: str) -> None:
        """Refuse a second model that cannot read the latents of the first, or that lacks the
        parameter `needed`. Raises `InvalidInput` naming `field`."""
        vaes = {model.family.components["vae"].parts for model in (self.first, self.second)}
        if len(vaes) == 1 and self.second.supports(SECOND, needed):
            return
        raise InvalidInput(
            f"{self.second.label} cannot go on from the latents of {self.first.label}.",
            field=field,
            fix=f"Leave `{field}` out, or choose a refiner with the latents of the model.",
        )

    def facts(self, ctx: ResolveContext) -> dict[str, Any]:
        """The snapshot's record of a refiner."""
        if self.first is self.second:
            return {}
        return {"refiner": model_facts(self.second, ctx)}

    @property
    def fingerprints(self) -> dict[str, str]:
        """The contents of a refiner."""
        if self.first is self.second:
            return {}
        return {f"model/{self.second.id}": self.second.fingerprint}

    def warnings(self, operation: Any) -> list[Warning]:
        """The guidance of the draft that the second model has no use for."""
        detail = f"{self.second.label} has no use for this; it acts on the draft only."
        return [
            Warning("parameter_ignored", detail, name)
            for name in GUIDANCE
            if any(item.active for item in getattr(operation, name))
            and self.first.supports("generate", name)
            and not self.second.supports(SECOND, name)
        ]
