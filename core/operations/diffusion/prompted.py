"""What every picture is drawn with: the words, the model, and how closely it follows them."""

from __future__ import annotations

from pydantic import Field

from core.operations.declaration.base import Operation
from core.operations.declaration.fields import TextPort, ui


class Prompted(Operation):
    """The first fields of everything that draws with a diffusion model."""

    prompt: TextPort = Field(
        title="Prompt",
        description="What to draw; `{a|b}` and `__list__` are chosen by each picture's seed.",
        json_schema_extra=ui("textarea"),
    )
    negative_prompt: TextPort = Field(
        "",
        title="Avoid",
        description="What not to draw.",
        json_schema_extra=ui("textarea"),
    )
    model: str | None = Field(
        None,
        max_length=200,
        title="Model",
        description="A model's id.",
        json_schema_extra=ui("model"),
    )
    num_inference_steps: int | None = Field(
        None,
        ge=1,
        le=100,
        title="Steps",
        description="Denoising steps.",
        json_schema_extra=ui("slider", step=1, from_model=True),
    )
    guidance_scale: float | None = Field(
        None,
        ge=0,
        le=30,
        title="Guidance",
        description="How strictly the prompt is followed.",
        json_schema_extra=ui("slider", step=0.1, from_model=True),
    )
