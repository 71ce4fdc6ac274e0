"""Letting a warm model go, so that its memory is free for something else."""

from __future__ import annotations

from pydantic import Field

from core.operations.declaration.base import Context, Operation, Resolved
from core.operations.declaration.fields import Port, ui
from core.operations.declaration.resolving import ResolveContext


class UnloadModel(Operation):
    """Take a model out of memory; the next image loads it again."""

    name = "unload_model"
    title = "Unload"
    summary = "Takes a model out of memory."
    category = "setting"
    has_brick = False
    cacheable = False
    outputs = (Port("unloaded", "json"),)

    model: str = Field(
        "",
        max_length=300,
        title="Model",
        description="A model's id; empty for all models.",
        json_schema_extra=ui("text"),
    )

    def resolve(self, ctx: ResolveContext) -> Resolved:
        """The model's id, whatever it was called by."""
        if not self.model:
            return Resolved(self)
        return Resolved(self.model_copy(update={"model": ctx.models.get(self.model).id}))

    def run(self, ctx: Context) -> None:
        """Says whether it was in memory at all."""
        ctx.add_value(ctx.models.unload(self.model), port="unloaded")
