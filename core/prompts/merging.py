"""Combination of several styles for one prompt.

The first style stands closest to the user's words, the last outermost. Negative prompts are joined
without repetition. A style never changes a LoRA that the user chose.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

PLACE = "{prompt}"
_COMMA = re.compile(r"[,()\[\]{}\\]")


class StyleText(Protocol):
    """The text of a style; `prompt` has one `{prompt}`."""

    @property
    def prompt(self) -> str:
        """The text around the user's prompt."""

    @property
    def negative_prompt(self) -> str:
        """The text added to the negative prompt."""


class NamedLora(Protocol):
    """A LoRA of a request or a style."""

    @property
    def name(self) -> str:
        """The id, name or content hash."""


Lora = TypeVar("Lora", bound=NamedLora)


@dataclass(frozen=True, slots=True)
class StyleTemplate:
    """The text of styles around a prompt: `prompt` has one `{prompt}`."""

    prompt: str = PLACE
    negative_prompt: str = ""

    def apply(self, prompt: str) -> str:
        """Insert the user's prompt, unchanged, into the text of the styles."""
        before, _, after = self.prompt.partition(PLACE)
        return f"{before}{prompt}{after}"

    def apply_negative(self, negative_prompt: str) -> str:
        """Join the negative prompts, the user's first."""
        if not self.negative_prompt:
            return negative_prompt
        return join_phrases(negative_prompt, self.negative_prompt)


def combine_styles(styles: Sequence[StyleText]) -> StyleTemplate:
    """Combine styles to one template."""
    text = PLACE
    for style in styles:
        before, _, after = style.prompt.partition(PLACE)
        text = f"{before}{text}{after}"
    return StyleTemplate(text, join_phrases(*(style.negative_prompt for style in styles)))


def join_phrases(*texts: str) -> str:
    """Join the phrases of all texts by commas: each once, in its first spelling, in order."""
    phrases: dict[str, str] = {}
    for text in texts:
        for phrase in _phrases(text):
            phrases.setdefault(" ".join(phrase.lower().split()), phrase)
    return ", ".join(phrases.values())


def _phrases(text: str) -> Iterator[str]:
    """Split at commas outside of brackets."""
    depth, start, place = 0, 0, 0
    while sign := _COMMA.search(text, place):
        place = sign.end()
        if sign.group() == "\\":
            place += 1
        elif sign.group() in "([{":
            depth += 1
        elif sign.group() in ")]}":
            depth = max(0, depth - 1)
        elif depth == 0:
            if phrase := text[start : sign.start()].strip():
                yield phrase
            start = place
    if phrase := text[start:].strip():
        yield phrase


def merge_loras(
    own: Sequence[Lora], more: Sequence[Lora], content: Callable[[str], str]
) -> list[Lora]:
    """Append the LoRAs of styles to the user's own, each file once.

    `content` maps a name to the identity of its file: two names of one file are one LoRA.
    """
    merged = list(own)
    seen = {content(lora.name) for lora in own}
    for lora in more:
        if (mark := content(lora.name)) not in seen:
            seen.add(mark)
            merged.append(lora)
    return merged
