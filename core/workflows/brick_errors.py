"""Errors of bricks: an error of a step names its brick, and one error stands for many."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import FieldError, InvalidInput, ModelBroken, ModelMissing, NotFound, StudioError

OF_A_BRICK = (InvalidInput, ModelMissing, ModelBroken, NotFound)
"""Errors that another brick may have too; all others concern the studio."""


def name_brick(error: StudioError, brick_id: str) -> None:
    """Prefix the fields of an error with their brick: `bricks.<id>.<field>`."""
    error.field = f"bricks.{brick_id}.{error.field or ''}".rstrip(".")
    error.errors = tuple(
        FieldError(f"bricks.{brick_id}.{item.field}".rstrip("."), item.detail)
        for item in error.errors
    )


def combined(errors: Sequence[StudioError]) -> StudioError:
    """The first error, with the fields of all and the downloads that resolve them."""
    first = errors[0]
    if len(errors) == 1:
        return first
    first.errors = tuple(
        item
        for error in errors
        for item in (error.errors or [FieldError(error.field or "", error.detail)])
    )
    if isinstance(first, ModelMissing):
        pull = [item for error in errors if isinstance(error, ModelMissing) for item in error.pull]
        first.pull = tuple(dict.fromkeys(pull))
    return first
