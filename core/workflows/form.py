"""The form of a workflow: its exposed fields, as one form with the schema of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.operations.declaration.base import Declaration, View
from core.operations.declaration.fields import form_schema
from core.operations.declaration.registry import Registry, inputs
from core.workflows.selection import without_bypassed, without_inert
from core.workflows.workflow import Brick, Workflow


@dataclass(frozen=True, slots=True)
class FormField:
    """An exposed field. `input` is its name in the inputs of a run: `brick.field`.

    `value` is what the workflow holds, or the default; `required` fields have none.
    """

    input: str
    brick: str
    brick_title: str
    field: str
    title: str
    required: bool
    value: Any
    schema: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Form:
    """The exposed fields of a workflow in the order of its wall, and the bricks of its results."""

    fields: list[FormField]
    results: list[str]


def form_of(workflow: Workflow, registry: Registry) -> Form:
    """The form of a workflow.

    Fields that a wire fills, and those of unknown or bypassed bricks, are left out.
    """
    workflow = without_bypassed(without_inert(workflow), registry)
    bricks = sorted(workflow.bricks, key=lambda brick: (brick.column, brick.row))
    fields: list[FormField] = []
    results = []
    for brick in bricks:
        declaration = registry.get(brick.type)
        if declaration is None:
            continue
        if issubclass(declaration, View):
            results.append(brick.id)
        wired = _wired(workflow, brick, declaration)
        for name, schema in form_schema(declaration)["properties"].items():
            if name in brick.exposed and name not in wired:
                fields.append(_field(brick, declaration, name, schema))
    return Form(fields, results)


def _field(
    brick: Brick, declaration: type[Declaration], name: str, schema: dict[str, Any]
) -> FormField:
    info = declaration.model_fields[name]
    default = None if info.is_required() else info.get_default(call_default_factory=True)
    return FormField(
        input=f"{brick.id}.{name}",
        brick=brick.id,
        brick_title=declaration.title,
        field=name,
        title=info.title or name,
        required=info.is_required(),
        value=brick.props.get(name, default),
        schema=schema,
    )


def _wired(workflow: Workflow, brick: Brick, declaration: type[Declaration]) -> set[str]:
    """The fields of a brick that wires fill alone: a wire of settings fills several, or none."""
    ports = inputs(declaration)
    return {
        ports[wire.target_port].fields[0]
        for wire in workflow.wires
        if wire.target_brick == brick.id
        and wire.target_port in ports
        and len(ports[wire.target_port].fields) == 1
    }
