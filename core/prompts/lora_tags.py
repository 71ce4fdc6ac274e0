"""LoRAs that a prompt names, as people paste them from other tools: `<lora:name:0.8>`.

A sign is an instruction and no word: it is taken out before a text is drawn. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.errors import InvalidInput

_SIGN = re.compile(r"<(?:lora|lyco):([^<>\n]{1,300})>", re.IGNORECASE)
_COMMAS = re.compile(r",(?:\s*,)+")
_BLANKS = re.compile(r"[ \t]+(?=[ \t,])")


@dataclass(frozen=True, slots=True)
class LoraTag:
    """A LoRA by the name that was written, and how strongly; 1 where nothing was said."""

    name: str
    weight: float = 1.0


def taken_out(text: str) -> tuple[str, list[LoraTag]]:
    """The text without its signs, and the signs, each name once, the first weight kept.

    A text without signs stays as it is. Raises `InvalidInput` for a weight that is no number.
    """
    signs: dict[str, LoraTag] = {}
    for match in _SIGN.finditer(text):
        sign = _read(match.group(1))
        signs.setdefault(sign.name, sign)
    if not signs:
        return text, []
    bare = _COMMAS.sub(",", _SIGN.sub("", text))
    return _BLANKS.sub("", bare).strip(" \t,"), list(signs.values())


def _read(inside: str) -> LoraTag:
    name, colon, weight = (part.strip() for part in inside.partition(":"))
    try:
        return LoraTag(name, float(weight) if colon else 1.0)
    except ValueError as error:
        raise InvalidInput(
            f"{weight[:40]!r} is no weight of the LoRA {name[:80]!r}.",
            fix="Write one number: <lora:name:0.8>.",
        ) from error
