"""Parameters of a request against the declaration of its operation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

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
    field, name = ".".join(location), location[-1] if location else ""
    if fault["type"] != UNKNOWN:
        return field, str(fault["msg"]), None
    owner, known = declared.title, [*declared.model_fields]
    if len(location) > 1:
        owner, known = location[0], _record_fields(declared, location[0])
    options = _options(declared) if len(location) == 1 else ()
    fix = suggest(name, [*known, *options]) or f"Use one of: {', '.join(known)}."
    return field, f"{owner} has no parameter {name!r}.", fix


def _options(declared: type[Operation]) -> list[str]:
    """The names of the task's options beside the parameters."""
    return sorted(TASK_OPTIONS | (TRANSIENT_OPTIONS if declared.transient else frozenset()))


def _record_fields(declared: type[Operation], name: str) -> list[str]:
    """The fields of the records that a parameter holds, such as those of a LoRA."""
    annotations = [declared.model_fields[name].annotation] if name in declared.model_fields else []
    names: dict[str, None] = {}
    for annotation in annotations:
        annotations += get_args(annotation)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            names |= dict.fromkeys(annotation.model_fields)
    return list(names)
