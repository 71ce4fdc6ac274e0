"""Prompts of single objects of an image, by number or word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.errors import InvalidInput
from core.operations.declaration.base import Warning
from core.operations.declaration.resolving import ResolveContext
from core.operations.diffusion.parameters import DiffusionParameters
from core.operations.diffusion.prompt_loras import read
from core.operations.diffusion.weights import WeightReader
from core.prompts.attention import PromptText

FIELD = "object_prompts"


@dataclass(frozen=True, slots=True)
class ObjectPrompts:
    """The prompts by number or word in lower case, and what came to light while they were read."""

    texts: Mapping[str, PromptText]
    warnings: tuple[Warning, ...]

    @classmethod
    def read(
        cls,
        lines: Sequence[str],
        words: Sequence[str],
        operation: DiffusionParameters,
        ctx: ResolveContext,
    ) -> ObjectPrompts:
        """Read lines as `2: an old man` and `hand: a hand`, for objects of these words.

        A number is that of an object, from 1. Choices and wildcards are not expanded. Raises
        `InvalidInput` naming the line.
        """
        weights = WeightReader(operation, ctx)
        texts: dict[str, PromptText] = {}
        ignored = []
        for index, line in enumerate(lines):
            field = f"{FIELD}.{index}"
            key, colon, text = (part.strip() for part in line.partition(":"))
            if not colon or not text:
                raise InvalidInput(
                    f"{line[:60]!r} names no object and prompt.",
                    field=field,
                    fix="Write `2: an old man`, with the object's number or word.",
                )
            _check_key(key, words, field)
            prompt, tags = read(text, field)
            texts[key.lower()] = weights(field, prompt)
            if tags:
                detail = "LoRAs act on all objects. Name them in the prompt instead."
                ignored.append(Warning("lora_ignored", detail, field))
        return cls(texts, (*weights.warnings, *ignored))

    def of(self, number: int, word: str) -> PromptText | None:
        """The prompt of an object; that of its number comes first. None: it has none."""
        return self.texts.get(str(number), self.texts.get(word.lower()))


def _check_key(key: str, words: Sequence[str], field: str) -> None:
    known = [word.lower() for word in words]
    if (key.isdecimal() and int(key)) or key.lower() in known:
        return
    raise InvalidInput(
        f"There is no object {key[:60]!r}.",
        field=field,
        fix=f"Name a number from 1, or one of: {', '.join(words)}.",
    )
