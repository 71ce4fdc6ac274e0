"""The wiring rule: an input takes the nearest output of its type above or left of it.

Ports of one type on a brick are distinguished by name. Valid wires stay. The canvas has no rule of
its own: it applies the answer of this module.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from core.operations.declaration.base import Declaration, Operation
from core.operations.declaration.fields import Port, port_fields
from core.operations.declaration.registry import Registry, inputs
from core.operations.declaration.use import used
from core.workflows.workflow import INERT, Brick, Wire, Workflow

CATEGORY_COLUMN = {"input": 0, "setting": 0, "generator": 1, "output": 2}


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault of a workflow, and its place."""

    brick: str
    field: str
    detail: str


def wire(
    workflow: Workflow, registry: Registry, only: Collection[str] | None = None
) -> tuple[Workflow, list[Problem]]:
    """The workflow with every free input wired by rule, and its faults.

    `only` limits the new wires to these bricks' inputs.
    """
    workflow = _placed(workflow, registry)
    kept = [existing for existing in workflow.wires if not _fault(existing, workflow, registry)]
    taken = {existing.target for existing in kept}
    added = [
        Wire(source=f"{source.id}.{output.name}", target=f"{brick.id}.{port.name}")
        for brick in workflow.bricks
        if only is None or brick.id in only
        for port in _inputs_by_rule(registry, brick)
        if f"{brick.id}.{port.name}" not in taken
        for source, output in [_nearest(workflow, registry, brick, port)]
        if source is not None
    ]
    faults = problems(workflow, registry)
    return workflow.model_copy(update={"wires": [*kept, *added]}), faults


def append(workflow: Workflow, registry: Registry, brick_id: str) -> Workflow:
    """Wire one new brick at the end of its chain.

    Its inputs and outputs are wired by rule. Bricks of the category `output`, such as Image and
    Save, move from the sources of its inputs to its own outputs of the same type.
    """
    wired, _ = wire(workflow, registry)
    present = {(existing.source, existing.target) for existing in workflow.wires}
    wires = [
        existing
        for existing in wired.wires
        if (existing.source, existing.target) in present
        or brick_id in (existing.source_brick, existing.target_brick)
    ]
    wired = wired.model_copy(update={"wires": wires})
    new = wired.brick(brick_id)
    declaration = registry.get(new.type) if new else None
    if declaration is None or not issubclass(declaration, Operation):
        return wired
    if declaration.category == "output":
        return wired
    outputs = {port.type: f"{brick_id}.{port.name}" for port in reversed(declaration.outputs)}
    sources = {
        existing.source: entry.port.type
        for existing in wired.wires
        if existing.target_brick == brick_id
        for entry in [inputs(declaration)[existing.target_port]]
        if entry.port.type in outputs
    }
    moved = [
        existing.model_copy(update={"source": outputs[sources[existing.source]]})
        if existing.source in sources and _ends_chain(wired, registry, existing.target_brick)
        else existing
        for existing in wired.wires
    ]
    return wired.model_copy(update={"wires": moved})


def _ends_chain(workflow: Workflow, registry: Registry, brick_id: str) -> bool:
    brick = workflow.brick(brick_id)
    declaration = registry.get(brick.type) if brick else None
    return declaration is not None and declaration.category == "output"


def problems(workflow: Workflow, registry: Registry) -> list[Problem]:
    """The faults of a workflow: unknown bricks and props, and invalid wires."""
    faults = []
    for brick in workflow.bricks:
        if brick.type == INERT:
            continue  # kept for a later version; runs leave it out
        declaration = registry.get(brick.type)
        if declaration is None:
            faults.append(Problem(brick.id, "type", f"There is no brick of type {brick.type!r}."))
            continue
        for name in brick.props.keys() - declaration.model_fields.keys():
            faults.append(Problem(brick.id, name, f"{declaration.title} has no setting {name!r}."))
    for existing in workflow.wires:
        if fault := _fault(existing, workflow, registry):
            faults.append(Problem(existing.target_brick, existing.target_port, fault))
    return faults


def _placed(workflow: Workflow, registry: Registry) -> Workflow:
    """The workflow with known spellings of types, and columns by category where it has none."""
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
    return [entry.port for entry in inputs(declaration).values()] if declaration else []


def _inputs_by_rule(registry: Registry, brick: Brick) -> list[Port]:
    """The inputs that the rule may wire: those that take part in a run with the brick's props."""
    declaration = registry.get(brick.type)
    if declaration is None or not issubclass(declaration, Operation):
        return _inputs(registry, brick)
    fields = declaration.model_fields.items()
    defaults = {
        name: None if field.is_required() else field.get_default() for name, field in fields
    }
    live = used(declaration, {**defaults, **brick.props})
    marks = port_fields(declaration)
    return [
        entry.port
        for entry in inputs(declaration).values()
        if any(name in live and marks[name].by_rule for name in entry.fields)
    ]


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


def _fault(existing: Wire, workflow: Workflow, registry: Registry) -> str | None:
    """The reason why a wire is invalid, or None."""
    ends = f"{existing.source} → {existing.target}"
    source = workflow.brick(existing.source_brick)
    target = workflow.brick(existing.target_brick)
    if source is None or target is None:
        return f"A wire names a brick that is not there: {ends}."
    source_type, target_type = registry.get(source.type), registry.get(target.type)
    if source_type is None or target_type is None:
        return None  # an unknown brick's wires are kept as they are
    output = next((port for port in source_type.outputs if port.name == existing.source_port), None)
    entry = inputs(target_type).get(existing.target_port)
    if output is None or entry is None:
        return f"A wire names a port that is not there: {ends}."
    if output.type != entry.port.type:
        return f"A wire joins {output.type} to {entry.port.type}: {ends}."
    return None
