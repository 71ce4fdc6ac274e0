"""The prompt, as a value."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from core.operations.declaration.base import Value
from core.operations.declaration.fields import TEXT_MAX, Port, ui


class Prompt(Value):
    """A prompt and a negative prompt."""

    name = "prompt"
    title = "Prompt"
    summary = "What to draw, in words."
    category = "input"
    outputs = (Port("prompt", "text"), Port("negative_prompt", "text"))

    prompt: str = Field(
        "", max_length=TEXT_MAX, title="Prompt", json_schema_extra=ui("textarea", tokens=True)
    )
    negative_prompt: str = Field(
        "",
        max_length=TEXT_MAX,
        title="Negative prompt",
        json_schema_extra=ui("textarea", tokens=True),
    )

    def values(self) -> Mapping[str, str]:
        """Both texts, each on its port."""
        return {"prompt": self.prompt, "negative_prompt": self.negative_prompt}
