"""Infotext, the metadata text of A1111 and many other tools, written and read.

The prompt's lines, `Negative prompt: …`, and last a line `Key: value, …` whose values are quoted as
JSON where they hold a comma, a colon, a quote or a line break. The format is ambiguous for a prompt
with a line that begins with `Negative prompt:`; the `qpyt` text is the exact record.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_NEGATIVE = "Negative prompt:"
FEWEST_SETTINGS = 3  # fewer settings than this, and the last line belongs to the prompt
# Bounded and possessive, so that no text makes it slow.
_SETTING = re.compile(r'(\w[\w \-/]{1,63}):\s*+("(?:\\.|[^\\"])++"|[^,]*+)(?:,|$)')
_LINE_BREAKS = re.compile(r"\r\n?")


@dataclass(frozen=True, slots=True)
class Infotext:
    """The parts of an infotext. Settings are text, as written, without their quotes."""

    prompt: str
    negative_prompt: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)


def write_infotext(prompt: str, negative_prompt: str, settings: Mapping[str, object]) -> str:
    """Write an infotext. Line breaks become `\\n`; blanks around a prompt are cut off."""
    lines = [_tidy(prompt)]
    if negative := _tidy(negative_prompt):
        lines.append(f"{_NEGATIVE} {negative}")
    lines.append(", ".join(f"{key}: {_quoted(str(value))}" for key, value in settings.items()))
    return "\n".join(lines).strip()


def read_infotext(text: str) -> Infotext:
    """Read any text; at worst, all of it is the prompt."""
    lines = text.strip().split("\n")
    pairs = _SETTING.findall(lines[-1])
    if len(pairs) >= FEWEST_SETTINGS:
        lines.pop()
    else:
        pairs = []
    start = next((i for i, line in enumerate(lines) if line.startswith(_NEGATIVE)), len(lines))
    negative = "\n".join(lines[start:]).removeprefix(_NEGATIVE)
    settings = {key.strip(): _unquoted(value.strip()) for key, value in pairs}
    return Infotext("\n".join(lines[:start]).strip(), negative.strip(), settings)


def _tidy(text: str) -> str:
    return _LINE_BREAKS.sub("\n", text).strip()


def _quoted(value: str) -> str:
    if value == value.strip() and not any(character in value for character in ',:"\n\r'):
        return value
    return json.dumps(value, ensure_ascii=False)


def _unquoted(value: str) -> str:
    if len(value) < 2 or not (value[0] == value[-1] == '"'):
        return value
    try:
        text = json.loads(value)
    except ValueError:
        return value
    return text if isinstance(text, str) else value
