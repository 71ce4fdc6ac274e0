"""Guidance variants of a request: what goes together, and what a sampler ignores."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from core.errors import InvalidInput
from core.operations.declaration.base import Warning
from core.operations.diffusion.parameters import DiffusionParameters

if TYPE_CHECKING:
    from core.models.library.model import Model

WITH_ETA = "ddim"  # the sampler whose scheduler has eta
NEVER_PREDICTED = 4  # steps by a step cache: the first three and the last
# The fields of requests that guide an image by other means, which these variants exclude: diffusers
# has no pipeline for both.
_APART: Mapping[str, tuple[str, ...]] = {
    "pag_scale": ("control", "reference", "regions"),
    "guidance_rescale": ("control",),
    "cache_interval": ("control", "regions"),
}


def steps(operation: DiffusionParameters, model: Model, mode: str) -> dict[str, int]:
    """The number of steps, where `sigmas` gives it."""
    if operation.sigmas and model.supports(mode, "sigmas"):
        return {"num_inference_steps": len(operation.sigmas)}
    return {}


def check(operation: DiffusionParameters, model: Model, mode: str) -> None:
    """Refuse sigmas that do not fall, and variants beside what they cannot be combined with.

    Raises `InvalidInput`.
    """
    rising = [later for sooner, later in pairwise(operation.sigmas) if later >= sooner]
    if rising:
        raise InvalidInput(
            f"The sigma {rising[0]:g} is not below the one before it.",
            field="sigmas",
            fix="Give noise levels that fall, such as 1, 0.75, 0.5, 0.25.",
        )
    for name, others in _APART.items():
        if not getattr(operation, name) or not model.supports(mode, name):
            continue
        beside = next((other for other in others if _active(operation, other)), None)
        if beside is not None:
            title = type(operation).model_fields[name].title
            raise InvalidInput(
                f"{title} cannot be combined with {beside}.",
                field=name,
                fix=f"Leave `{name}` or `{beside}` out.",
            )


def warnings(operation: DiffusionParameters, model: Model, mode: str) -> list[Warning]:
    """The variants without effect on this request."""
    ignored = []
    if operation.eta and operation.sampler != WITH_ETA and model.supports(mode, "eta"):
        ignored.append(Warning("parameter_ignored", "Only the sampler DDIM has an eta.", "eta"))
    if operation.cache_interval and model.supports(mode, "cache_interval"):
        count = operation.num_inference_steps or 0
        if count <= NEVER_PREDICTED:
            sentence = f"Of {count} steps none is predicted: the first three and the last run."
            ignored.append(Warning("parameter_ignored", sentence, "cache_interval"))
    elif operation.measure_drift and model.supports(mode, "measure_drift"):
        ignored.append(Warning("parameter_ignored", "There is no step cache.", "measure_drift"))
    return ignored


def _active(operation: Any, field: str) -> bool:
    """True where an item of the list `field` changes the image."""
    return any(item.active for item in getattr(operation, field, ()))
