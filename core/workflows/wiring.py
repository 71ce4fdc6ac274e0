"""The wiring rule: an input takes the nearest output of its type above or left of it.

Two ports of one type on a brick are told apart by name. Wires that are there and make sense stay.
The canvas has no rule of its own; it shows what this module answers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from core.operations.declaration.base import Declaration
from core.operations.declaration.fields import Port
from core.operations.declaration.registry import Registry, inputs
from core.workflows.workflow import Brick, Wire, Workflow

CATEGORY_COLUMN = {"input": 0, "setting": 0, "generator": 1, "output": 2}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a workflow that cannot work, and where."""

    brick: str
    field: str
    detail: str


def wire(
    workflow: Workflow, registry: Registry, only: Collection[str] | None = None
) -> tuple[Workflow, list[Problem]]:
    """The workflow with every free input wired by rule; and what is wrong with it.

    `only` limits the new wires to these bricks' inputs.
    """
    workflow = _placed(workflow, registry)
    kept = [found for found in workflow.wires if not _fault(found, workflow, registry)]
    taken = {found.target for found in kept}
    added = [
        Wire(source=f"{source.id}.{output.name}", target=f"{brick.id}.{port.name}")
        for brick in workflow.bricks
        if only is None or brick.id in only
        for port in _inputs(registry, brick)
        if f"{brick.id}.{port.name}" not in taken
        for source, output in [_nearest(workflow, registry, brick, port)]
        if source is not None
    ]
    found = problems(workflow, registry)
    return workflow.model_copy(update={"wires": [*kept, *added]}), found


def problems(workflow: Workflow, registry: Registry) -> list[Problem]:
    """Unknown bricks and props, and wires that lead nowhere."""
    found = []
    for brick in workflow.bricks:
        declaration = registry.get(brick.type)
        if declaration is None:
            found.append(
                Problem(brick.id, "type", f"There is no brick called {brick.type!r} here.")
            )
            continue
        for name in brick.props.keys() - declaration.model_fields.keys():
            found.append(Problem(brick.id, name, f"{declaration.title} has no setting {name!r}."))
    for each in workflow.wires:
        if fault := _fault(each, workflow, registry):
            target, _, port = each.target.partition(".")
            found.append(Problem(target, port, fault))
    return found


def _placed(workflow: Workflow, registry: Registry) -> Workflow:
    """Known spelling of types; and columns by category where the file gives no places."""
    bricks = [
        brick.model_copy(update={"type": plain}) if registry.get(plain) else brick
        for brick in workflow.bricks
        for plain in [brick.type.replace("-", "_")]
    ]
    if len(bricks) > 1 and all((brick.column, brick.row) == (0, 0) for brick in bricks):
        bricks = list(_laid_out(bricks, registry))
    return workflow.model_copy(update={"bricks": bricks})


def _laid_out(bricks: list[Brick], registry: Registry) -> Iterator[Brick]:
    rows: dict[int, int] = {}
    steps = 0
    for brick in bricks:
        declaration = registry.get(brick.type)
        category = declaration.category if declaration else "input"
        column = CATEGORY_COLUMN[category]
        if category == "generator":
            steps += 1
            column = steps
        elif category == "output":
            column = steps + 1
        row = rows.get(column, 0)
        rows[column] = row + 1
        yield brick.model_copy(update={"column": column, "row": row})


def _inputs(registry: Registry, brick: Brick) -> list[Port]:
    declaration = registry.get(brick.type)
    return [port for port, _, _ in inputs(declaration).values()] if declaration else []


def _nearest(
    workflow: Workflow, registry: Registry, brick: Brick, port: Port
) -> tuple[Brick | None, Port]:
    best: tuple[Brick | None, Port] = (None, port)
    shortest: tuple[int, int] | None = None
    for other in workflow.bricks:
        before = (other.column, other.row) < (brick.column, brick.row)
        declaration = registry.get(other.type)
        output = _fitting(declaration, registry, brick, port) if declaration and before else None
        distance = (brick.column - other.column, abs(brick.row - other.row))
        if output is not None and (shortest is None or distance < shortest):
            best, shortest = (other, output), distance
    return best


def _fitting(
    source: type[Declaration], registry: Registry, brick: Brick, port: Port
) -> Port | None:
    """The output of `source` that the rule allows for this input."""
    outputs = [output for output in source.outputs if output.type == port.type]
    for output in outputs:
        if output.name == port.name:
            return output
    rivals = [other for other in _inputs(registry, brick) if other.type == port.type]
    plain = len(outputs) == 1 and rivals[0].name == port.name
    if plain and all(outputs[0].name != rival.name for rival in rivals):
        return outputs[0]
    return None


def _fault(each: Wire, workflow: Workflow, registry: Registry) -> str | None:
    """Why a wire cannot be, or None."""
    source_id, _, output_name = each.source.partition(".")
    target_id, _, port_name = each.target.partition(".")
    source, target = workflow.brick(source_id), workflow.brick(target_id)
    if source is None or target is None:
        return f"A wire names a brick that is not there: {each.source} → {each.target}."
    source_type, target_type = registry.get(source.type), registry.get(target.type)
    if source_type is None or target_type is None:
        return None  # an unknown brick's wires are kept as they are
    output = next((port for port in source_type.outputs if port.name == output_name), None)
    entry = inputs(target_type).get(port_name)
    if output is None or entry is None:
        return f"A wire names a port that is not there: {each.source} → {each.target}."
    if output.type != entry[0].type:
        return f"A wire joins {output.type} to {entry[0].type}: {each.source} → {each.target}."
    return None
