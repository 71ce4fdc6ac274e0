"""Random valid graphs, wired at random: they compile without circles, whole, and always alike."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.operations.declaration.base import Operation
from core.operations.declaration.registry import inputs
from core.tasks.task import references
from core.workflows.compiler import CompiledWorkflow
from core.workflows.selection import order_of
from core.workflows.wiring import problems
from core.workflows.workflow import Wire as WorkflowWire
from core.workflows.workflow import Workflow, parse
from tests.unit.workflows.test_random_workflows import REGISTRY, compiled, filled, walls


@st.composite
def graphs(draw: st.DrawFn) -> Workflow:
    """Bricks with some wires from earlier to later ones, between ports of equal kinds."""
    wall = filled(draw(walls()))
    wires = []
    for place, target in enumerate(wall.bricks):
        declaration = REGISTRY.get(target.type)
        assert declaration is not None
        for name, entry in inputs(declaration).items():
            sources = [
                f"{source.id}.{port.name}"
                for source in wall.bricks[:place]
                for port in (REGISTRY.get(source.type) or declaration).outputs
                if port.type == entry.port.type
            ]
            most = len(sources) if entry.port.many else 1
            chosen = (
                draw(st.lists(st.sampled_from(sources), max_size=most, unique=True))
                if (sources)
                else []
            )
            wires += [WorkflowWire(source=end, target=f"{target.id}.{name}") for end in chosen]
    return wall.model_copy(update={"wires": wires})


def steps(plan: CompiledWorkflow | None) -> dict[str, Any]:
    """The steps by brick, with bricks in place of the tasks that they refer to."""
    if plan is None:
        return {}
    text = json.dumps({step.brick_id: [step.operation, step.params] for step in plan.steps})
    for step in plan.steps:
        text = text.replace(step.task_id, step.brick_id)
    parsed: dict[str, Any] = json.loads(text)
    return parsed


@given(graphs())
def test_a_graph_compiles_without_circles(graph: Workflow) -> None:
    assert problems(graph, REGISTRY) == []
    plan = compiled(graph)
    before: set[str] = set()
    for step in plan.steps if plan else ():
        assert {reference["task"] for _, reference in references(step.params)} <= before
        before.add(step.task_id)
    places = {brick_id: place for place, brick_id in enumerate(order_of(graph))}
    assert all(places[wire.source_brick] < places[wire.target_brick] for wire in graph.wires)


@given(graphs())
def test_a_graph_compiles_whole(graph: Workflow) -> None:
    plan = compiled(graph)
    if plan is None:
        return
    operations = {
        brick.id
        for brick in graph.bricks
        if issubclass(REGISTRY.get(brick.type) or Workflow, Operation)
    }
    waiting = {wait.brick for wait in plan.waits}
    tasks = {step.brick_id: step.task_id for step in plan.steps}
    assert tasks.keys() | waiting == operations
    assert not tasks.keys() & waiting
    params = {step.brick_id: step.params for step in plan.steps}
    for wire in graph.wires:
        if wire.source_brick in tasks and wire.target_brick in tasks:
            parents = [reference for _, reference in references(params[wire.target_brick])]
            source = {"task": tasks[wire.source_brick], "port": wire.source_port}
            assert any(source.items() <= parent.items() for parent in parents)


@given(graphs(), st.randoms(use_true_random=False))
def test_a_graph_compiles_alike_whatever_the_order_of_its_bricks(
    graph: Workflow, random: Any
) -> None:
    bricks = list(graph.bricks)
    random.shuffle(bricks)
    shuffled = graph.model_copy(update={"bricks": bricks})
    assert steps(compiled(graph)) == steps(compiled(graph)) == steps(compiled(shuffled))


@given(graphs())
def test_a_graph_is_read_back_from_its_file_as_it_was(graph: Workflow) -> None:
    again = parse(json.loads(json.dumps(graph.json_data())))
    assert again == graph
    assert steps(compiled(again)) == steps(compiled(graph))
