"""Faults of a set, each with its place in the table, found before anything runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from core.errors import FieldError, InvalidInput

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of a table or a template.

    `row` is the number that a spreadsheet shows: the header is row 1; None for the whole table. An
    error prevents a run, a warning does not. `field` is the field of the definition that names
    what the table lacks.
    """

    level: Literal["error", "warning"]
    detail: str
    row: int | None = None
    column: str | None = None
    fix: str | None = None
    field: str | None = None

    @property
    def place(self) -> str:
        """Row and column in words; empty for the whole table."""
        parts = [f"row {self.row}"] if self.row is not None else []
        return ", ".join([*parts, *([f"column {self.column!r}"] if self.column else [])])

    def __str__(self) -> str:
        place = self.place
        return f"{place[:1].upper()}{place[1:]}: {self.detail}" if place else self.detail


def error(
    detail: str,
    row: int | None = None,
    column: str | None = None,
    fix: str | None = None,
    field: str | None = None,
) -> Fault:
    """A fault that prevents a run."""
    return Fault("error", detail, row, column, fix, field)


def warning(
    detail: str,
    row: int | None = None,
    column: str | None = None,
    fix: str | None = None,
    field: str | None = None,
) -> Fault:
    """A fault that a run tolerates."""
    return Fault("warning", detail, row, column, fix, field)


def errors(faults: Iterable[Fault]) -> list[Fault]:
    """The faults that prevent a run."""
    return [fault for fault in faults if fault.level == "error"]


def check(faults: Iterable[Fault]) -> None:
    """Raise `InvalidInput` with all errors, the first of them as its sentence."""
    wrong = errors(faults)
    if not wrong:
        return
    more = f" There are {len(wrong) - 1} more errors." if len(wrong) > 1 else ""
    raise InvalidInput(
        f"{wrong[0]}{more}",
        field="csv",
        fix=wrong[0].fix or "Correct the table, then run it again.",
        errors=[FieldError(fault.place or "table", fault.detail) for fault in wrong[:SHOWN]],
    )
