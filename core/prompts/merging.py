"""Several styles around one prompt.

The first style stands closest to the user's words, the last outermost. What is to be avoided is
joined without saying anything twice. A LoRA that the user chose is never changed by a style.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from core.prompts.styles import PLACE, Style

_COMMA = re.compile(r"[,()\[\]{}\\]")


class Weighted(Protocol):
    """A LoRA in use."""

    @property
    def name(self) -> str:
        """Its id, name or content hash."""


Use = TypeVar("Use", bound=Weighted)


@dataclass(frozen=True, slots=True)
class Wrapping:
    """What styles put around a prompt: `prompt` has one `{prompt}`."""

    prompt: str = PLACE
    negative_prompt: str = ""

    def around(self, prompt: str) -> str:
        """The prompt with the styles' words; what the user wrote stays as it is."""
        before, _, after = self.prompt.partition(PLACE)
        return f"{before}{prompt}{after}"

    def avoiding(self, negative_prompt: str) -> str:
        """What to avoid: the user's words first."""
        if not self.negative_prompt:
            return negative_prompt
        return joined(negative_prompt, self.negative_prompt)


def wrap(styles: Sequence[Style]) -> Wrapping:
    """The styles as one."""
    text = PLACE
    for style in styles:
        before, _, after = style.prompt.partition(PLACE)
        text = f"{before}{text}{after}"
    return Wrapping(text, joined(*(style.negative_prompt for style in styles)))


def joined(*texts: str) -> str:
    """Phrases of all texts, each once, the first spelling kept, in order, joined by commas."""
    found: dict[str, str] = {}
    for text in texts:
        for phrase in _phrases(text):
            found.setdefault(" ".join(phrase.lower().split()), phrase)
    return ", ".join(found.values())


def _phrases(text: str) -> Iterator[str]:
    """What commas part, as long as no bracket is open around them."""
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


def union(own: Sequence[Use], more: Sequence[Use], content: Callable[[str], str]) -> list[Use]:
    """The user's LoRAs, then those of the styles whose file is not among them yet.

    `content` tells files apart by what is in them: two names of one file are one LoRA.
    """
    found = list(own)
    seen = {content(use.name) for use in own}
    for use in more:
        if (mark := content(use.name)) not in seen:
            seen.add(mark)
            found.append(use)
    return found
