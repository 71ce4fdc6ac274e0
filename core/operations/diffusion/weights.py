"""Attention weights of a request: interpreted where the model's family has them, else text."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from core.operations.declaration.base import Warning
from core.operations.declaration.resolving import ResolveContext
from core.prompts.attention import PromptText, interpret_weights, stated_weight

if TYPE_CHECKING:
    from core.models.library.model import Model
    from core.operations.diffusion.parameters import DiffusionParameters

_SYNTAX = frozenset("()[]\\")
_EXCERPT = 60  # characters


class WeightReader:
    """Interprets the texts of one request. `warnings` name the texts whose weights have no effect.

    A family without weights gets every text as it is written; only a group with a number is
    reported, because brackets are common in sentences.
    """

    def __init__(self, operation: DiffusionParameters, ctx: ResolveContext) -> None:
        self._operation = operation
        self._ctx = ctx
        self._ignored: dict[str, Warning] = {}

    def __call__(self, field: str, text: str) -> PromptText:
        """The text of `field` as it is encoded."""
        if _SYNTAX.isdisjoint(text):
            return text
        if self._model.prompts.weights:
            return interpret_weights(text)
        group = None if field in self._ignored else stated_weight(text)
        if group is not None:
            self._ignored[field] = weights_ignored(self._model, group, field)
        return text

    @property
    def warnings(self) -> tuple[Warning, ...]:
        """At most one a field."""
        return tuple(self._ignored.values())

    @cached_property
    def _model(self) -> Model:
        return self._ctx.models.get(self._operation.model or "")


def weights_ignored(model: Model, group: str, field: str) -> Warning:
    """The warning for a group of a prompt that the model reads as text."""
    excerpt = group if len(group) <= _EXCERPT else f"{group[:_EXCERPT]}…"
    return Warning(
        "weights_ignored",
        f"{model.label} has no attention weights and reads {excerpt!r} as text.",
        field,
    )
