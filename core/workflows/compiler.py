"""The compiler: values become constants, wires between operations become references to tasks.

A run is a set of tasks submitted at once; the queue does the rest. There is no other orchestrator.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from core.errors import FieldError, InvalidWorkflow
from core.identifiers import new_id
from core.operations.declaration.base import Declaration, Operation, Value
from core.operations.declaration.registry import Registry, inputs
from core.workflows.pending import PendingBrick, pending_brick, unfilled, user_inputs_downstream
from core.workflows.run_inputs import check_wired, replace_props
from core.workflows.selection import (
    check_not_bypassed,
    order_of,
    reach,
    without_bypassed,
    without_inert,
)
from core.workflows.wiring import Problem, problems
from core.workflows.workflow import Brick, Wire, Workflow

FAULTS_MAX = 100  # that an error names


@dataclass(frozen=True, slots=True)
class Step:
    """One task of a run. `params` may name other steps' tasks by their ids."""

    brick_id: str
    task_id: str
    operation: str
    params: dict[str, Any]
    cache: bool
    ignored: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class CompiledWorkflow:
    """The steps that run now, each after those it depends on, and the bricks that wait."""

    steps: list[Step]
    waits: list[PendingBrick]


def compile_workflow(
    workflow: Workflow,
    registry: Registry,
    given: Mapping[str, Any] | None = None,
    start: str | None = None,
    until: str | None = None,
) -> CompiledWorkflow:
    """The steps of a workflow that run, and the bricks that wait.

    A brick that lacks an input waits, and with it those after it. A bypassed brick does not run: it
    passes on its input. `given` replaces props: `{"brick.field": value}`. `start` names a brick: it
    and all after it run anew, all before it may be served from earlier equal tasks, the rest does
    not run. With `until` only that brick and those before it run.
    An input that no brick has, and one of a field that a wire fills, is refused.
    Raises `InvalidWorkflow` with the brick in `field`.
    """
    given = given or {}
    whole = without_inert(replace_props(workflow, given, registry))
    _check(whole, registry)
    check_not_bypassed(whole, {"from": start, "until": until})
    workflow = without_bypassed(_without_shown(whole, registry), registry)
    order = order_of(workflow)
    after = reach(workflow, start, forward=True) if start else set()
    wanted = after | reach(workflow, start, forward=False) if start else set(order)
    if until:
        wanted &= reach(workflow, until, forward=False, field="until")
    bricks = {brick.id: brick for brick in workflow.bricks}
    runs = {
        brick_id: bricks[brick_id]
        for brick_id in order
        if brick_id in wanted and issubclass(_type(registry, bricks[brick_id]), Operation)
    }
    if not runs:
        raise InvalidWorkflow(
            "The workflow has no brick that runs.",
            field="bricks",
            fix="Add an operation, for example Generate.",
        )
    ids = {brick_id: new_id() for brick_id in runs}
    shown = user_inputs_downstream(whole, registry, runs)
    steps: list[Step] = []
    waits: dict[str, PendingBrick] = {}
    for brick_id, brick in runs.items():
        declaration = _type(registry, brick)
        params = _params(workflow, registry, brick, ids, given)
        lacking = _lacking(declaration, params)
        if wait := pending_brick(brick, lacking, workflow, registry, shown, waits):
            waits[brick_id] = wait
            continue
        if lacking:
            waits[brick_id] = unfilled(brick, lacking[0], workflow, registry)
            continue
        ignored = sorted(brick.props.keys() - declaration.model_fields.keys())
        cache = brick_id not in after
        steps.append(Step(brick_id, ids[brick_id], brick.type, params, cache, ignored))
    if not steps:
        first = next(iter(waits.values()))
        field = f"bricks.{first.brick}.{first.field}".rstrip(".")
        raise InvalidWorkflow(first.detail, field=field, fix=first.fix)
    return CompiledWorkflow(steps, list(waits.values()))


def _check(workflow: Workflow, registry: Registry) -> None:
    faults = [
        FieldError(f"bricks.{problem.brick}.{problem.field}", problem.detail)
        for problem in problems(workflow, registry)
        if not is_ignored_prop(problem, workflow, registry)
    ]
    if faults:
        raise InvalidWorkflow(
            faults[0].detail,
            field=faults[0].field,
            fix="Remove it from the workflow, or wire it anew.",
            errors=faults[:FAULTS_MAX] if len(faults) > 1 else (),
        )


def is_ignored_prop(problem: Problem, workflow: Workflow, registry: Registry) -> bool:
    """True for a prop that no field has: its task runs, with a warning that it was ignored."""
    brick = workflow.brick(problem.brick)
    return brick is not None and bool(registry.get(brick.type)) and problem.field in brick.props


def _without_shown(workflow: Workflow, registry: Registry) -> Workflow:
    """The workflow without the wires that only show results: those into values, but for the
    ports that the values carry on."""
    carried = {
        brick.id: declared.carried
        for brick in workflow.bricks
        if issubclass(declared := _type(registry, brick), Value)
    }
    wires = [
        wire
        for wire in workflow.wires
        if wire.target_port in carried.get(wire.target_brick, (wire.target_port,))
    ]
    return workflow.model_copy(update={"wires": wires})


def _type(registry: Registry, brick: Brick) -> type[Declaration]:
    declaration = registry.get(brick.type)
    assert declaration is not None  # checked by `_check`
    return declaration


def _params(
    workflow: Workflow,
    registry: Registry,
    brick: Brick,
    ids: Mapping[str, str],
    given: Mapping[str, Any],
) -> dict[str, Any]:
    declaration = _type(registry, brick)
    params = {
        name: value
        for name, value in brick.props.items()
        if name in declaration.model_fields and value is not None
    }
    several: dict[str, list[Any]] = {}
    for wire in workflow.wires:
        if wire.target_brick != brick.id:
            continue
        entry = inputs(declaration)[wire.target_port]
        values = _carried(workflow, registry, wire, entry.fields, ids)
        check_wired(brick.id, dict.fromkeys(values, wire.source), given)
        if entry.port.many and values:
            # Several wires at one port: all their values, in the order of the wires.
            name = entry.fields[0]
            several.setdefault(name, []).append(values[name])
            values = {name: several[name]}
        params |= values
    return params


def _lacking(declaration: type[Declaration], params: Mapping[str, Any]) -> list[str]:
    """The required fields without a value."""
    return [
        name
        for name, field in declaration.model_fields.items()
        if field.is_required() and params.get(name) in (None, "")
    ]


def _carried(
    workflow: Workflow,
    registry: Registry,
    wire: Wire,
    fields: tuple[str, ...],
    ids: Mapping[str, str],
) -> dict[str, Any]:
    """The values of a wire: constants of a value brick, or a reference to a step's output."""
    source = workflow.brick(wire.source_brick)
    assert source is not None  # checked by `_check`
    declaration = _type(registry, source)
    if not issubclass(declaration, Value):
        task_id = ids.get(source.id)
        return {fields[0]: {"task": task_id, "port": wire.source_port}} if task_id else {}
    props = dict(source.props)
    for inner in workflow.wires:
        if inner.target_brick == source.id:
            props |= _carried(workflow, registry, inner, (inner.target_port,), ids)
    value = _value(declaration, source.model_copy(update={"props": props})).values()[
        wire.source_port
    ]
    if isinstance(value, Mapping):
        return {name: item for name, item in value.items() if name in fields}
    return {} if value is None else {fields[0]: value}


def _value(declaration: type[Value], brick: Brick) -> Value:
    known = {name: item for name, item in brick.props.items() if name in declaration.model_fields}
    try:
        return declaration.model_validate(known)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        name = str(first["loc"][0]) if first["loc"] else ""
        raise InvalidWorkflow(
            f"{declaration.title}: {first['msg']}", field=f"bricks.{brick.id}.{name}"
        ) from error
