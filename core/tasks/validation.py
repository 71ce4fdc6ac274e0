"""Parameters of a request against the declaration of its operation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from core.errors import FieldError, InvalidInput
from core.operations.declaration.base import Operation
from core.operations.declaration.registry import TASK_OPTIONS, TRANSIENT_OPTIONS
from core.suggestion import suggest

ERRORS_MAX = 20  # wrong fields that an error names
UNKNOWN = "extra_forbidden"  # Pydantic's type of the finding


def validate(declared: type[Operation], params: Mapping[str, Any]) -> Operation:
    """The operation of these parameters.

    Raises `InvalidInput` that names the first bad field; for an unknown parameter `fix` has the
    nearest name.
    """
    try:
        return declared.model_validate(dict(params))
    except ValidationError as error:
        raise invalid(declared, error) from error


def invalid(declared: type[Operation], *errors: ValidationError) -> InvalidInput:
    """The findings of Pydantic in parameters and task options, in the studio's form.

    Unknown names come first: one may be the misspelt name of a parameter that is missing.
    """
    faults = [fault for error in errors for fault in error.errors(include_url=False)]
    faults.sort(key=lambda fault: fault["type"] != UNKNOWN)
    findings = [_finding(declared, fault) for fault in faults[:ERRORS_MAX]]
    field, detail, fix = findings[0]
    return InvalidInput(
        detail,
        field=field or None,
        fix=fix,
        errors=[
            FieldError(field, " ".join(filter(None, (detail, fix))))
            for field, detail, fix in findings
        ],
    )


def _finding(declared: type[Operation], fault: Mapping[str, Any]) -> tuple[str, str, str | None]:
    """The field, the detail and the fix of one finding."""
    location = [str(part)[:100] for part in fault["loc"]]
    if fault["type"] != UNKNOWN or len(location) != 1:
        return ".".join(location), str(fault["msg"]), None
    options = TASK_OPTIONS | (TRANSIENT_OPTIONS if declared.transient else frozenset())
    known = [*declared.model_fields, *sorted(options)]
    fix = suggest(location[0], known) or f"Use one of: {', '.join(declared.model_fields)}."
    return location[0], f"{declared.title} has no parameter {location[0]!r}.", fix
