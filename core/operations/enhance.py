"""A short prompt made into a rich one."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from core.configuration.declaration import SEED_MAX
from core.operations.declaration.base import Context, Operation, Resolved
from core.operations.declaration.fields import AnswerTokens, Port, TextPort, ui
from core.operations.declaration.resolving import ResolveContext
from core.prompts.protection import restore_tags


class Enhance(Operation):
    """Let a small language model write a prompt out."""

    name = "enhance"
    title = "Enhance"
    summary = "Expands a short prompt with a language model."
    category = "input"
    lane = "cpu"
    outputs = (Port("text", "text"),)
    rewrites = ("prompt",)

    prompt: TextPort = Field(
        title="Prompt", description="The prompt to expand.", json_schema_extra=ui("textarea")
    )
    preset: Literal["detailed", "short", "photo", "painting", "design"] = Field(
        "detailed",
        title="Instruction",
        description="The style of the rewritten prompt.",
        json_schema_extra=ui("select"),
    )
    system: str = Field(
        "",
        max_length=4000,
        title="Custom instruction",
        description="Replaces the one above.",
        json_schema_extra=ui("textarea", advanced=True),
    )
    temperature: float = Field(
        0.7,
        ge=0,
        le=2,
        title="Temperature",
        description="0 always takes the likeliest word; higher surprises.",
        json_schema_extra=ui("slider", step=0.05),
    )
    max_new_tokens: AnswerTokens = 160
    seed: int | None = Field(
        None,
        ge=0,
        le=SEED_MAX,
        title="Seed",
        description="The same seed gives the same text; empty picks a random one.",
        json_schema_extra=ui("seed"),
    )
    model: str = Field(
        "qwen2.5-0.5b-instruct",
        max_length=100,
        title="Model",
        description="The id of an auxiliary model.",
        json_schema_extra=ui("companion", task="enhance"),
    )

    def resolve(self, ctx: ResolveContext) -> Resolved:
        """The instruction as text and a seed; refused at once where the model is missing."""
        content = ctx.auxiliary.fingerprint(self.model)
        seed, policy = ctx.settings.seed(self.seed)
        system = self.system.strip() or ctx.prompts.instruction(self.preset)
        final = self.model_copy(update={"seed": seed, "system": system})
        return Resolved(
            final,
            facts={"seed": {"policy": policy, "value": seed}},
            fingerprints={f"auxiliary/{self.model}": content},
        )

    def run(self, ctx: Context) -> None:
        """The answer, with whatever signs of the prompt it forgot."""
        from core.engine.auxiliary.enhancing import Enhancer

        assert self.seed is not None  # resolved before it runs
        ctx.progress("loading")
        enhancer = ctx.auxiliary_models.get(self.model, Enhancer.load)

        def report(step: int) -> None:
            ctx.progress("writing", step=step, steps=self.max_new_tokens)

        prompt = str(self.prompt)
        answer = enhancer.write(
            self.system,
            prompt,
            seed=self.seed,
            temperature=self.temperature,
            longest=self.max_new_tokens,
            on_token=report,
        )
        if not answer:
            ctx.warn("nothing_written", "The model wrote nothing: the prompt is as it was.")
        ctx.add_value(restore_tags(prompt, answer), port="text")
