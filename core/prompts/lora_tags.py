"""LoRA tags in prompts, in the syntax of other tools: `<lora:name:0.8>`.

A tag is an instruction: it is removed before the text is encoded. Pure functions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.errors import InvalidInput

_TAG = re.compile(r"<(?:lora|lyco):([^<>\n]{1,300})>", re.IGNORECASE)
_COMMAS = re.compile(r",(?:\s*,)+")
_BLANKS = re.compile(r"[ \t]+(?=[ \t,])")


@dataclass(frozen=True, slots=True)
class LoraTag:
    """The name and weight of a tag."""

    name: str
    weight: float = 1.0


def extract_tags(text: str) -> tuple[str, list[LoraTag]]:
    """Return the text without its tags, and the tags: each name once, with its first weight.

    A text without tags stays as it is. Raises `InvalidInput` for a weight that is no number.
    """
    tags: dict[str, LoraTag] = {}
    for match in _TAG.finditer(text):
        tag = _read(match.group(1))
        tags.setdefault(tag.name, tag)
    if not tags:
        return text, []
    bare = _COMMAS.sub(",", _TAG.sub("", text))
    return _BLANKS.sub("", bare).strip(" \t,"), list(tags.values())


def _read(inside: str) -> LoraTag:
    name, colon, weight = (part.strip() for part in inside.partition(":"))
    try:
        return LoraTag(name, float(weight) if colon else 1.0)
    except ValueError as error:
        raise InvalidInput(
            f"{weight[:40]!r} is no weight of the LoRA {name[:80]!r}.",
            fix="Write one number: <lora:name:0.8>.",
        ) from error
