"""Translation of any exception of an operation into an error with a code and a sentence."""

from __future__ import annotations

import sys

from pydantic import ValidationError

from core.errors import InvalidInput, OutOfMemory, StudioError, TaskFailure


def as_studio_error(error: BaseException) -> StudioError:
    """The error itself if it is a `StudioError`, else the nearest one with the same meaning."""
    if isinstance(error, StudioError):
        return error
    if is_out_of_memory(error):
        return OutOfMemory("The memory was not enough for this task.")
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False)[0]
        return InvalidInput(
            first["msg"], field=".".join(str(part) for part in first["loc"]) or None
        )
    text = (str(error).strip().splitlines() or [""])[0][:500]
    name = type(error).__name__
    return TaskFailure(f"{name}: {text}" if text else f"{name}.")


def is_out_of_memory(error: BaseException) -> bool:
    """True for an error that means exhausted memory, on the device or on the machine."""
    if isinstance(error, MemoryError | OutOfMemory):
        return True
    torch = sys.modules.get("torch")  # a worker that never loaded it cannot have got its error
    if torch is not None and isinstance(error, torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)
