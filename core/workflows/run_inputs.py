"""Inputs of a run: values that replace props of a workflow, by `brick.field`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from core.errors import FieldError, InvalidWorkflow
from core.operations.declaration.registry import Registry
from core.suggestion import suggest
from core.workflows.workflow import Workflow

EXAMPLE = 'Name an input as "brick.field", for example "prompt.prompt".'


def replace_props(workflow: Workflow, inputs: Mapping[str, Any], registry: Registry) -> Workflow:
    """The workflow with the values of `inputs` in its props.

    Raises `InvalidWorkflow` with all inputs that the workflow does not have.
    """
    _check(inputs, _names(workflow, registry))
    bricks = {brick.id: brick for brick in workflow.bricks}
    for path, value in inputs.items():
        brick_id, _, name = path.partition(".")
        brick = bricks[brick_id]
        bricks[brick_id] = brick.model_copy(update={"props": {**brick.props, name: value}})
    return workflow.model_copy(update={"bricks": list(bricks.values())})


def check_wired(brick_id: str, sources: Mapping[str, str], inputs: Collection[str]) -> None:
    """Refuse inputs of fields whose value comes through a wire.

    `sources`: the output at the other end of the wire by field, as `brick.port`.
    """
    for name, source in sources.items():
        if f"{brick_id}.{name}" in inputs:
            raise InvalidWorkflow(
                f"{brick_id}.{name} receives its value from {source} through a wire.",
                field=f"inputs.{brick_id}.{name}",
                fix=f"Set an input of {source.partition('.')[0]!r} instead, or remove the wire.",
            )


def _names(workflow: Workflow, registry: Registry) -> list[str]:
    """The inputs of a workflow. Bricks of unknown types have none."""
    return [
        f"{brick.id}.{name}"
        for brick in workflow.bricks
        if (declaration := registry.get(brick.type)) is not None
        for name in declaration.model_fields
    ]


def _check(inputs: Mapping[str, Any], names: Collection[str]) -> None:
    unknown = [path for path in inputs if path not in names]
    if not unknown:
        return
    details = [f"The workflow has no input {path!r}." for path in unknown]
    raise InvalidWorkflow(
        details[0],
        field=f"inputs.{unknown[0]}",
        fix=_nearest(unknown[0], names) or EXAMPLE,
        errors=[
            FieldError(f"inputs.{path}", " ".join(filter(None, (detail, _nearest(path, names)))))
            for path, detail in zip(unknown, details, strict=True)
        ],
    )


def _nearest(path: str, names: Collection[str]) -> str | None:
    """The offer for an input: a field of that name where no brick is given, or the nearest name."""
    if "." not in path:
        fields = [name for name in names if name.partition(".")[2] == path]
        if fields:
            return f"Did you mean {fields[0]!r}?"
    return suggest(path, names)
