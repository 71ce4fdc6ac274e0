"""A wall from a snapshot: what made a picture, as bricks again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.errors import InvalidWorkflow
from core.operations.declaration.base import Operation, Value, View
from core.operations.declaration.fields import Port
from core.operations.declaration.registry import Registry, inputs
from core.tasks.task import Task
from core.workflows.wiring import wire
from core.workflows.workflow import Brick, Wire, Workflow


def restore(snapshot: Mapping[str, Any], registry: Registry) -> Workflow:
    """The workflow of one operation with its parameters spread over the bricks that hold such.

    Raises `InvalidWorkflow` where the operation is not known here.
    """
    name, params = str(snapshot.get("operation", "")), snapshot.get("params")
    declaration = registry.get(name)
    if (
        declaration is None
        or not issubclass(declaration, Operation)
        or not isinstance(params, dict)
    ):
        raise InvalidWorkflow(f"There is no operation {name[:80]!r} here to restore.")
    rest = {key: value for key, value in params.items() if key in declaration.model_fields}
    bricks: list[Brick] = []
    wires: list[Wire] = []
    for port, (field, *_), _ in inputs(declaration).values():
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
    for value in (found for found in registry if issubclass(found, Value)):
        props = {key: item for key, item in rest.items() if key in value.model_fields}
        fits = {port.name for port in value.outputs} & inputs(declaration).keys()
        if fits and any(item != [] for item in props.values()):  # no brick for an empty list
            rest = {key: item for key, item in rest.items() if key not in props}
            bricks.append(Brick(id=value.name, type=value.name, props=props, row=len(bricks)))
    bricks.append(Brick(id=name, type=name, props=rest, column=1))
    view = next((found for found in registry if issubclass(found, View)), None)
    if view is not None:
        bricks.append(Brick(id=view.name, type=view.name, column=2))
    title = str(params.get("prompt", ""))[:60] or declaration.title
    return wire(Workflow(name=title, bricks=bricks, wires=wires), registry)[0]


def workflow_of_image(data: bytes, registry: Registry) -> Workflow:
    """The workflow of an image file with the studio's metadata. Raises `InvalidWorkflow`."""
    from core.store.metadata import read_metadata

    snapshot = read_metadata(data).get("qpyt")
    if not isinstance(snapshot, dict):
        raise InvalidWorkflow(
            "This image holds no metadata of the studio.",
            field="file",
            fix="Use an image that this studio made, as it was saved.",
        )
    return restore(snapshot, registry)


def workflow_of_task(task: Task, registry: Registry) -> Workflow:
    """The workflow that runs a task again."""
    return restore({**task.snapshot, "params": task.params}, registry)


def _holder(port: Port, registry: Registry) -> type[Value] | None:
    """The value that holds one item for an input port."""
    for found in registry:
        named = port.name in found.model_fields
        if issubclass(found, Value) and named and Port(port.name, port.type) in found.outputs:
            return found
    return None
