"""The part of a workflow that runs: an order, the bricks around one, none that is bypassed."""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

from core.errors import FieldError, InvalidWorkflow
from core.operations.declaration.registry import Registry, inputs
from core.suggestion import suggest
from core.workflows.workflow import INERT, Workflow


def order_of(workflow: Workflow) -> list[str]:
    """The bricks, each after those it depends on. Raises `InvalidWorkflow` for a circle."""
    graph: dict[str, set[str]] = {brick.id: set() for brick in workflow.bricks}
    for source, target in _edges(workflow):
        graph[target].add(source)
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        circle = error.args[1]
        detail = f"The wires go in a circle: {' → '.join(circle)}."
        raise InvalidWorkflow(
            detail,
            field="wires",
            fix="Remove one of them.",
            errors=[FieldError(f"bricks.{brick_id}", detail) for brick_id in circle[1:]],
        ) from error


def reach(workflow: Workflow, start: str, *, forward: bool, field: str = "from") -> set[str]:
    """A brick and all after it, or all before it. Raises `InvalidWorkflow` for an unknown one."""
    if workflow.brick(start) is None:
        names = [brick.id for brick in workflow.bricks]
        raise InvalidWorkflow(
            f"There is no brick {start!r}.",
            field=field,
            fix=suggest(start, names) or f"The workflow has: {', '.join(names[:20])}.",
        )
    reached, border = {start}, {start}
    while border:
        border = {
            (target if forward else source)
            for source, target in _edges(workflow)
            if (source if forward else target) in border
        } - reached
        reached |= border
    return reached


def without_inert(workflow: Workflow) -> Workflow:
    """The workflow without the bricks that only keep what an import had no brick for."""
    inert = {brick.id for brick in workflow.bricks if brick.type == INERT}
    if not inert:
        return workflow
    bricks = [brick for brick in workflow.bricks if brick.id not in inert]
    wires = [wire for wire in workflow.wires if not inert & {wire.source_brick, wire.target_brick}]
    return workflow.model_copy(update={"bricks": bricks, "wires": wires})


def check_not_bypassed(workflow: Workflow, ends: Mapping[str, str | None]) -> None:
    """Raise `InvalidWorkflow` for a bypassed brick among the `ends` of a run: field → brick."""
    for field, name in ends.items():
        brick = workflow.brick(name) if name else None
        if brick is not None and brick.bypassed:
            raise InvalidWorkflow(
                f"The brick {name!r} is bypassed: it does not run.",
                field=field,
                fix="Set its `bypassed` to false, or name another brick.",
            )


def without_bypassed(workflow: Workflow, registry: Registry) -> Workflow:
    """The workflow without its bypassed bricks.

    An output of such a brick passes on what its first connected input of the same type receives;
    where there is none, the wires from that output end.
    """
    bypassed = {brick.id for brick in workflow.bricks if brick.bypassed}
    if not bypassed:
        return workflow
    wires = []
    for wire in workflow.wires:
        source = _passed_on(wire.source, workflow, registry, bypassed)
        if source is not None and wire.target_brick not in bypassed:
            wires.append(wire.model_copy(update={"source": source}))
    bricks = [brick for brick in workflow.bricks if brick.id not in bypassed]
    return workflow.model_copy(update={"bricks": bricks, "wires": wires})


def _passed_on(
    source: str, workflow: Workflow, registry: Registry, bypassed: set[str]
) -> str | None:
    """The output that a wire comes from once no brick is bypassed; None where there is none."""
    seen: set[str] = set()
    while source.partition(".")[0] in bypassed:
        seen.add(source)
        before = _input_like(source, workflow, registry)
        if before is None or before in seen:
            return None
        source = before
    return source


def _input_like(output: str, workflow: Workflow, registry: Registry) -> str | None:
    """The source of the first connected input of the type that an output of the same brick has."""
    brick_id, _, port_name = output.partition(".")
    brick = workflow.brick(brick_id)
    declaration = registry.get(brick.type) if brick else None
    if declaration is None:
        return None
    types = {port.name: port.type for port in declaration.outputs}
    ports = inputs(declaration)
    for wire in workflow.wires:
        if wire.target_brick != brick_id or wire.target_port not in ports:
            continue
        if ports[wire.target_port].port.type == types.get(port_name):
            return wire.source
    return None


def _edges(workflow: Workflow) -> list[tuple[str, str]]:
    return [(wire.source_brick, wire.target_brick) for wire in workflow.wires]
