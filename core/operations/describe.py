"""An image in words."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from core.operations.declaration.base import Context, Operation, Resolved
from core.operations.declaration.fields import AnswerTokens, ImagePort, Port, ui
from core.operations.declaration.resolving import ResolveContext


class Describe(Operation):
    """Say what an image shows, as text for a prompt."""

    name = "describe"
    title = "Describe"
    summary = "Captions an image, lists its objects, or reads its text."
    category = "input"
    lane = "cpu"
    outputs = (Port("text", "text"),)

    image: ImagePort = Field(title="Image")
    task: Literal["caption", "detailed", "more_detailed", "objects", "text"] = Field(
        "detailed",
        title="Task",
        description="A caption in one of three lengths, the names of objects, or written text.",
        json_schema_extra=ui("select"),
    )
    max_new_tokens: AnswerTokens = 256
    model: str = Field(
        "florence-2-base",
        max_length=100,
        title="Model",
        description="The id of an auxiliary model.",
        json_schema_extra=ui("companion", task="describe"),
    )

    def resolve(self, ctx: ResolveContext) -> Resolved:
        """Refuse at once where the model is missing, with the way to get it."""
        content = ctx.auxiliary.fingerprint(self.model)
        return Resolved(self, fingerprints={f"auxiliary/{self.model}": content})

    def run(self, ctx: Context) -> None:
        """One text an image."""
        from core.engine.auxiliary.describing import Describer

        ctx.progress("loading")
        describer = ctx.auxiliary_models.get(self.model, Describer.load)

        def report(step: int) -> None:
            ctx.progress("reading", step=step, steps=self.max_new_tokens)

        picture = ctx.image(self.image)
        ctx.add_value(
            describer.describe(picture, self.task, self.max_new_tokens, report), port="text"
        )
