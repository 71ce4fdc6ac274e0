"""French prompts in English."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from core.errors import ModelMissing
from core.operations.declaration.base import Context, Operation, Resolved
from core.operations.declaration.fields import Port, TextPort, ui
from core.operations.declaration.resolving import ResolveContext


class Translate(Operation):
    """Translate a prompt; its weights, LoRAs, choices, lists and quoted names stay."""

    name = "translate"
    title = "Translate"
    summary = "Translates French to English; English stays as it is."
    category = "input"
    lane = "cpu"
    outputs = (Port("text", "text"),)
    rewrites = ("prompt", "negative_prompt")

    prompt: TextPort = Field(
        title="Prompt", description="What to translate.", json_schema_extra=ui("textarea")
    )
    source: Literal["auto", "fr"] = Field(
        "auto",
        title="From",
        description="French, or detect the language.",
        json_schema_extra=ui("select", choices={"auto": "Detect", "fr": "French"}),
    )
    model: str = Field(
        "opus-mt-roa-en",
        max_length=100,
        title="Model",
        description="The id of an auxiliary model.",
        json_schema_extra=ui("companion", task="translate"),
    )

    def resolve(self, ctx: ResolveContext) -> Resolved:
        """Refuse where the model is missing and there is something for it to do."""
        try:
            content = ctx.auxiliary.fingerprint(self.model)
        except ModelMissing:
            if isinstance(self.prompt, str) and self._foreign(self.prompt):
                raise
            return Resolved(self)
        return Resolved(self, fingerprints={f"auxiliary/{self.model}": content})

    def run(self, ctx: Context) -> None:
        """The language first: English needs no model."""
        text = str(self.prompt)
        if self._foreign(text):
            from core.engine.auxiliary.translating import Translator

            ctx.progress("loading")
            translator = ctx.auxiliary_models.get(self.model, Translator.load)
            text = translator.translate(text, lambda step: ctx.progress("translating", step=step))
        ctx.add_value(text, port="text")

    def _foreign(self, text: str) -> bool:
        from core.prompts.language import detect

        return self.source == "fr" or detect(text) != "en"
