"""The source map of a script: which line of it is which line of which module."""

from __future__ import annotations

from typing import Any

from api.page.linking import Script

_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def source_map(script: Script) -> dict[str, Any]:
    """The map, version 3, line by line. Its sources are the addresses of the modules."""
    mappings: list[str] = []
    last_source, last_line = 0, 0
    for source, module in enumerate(script.modules):
        mappings += [""] * (module.line - len(mappings))
        for line in range(module.lines):
            mappings.append("".join(map(_vlq, (0, source - last_source, line - last_line, 0))))
            last_source, last_line = source, line
    return {
        "version": 3,
        "sources": [module.path for module in script.modules],
        "names": [],
        "mappings": ";".join(mappings),
    }


def _vlq(value: int) -> str:
    """A number in base 64 digits of variable length, its sign in the lowest bit."""
    rest = abs(value) << 1 | (value < 0)
    digits = ""
    while True:
        rest, digit = rest >> 5, rest & 31
        digits += _DIGITS[digit | (32 if rest else 0)]
        if not rest:
            return digits
