"""Templates with a column's name in braces: `{value} of {suit}. {visual_layout}`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from core.sets.faults import Fault, error, warning
from core.suggestion import suggest

_PLACE = re.compile(r"\{([^{}|]+)\}")  # with a bar it is a choice of dynamic prompts
DESCRIBING = ("description", "visual_layout", "visual_description", "details", "layout", "scene")


def columns_of(template: str) -> list[str]:
    """The columns that a template names, in order, each once."""
    return list(dict.fromkeys(name.strip() for name in _PLACE.findall(template)))


def fill(template: str, cells: Mapping[str, str]) -> str:
    """The template with the cells of a row in place of the columns' names.

    Names are compared without case. A place without a column stays as it is. Cells are put in as
    they are: braces in a cell are no places.
    """
    values = {name.casefold(): cell for name, cell in cells.items()}

    def value(match: re.Match[str]) -> str:
        return values.get(match[1].strip().casefold(), match[0])

    return tidied(_PLACE.sub(value, template))


def tidied(text: str) -> str:
    """The text without the blanks and marks that an empty cell leaves behind."""
    parts = [" ".join(part.split()) for part in re.split(r"(?<=[.!?])\s+", text)]
    kept = [part.strip(" ,;") for part in parts if part.strip(" .,;")]
    return re.sub(r"\s+([.,;])", r"\1", re.sub(r"([,;])(?:\s*[,;])+", r"\1", " ".join(kept)))


def faults_of(template: str, columns: Iterable[str], field: str) -> list[Fault]:
    """The places of a template without a column, and a template without a place."""
    known = {name.casefold(): name for name in columns}
    named = columns_of(template)
    if not named:
        detail = f"The {field} names no column: all rows are drawn alike."
        fix = "Put a column's name in braces, such as {name}."
        return [warning(detail, fix=fix, field=field)]
    return [
        error(
            f"The {field} names the column {name!r}, which the table lacks.",
            1,
            name,
            suggest(name, known.values()) or f"The table has: {', '.join(known.values())[:200]}.",
            field,
        )
        for name in named
        if name.casefold() not in known
    ]


def guess(columns: Iterable[str], reserved: Iterable[str]) -> str:
    """The template for a table without one: the name of a row, then what describes it.

    `reserved` are columns that set something else than the prompt.
    """
    kept = [name for name in columns if name.casefold() not in set(reserved)]
    by_name = {name.casefold(): name for name in kept}
    if "prompt" in by_name:
        return _place(by_name["prompt"])
    head = item_name(kept)
    describing = [by_name[name] for name in DESCRIBING if name in by_name]
    rest = describing or [name for name in kept if name not in columns_of(head)][:3]
    return ". ".join([head, *map(_place, rest)])


def item_name(columns: Iterable[str]) -> str:
    """The template of a row's name: value and suit, else name, card or sign, else the first."""
    names = list(columns)
    by_name = {name.casefold(): name for name in names}
    if "value" in by_name and "suit" in by_name:
        return f"{_place(by_name['value'])} of {_place(by_name['suit'])}"
    first = next((by_name[name] for name in ("name", "card", "sign") if name in by_name), None)
    return _place(first or names[0]) if names else ""


def _place(column: str) -> str:
    return "{" + column + "}"
