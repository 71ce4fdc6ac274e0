"""File names from a template, such as `{date}/{model}_{seed}`: safe on every system.

A field in braces becomes text without separators, control characters and reserved names. Folders
come from the template alone, never from a value. Accesses no disk.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

LONGEST_TEMPLATE = 300
LONGEST_VALUE = 80  # bytes in UTF-8
LONGEST_PART = 160  # bytes in UTF-8: file systems allow 255, and an ending and a number follow
MOST_PARTS = 8
FIELD = re.compile(r"\{([a-z][a-z0-9_]{0,63})\}")
NOTHING = "none"
_RESERVED = frozenset('<>:"/\\|?*')
_DEVICES = frozenset(
    ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"]
    + [f"{kind}{number}" for kind in ("COM", "LPT") for number in "0123456789¹²³"]
)


class BadName(ValueError):
    """A template that cannot name a file; the text is the reason."""


def check_template(template: str) -> str:
    """Return a valid template unchanged. Raises `BadName`."""
    if not template.strip() or len(template) > LONGEST_TEMPLATE:
        raise BadName(f"a name has 1 to {LONGEST_TEMPLATE} characters")
    text = FIELD.sub("x", template)
    if "{" in text or "}" in text:
        raise BadName("braces hold one field each, such as {date} or {seed}")
    if "\\" in text:
        raise BadName("folders are separated by /")
    if text.startswith("/") or text[1:2] == ":":
        raise BadName("a name stays in the output folder: it does not begin with / or a drive")
    parts = text.split("/")
    if len(parts) > MOST_PARTS:
        raise BadName(f"at most {MOST_PARTS - 1} folders")
    if any(part.strip() in ("", ".", "..") for part in parts):
        raise BadName("no part of a name is empty, . or ..")
    return template


def fields(template: str) -> list[str]:
    """List the names in braces."""
    return FIELD.findall(template)


def render(template: str, values: Mapping[str, object]) -> list[str]:
    """Return the folders and the name; an empty value reads `none`.

    Where a part would be too long, its longest values are cut first, so that text and short values
    behind a long prompt stay. Raises `BadName`, and `KeyError` for a field without a value.
    """
    check_template(template)
    texts = {name: _text(values[name]) for name in fields(template)}
    return [_safe(_filled(part, texts)) for part in template.split("/")]


def _filled(part: str, texts: Mapping[str, str]) -> str:
    """A part of a template with its values, cut until it fits; at least 8 bytes of each stay."""
    names = (_with_values(part, texts, limit) for limit in range(LONGEST_VALUE, 7, -1))
    return next(
        (name for name in names if len(name.encode()) <= LONGEST_PART),
        _with_values(part, texts, 8),
    )


def _with_values(part: str, texts: Mapping[str, str], limit: int) -> str:
    return FIELD.sub(lambda match: _cut(texts[match.group(1)], limit).rstrip(), part)


def _text(value: object) -> str:
    """A value as text: items of a list by commas, records such as LoRAs by their names."""
    if isinstance(value, bool):
        value = "true" if value else "false"
    elif isinstance(value, list | tuple):
        value = ", ".join(map(_text, value))
    elif isinstance(value, Mapping):
        value = value.get("name")
    return NOTHING if value in (None, "") else _cleaned(str(value)) or NOTHING


def _cleaned(text: str) -> str:
    """Replace reserved and control characters; single blanks."""
    characters = (
        "_"
        if character in _RESERVED
        else character
        if not unicodedata.category(character).startswith("C") and not character.isspace()
        else " "
        for character in unicodedata.normalize("NFC", text)
    )
    return " ".join("".join(characters).split())


def _safe(part: str) -> str:
    name = _cut(_cleaned(part), LONGEST_PART).rstrip(". ") or "_"
    if name.startswith("."):
        name = f"_{name[1:]}"
    return f"_{name}" if name.partition(".")[0].strip().upper() in _DEVICES else name


def _cut(text: str, limit: int) -> str:
    """The start of a text: whole characters, at most `limit` bytes of UTF-8."""
    return text.encode()[:limit].decode(errors="ignore")
