"""File names from a template, such as `{date}/{model}_{seed}`: safe on every system.

What stands in braces becomes text that can be part of a name: no separators, no control signs,
nothing that a system reserves. Folders come from the template alone, never from a value. Knows
nothing of disks.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

LONGEST_TEMPLATE = 300
LONGEST_VALUE = 80  # signs
LONGEST_PART = 160  # bytes in UTF-8: file systems allow 255, and an ending and a number follow
MOST_PARTS = 8
FIELD = re.compile(r"\{([a-z][a-z0-9_]{0,63})\}")
NOTHING = "none"
_RESERVED_SIGNS = frozenset('<>:"/\\|?*')
_DEVICES = frozenset(
    ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"]
    + [f"{kind}{number}" for kind in ("COM", "LPT") for number in "0123456789¹²³"]
)


class BadName(ValueError):
    """A template that cannot name a file; the text says why."""


def check_template(template: str) -> str:
    """The template itself; raises `BadName`."""
    if not template.strip() or len(template) > LONGEST_TEMPLATE:
        raise BadName(f"a name has 1 to {LONGEST_TEMPLATE} signs")
    plain = FIELD.sub("x", template)
    if "{" in plain or "}" in plain:
        raise BadName("braces hold one field each, such as {date} or {seed}")
    if "\\" in plain:
        raise BadName("folders are separated by /")
    if plain.startswith("/") or plain[1:2] == ":":
        raise BadName("a name stays in the output folder: it does not begin with / or a drive")
    parts = plain.split("/")
    if len(parts) > MOST_PARTS:
        raise BadName(f"at most {MOST_PARTS - 1} folders")
    if any(part.strip() in ("", ".", "..") for part in parts):
        raise BadName("no part of a name is empty, . or ..")
    return template


def fields(template: str) -> list[str]:
    """The names in braces."""
    return FIELD.findall(template)


def render(template: str, values: Mapping[str, object]) -> list[str]:
    """Folders and the name, each safe; absent values read `none`. Raises `BadName`, `KeyError`."""
    check_template(template)
    return [
        _safe(FIELD.sub(lambda found: _value(values[found.group(1)]), part))
        for part in template.split("/")
    ]


def _value(value: object) -> str:
    if value is None or value == "":
        return NOTHING
    return _plain(str(value))[:LONGEST_VALUE]


def _plain(text: str) -> str:
    """No reserved signs, nothing that does not print, one blank at a time."""
    known = unicodedata.normalize("NFC", text)
    signs = (
        "_"
        if sign in _RESERVED_SIGNS
        else sign
        if not unicodedata.category(sign).startswith("C") and not sign.isspace()
        else " "
        for sign in known
    )
    return " ".join("".join(signs).split())


def _safe(part: str) -> str:
    name = _cut(_plain(part)).rstrip(". ") or "_"
    if name.startswith("."):
        name = f"_{name[1:]}"
    return f"_{name}" if name.partition(".")[0].strip().upper() in _DEVICES else name


def _cut(text: str) -> str:
    return text.encode()[:LONGEST_PART].decode(errors="ignore")
