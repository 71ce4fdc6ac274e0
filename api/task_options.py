"""Bodies of submissions: parameters of an operation, and options of its task beside them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.bodies import PARSED
from core.errors import InvalidInput
from core.operations.declaration.base import Operation
from core.tasks.states import Priority
from core.tasks.validation import invalid


class TaskOptions(BaseModel):
    """Options of a task, beside the parameters of its operation."""

    model_config = ConfigDict(defer_build=True)

    priority: Priority = Field(
        Priority.INTERACTIVE, description="0, 10, 20 or 30; lower runs first."
    )
    labels: dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=200)]] = (
        Field(default_factory=dict, max_length=20, description="Texts by name, for filters.")
    )
    cache: bool = Field(
        False, description="Return the result of an equal completed task, if there is one."
    )
    project_id: str | None = Field(None, max_length=64, description="Project of the task.")
    hold: bool | None = Field(
        None,
        description="True queues the task on hold, until it is released; false starts it in any "
        "case. Without it the task is held while the queue's `auto_run` is off.",
        examples=[False],
    )


class TransientOptions(TaskOptions):
    """Options of an operation that can also run without a task."""

    transient: bool = Field(
        False,
        description="Run now, without a task: the response holds the result, which stays in "
        "memory for minutes. The other options are ignored.",
    )
    slot: str = Field(
        "",
        max_length=64,
        description="Slot of a transient run; a newer run of the same slot replaces it.",
    )


def options_of(operation: type[Operation]) -> type[TaskOptions]:
    """The options that stand beside the parameters of an operation."""
    return TransientOptions if operation.transient else TaskOptions


def read_submission(
    request: Request, operation: type[Operation]
) -> tuple[dict[str, Any], TaskOptions]:
    """The parameters of a submission, unchecked, and its options.

    The queue's door validates the parameters. Where an option is wrong they are validated here, so
    that the error has all wrong fields. Raises `InvalidInput`.
    """
    body = request.scope.get(PARSED)
    if not isinstance(body, dict):
        raise InvalidInput(
            "The body is not a JSON object.", fix="Send the parameters as JSON; {} for none."
        )
    model = options_of(operation)
    params = {name: value for name, value in body.items() if name not in model.model_fields}
    try:
        options = model.model_validate({name: body[name] for name in body.keys() - params.keys()})
    except ValidationError as error:
        raise invalid(operation, error, *_faults(operation, params)) from error
    return params, options


def _faults(operation: type[Operation], params: dict[str, Any]) -> list[ValidationError]:
    """The error of the parameters, if they have one."""
    try:
        operation.model_validate(params)
    except ValidationError as error:
        return [error]
    return []
