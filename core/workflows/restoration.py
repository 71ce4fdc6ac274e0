"""Workflows from snapshots: the bricks and wires that make an image again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from core.errors import InvalidWorkflow
from core.operations.declaration.base import Operation, Value, View
from core.operations.declaration.fields import Port
from core.operations.declaration.registry import Registry, inputs
from core.tasks.task import Task
from core.workflows.wiring import wire
from core.workflows.workflow import Brick, Wire, Workflow


def restore(snapshot: Mapping[str, Any], registry: Registry) -> Workflow:
    """The workflow of one operation, its parameters spread over the bricks that hold them.

    Raises `InvalidWorkflow` where the operation is unknown.
    """
    name, params = str(snapshot.get("operation", "")), snapshot.get("params")
    declaration = registry.get(name)
    if (
        declaration is None
        or not issubclass(declaration, Operation)
        or not isinstance(params, dict)
    ):
        raise InvalidWorkflow(f"There is no operation {name[:80]!r}.", field="operation")
    rest = {key: value for key, value in params.items() if key in declaration.model_fields}
    bricks: list[Brick] = []
    wires: list[Wire] = []
    for entry in inputs(declaration).values():
        port, field = entry.port, entry.fields[0]
        holder = _holder(port, registry)
        if port.many and holder is not None and isinstance(rest.get(field), list):
            # A brick for each item: by rule only the nearest would be wired.
            for place, item in enumerate(rest.pop(field)):
                brick = Brick(
                    id=f"{holder.name}-{place}",
                    type=holder.name,
                    props={port.name: item},
                    row=place,
                )
                bricks.append(brick)
                wires.append(Wire(source=f"{brick.id}.{port.name}", target=f"{name}.{port.name}"))
    for brick, port_name in _carried_bricks(rest, registry):
        bricks.append(brick)
        wires.append(Wire(source=f"{brick.id}.{port_name}", target=f"{name}.{port_name}"))
    for value in (entry for entry in registry if issubclass(entry, Value)):
        props, used = value.of_parameters(rest)
        fits = {port.name for port in value.outputs} & inputs(declaration).keys()
        if value.carried or _lists(value, props, fits):
            continue  # it holds one item, and the operation keeps the list itself
        if fits and any(item != [] for item in props.values()):  # no brick for an empty list
            rest = {key: item for key, item in rest.items() if key not in used}
            bricks.append(Brick(id=value.name, type=value.name, props=props, row=len(bricks)))
            wires += [
                Wire(source=f"{value.name}.{port}", target=f"{name}.{port}")
                for port in sorted(fits)
            ]
    bricks.append(Brick(id=name, type=name, props=rest, column=1))
    view = _view(declaration, registry)
    if view is not None:
        bricks.append(Brick(id=view.name, type=view.name, column=2))
    title = str(params.get("prompt", ""))[:60] or declaration.title
    return wire(Workflow(name=title, bricks=bricks, wires=wires), registry)[0]


def _lists(value: type[Value], props: Mapping[str, Any], ports: set[str]) -> bool:
    """True for several items of a value that a person draws, which holds one."""
    return bool(value.user_action) and any(isinstance(props.get(port), list) for port in ports)


def workflow_of_task(task: Task, registry: Registry) -> Workflow:
    """The workflow that runs a task again."""
    return restore({**task.snapshot, "params": task.params}, registry)


def _carried_bricks(rest: dict[str, Any], registry: Registry) -> Iterator[tuple[Brick, str]]:
    """A brick and its port for each item of a field that also keeps images, such as controls."""
    for value in (entry for entry in registry if issubclass(entry, Value) and entry.carried):
        for port in value.outputs:
            for place, props in enumerate(_carried(value, port, rest)):
                brick = Brick(id=f"{value.name}-{place}", type=value.name, props=props, row=place)
                yield brick, port.name


def _carried(value: type[Value], port: Port, rest: dict[str, Any]) -> list[dict[str, Any]]:
    """The properties of a brick for each item of a field, with what the operation keeps in fields
    of their own (`control_image`); both are taken out of `rest`."""
    items = rest.get(port.name)
    if not isinstance(items, list) or not items:
        return []
    fields = {name: f"{port.name}_{name}" for name in value.carried}
    beside = {name: rest.get(field) for name, field in fields.items()}
    # Masks are kept for those items alone that are `masked`.
    own = {name: [item.get(f"{name}ed", True) for item in items] for name in beside}
    if any(values and len(values) != sum(own[name]) for name, values in beside.items()):
        return []  # they do not belong together: the operation keeps them as they are
    for field in (port.name, *fields.values()):
        rest.pop(field, None)
    bricks = []
    left = {name: iter(values) for name, values in beside.items() if values}
    for place, item in enumerate(items):
        images = {name: next(kept) for name, kept in left.items() if own[name][place]}
        bricks.append({**value.of_item(item), **images})
    return bricks


def _holder(port: Port, registry: Registry) -> type[Value] | None:
    """The value brick that holds one item for an input port, with nothing left to do by hand."""
    for declaration in registry:
        if (
            issubclass(declaration, Value)
            and not declaration.user_action
            and port.name in declaration.model_fields
            and Port(port.name, port.type) in declaration.outputs
        ):
            return declaration
    return None


def _view(operation: type[Operation], registry: Registry) -> type[View] | None:
    """The view that takes most of an operation's outputs; None where no view takes any."""
    kinds = {port.type for port in operation.outputs}
    views = [declaration for declaration in registry if issubclass(declaration, View)]
    shown = {view: sum(port.type in kinds for port in view.inputs) for view in views}
    best = max(views, key=lambda view: shown[view], default=None)
    return best if best is not None and shown[best] else None
