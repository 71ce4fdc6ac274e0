"""The text that A1111 and many others put into pictures, written and read.

The prompt's lines, `Negative prompt: …`, and last a line `Key: value, …` whose values are quoted as
JSON where they hold a comma, a colon, a quote or a line break. A prompt with a line that itself
begins with `Negative prompt:` cannot be told apart; the `qpyt` text is the exact record.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_NEGATIVE = "Negative prompt:"
_FEWEST = 3  # fewer settings than this, and the last line belongs to the prompt
# Bounded and possessive, so that no text makes it slow.
_SETTING = re.compile(r'(\w[\w \-/]{1,63}):\s*+("(?:\\.|[^\\"])++"|[^,]*+)(?:,|$)')
_LINE_BREAKS = re.compile(r"\r\n?")


@dataclass(frozen=True, slots=True)
class Infotext:
    """What such a text says. Settings are text, as written, without their quotes."""

    prompt: str
    negative_prompt: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)


def write_infotext(prompt: str, negative_prompt: str, settings: Mapping[str, object]) -> str:
    """The text. Line breaks become `\\n`; what stands around a prompt (blanks) is cut off."""
    lines = [_tidy(prompt)]
    if negative := _tidy(negative_prompt):
        lines.append(f"{_NEGATIVE} {negative}")
    lines.append(", ".join(f"{key}: {_quoted(str(value))}" for key, value in settings.items()))
    return "\n".join(lines).strip()


def read_infotext(text: str) -> Infotext:
    """The parts of such a text; any text is accepted, at worst it is all prompt."""
    lines = text.strip().split("\n")
    found = _SETTING.findall(lines[-1])
    if len(found) >= _FEWEST:
        lines.pop()
    else:
        found = []
    start = next((i for i, line in enumerate(lines) if line.startswith(_NEGATIVE)), len(lines))
    negative = "\n".join(lines[start:]).removeprefix(_NEGATIVE)
    settings = {key.strip(): _unquoted(value.strip()) for key, value in found}
    return Infotext("\n".join(lines[:start]).strip(), negative.strip(), settings)


def _tidy(text: str) -> str:
    return _LINE_BREAKS.sub("\n", text).strip()


def _quoted(value: str) -> str:
    if value == value.strip() and not any(sign in value for sign in ',:"\n\r'):
        return value
    return json.dumps(value, ensure_ascii=False)


def _unquoted(value: str) -> str:
    if len(value) < 2 or not (value[0] == value[-1] == '"'):
        return value
    try:
        found = json.loads(value)
    except ValueError:
        return value
    return found if isinstance(found, str) else value
