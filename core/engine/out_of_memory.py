"""Exhausted memory: its errors, and the smaller memory plan to try next."""

from __future__ import annotations

import torch

from core.errors import OutOfMemory
from core.models.fit.fit import fit_of
from core.models.fit.plans import GIB, FreeMemory, MemoryPlan, below
from core.models.library.model import Model


def ran_out(error: BaseException) -> bool:
    """True for an error that means exhausted memory, on the device or on the machine."""
    if isinstance(error, MemoryError | OutOfMemory | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)


def smaller_plan(
    model: Model, plan: MemoryPlan, memory: FreeMemory, width: int, height: int
) -> MemoryPlan | None:
    """The plan below `plan` for an image of this size in pixels, or None where none is smaller."""
    needs = fit_of(model, memory, width, height).needs
    current = next((other for other, _ in needs if other.id == plan.id), None)
    return None if current is None else below(current, needs)


def too_large(model: Model, memory: FreeMemory, width: int, height: int) -> OutOfMemory:
    """The error of an image of this size in pixels that fits by no plan."""
    needs = fit_of(model, memory, width, height).needs
    least = min((need.device for _, need in needs), default=0)
    return OutOfMemory(
        f"{model.label} needs at least {least / GIB:.1f} GB for {width}×{height}; "
        f"{memory.free / GIB:.1f} GB are free."
    )
