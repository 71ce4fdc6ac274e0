"""The tokens of prompts, with the limit of a model, and the words that it cannot draw."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from pydantic import Field

from core.errors import InvalidInput
from core.operations.declaration.base import Context, Operation, Resolved
from core.operations.declaration.fields import TEXT_MAX, Port, ui
from core.operations.declaration.resolving import ResolveContext
from core.operations.diffusion.styling import TEXTS, StylesPort, styling, wrap_texts
from core.prompts import dynamic
from core.prompts.attention import parse_weights, stated_weight
from core.prompts.lora_tags import extract_tags

MODE = "generate"
SEED = 0


class CountTokens(Operation):
    """Count the tokens of a prompt and a negative prompt as a model's text encoder gets them.

    The text of styles counts. LoRA tags and the syntax of weights take no tokens. Choices are those
    of one seed. For a model with a vocabulary of its own, the words of all choices that are not in
    it are listed, without those of styles.
    """

    name = "count_tokens"
    title = "Count tokens"
    summary = "Counts the tokens of prompts against the limit of a model; lists unknown words."
    category = "setting"
    lane = "cpu"
    short = True
    transient = True
    has_brick = False
    cacheable = False
    outputs = (Port("tokens", "json"),)

    model: str | None = Field(
        None,
        max_length=300,
        title="Model",
        description="A model's id.",
        json_schema_extra=ui("text"),
    )
    prompt: str = Field(
        "",
        max_length=TEXT_MAX,
        title="Prompt",
        description="The text to count.",
        json_schema_extra=ui("textarea"),
    )
    negative_prompt: str = Field(
        "",
        max_length=TEXT_MAX,
        title="Negative prompt",
        description="A second text to count.",
        json_schema_extra=ui("textarea"),
    )
    styles: StylesPort = ()

    def resolve(self, ctx: ResolveContext) -> Resolved:
        """The ids of the model, else of the default model, and of the styles."""
        model = ctx.models.get(self.model) if self.model else ctx.models.default(MODE)
        styles = styling(self.styles, ctx).ids
        return Resolved(self.model_copy(update={"model": model.id, "styles": styles}))

    def run(self, ctx: Context) -> None:
        """One record with the limit, and one a text."""
        model = ctx.resolver.models.get(self.model or "")
        (window,) = model.prompts.windows.values()
        own = {name: getattr(self, name) for name in TEXTS}
        texts = wrap_texts(own, styling(self.styles, ctx.resolver).wrapping)
        counts = {name: self._count(ctx, name, texts[name]) for name in TEXTS}
        limit = {"window": window, "long_prompt": model.prompts.long_prompt}
        ctx.add_value({"model": model.id, **limit, **counts}, port="tokens")

    def _count(self, ctx: Context, name: str, written: str) -> dict[str, Any]:
        """`tokens` of a text; `varies` where a seed decides; `ignored`: a weight that has no
        effect; `unknown`: words that the model cannot draw, each with the nearest known one."""
        from core.models.library.tokens import prompt_tokens

        model = ctx.resolver.models.get(self.model or "")
        try:
            text, _ = extract_tags(
                dynamic.expand(written, SEED, ctx.resolver.prompts.wildcards, name)
            )
        except InvalidInput:  # the request that draws it is refused; until then, all of it counts
            text = written
        weights = model.prompts.weights
        parts = [part.text for part in parse_weights(text)] if weights else [text]
        return {
            "tokens": prompt_tokens(model, parts),
            "varies": _varies(written),
            "ignored": None if weights else stated_weight(text),
            "unknown": self._unknown(ctx, getattr(self, name)),
        }

    def _unknown(self, ctx: Context, text: str) -> list[dict[str, Any]]:
        known = ctx.resolver.models.get(self.model or "").known_words
        words = known.check(text, ctx.resolver.prompts.wildcards) if known else ()
        return [asdict(word) for word in words]


def _varies(text: str) -> bool:
    """True where a seed decides a choice of a prompt."""
    try:
        return not all(isinstance(part, str) for part in dynamic.parse(text))
    except InvalidInput:
        return False
