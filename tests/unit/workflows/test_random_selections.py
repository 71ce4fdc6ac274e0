"""Parts of random walls: bypassed bricks, runs up to a brick, and bricks added at the end."""

from hypothesis import given
from hypothesis import strategies as st

from core.operations.declaration.base import Operation
from core.operations.declaration.registry import inputs
from core.tasks.task import references
from core.workflows.compiler import CompiledWorkflow
from core.workflows.selection import order_of, without_bypassed
from core.workflows.wiring import append, problems, wire
from core.workflows.workflow import Brick, Workflow
from tests.unit.workflows.test_random_workflows import REGISTRY, TYPES, compiled, filled, walls


def wired_walls() -> st.SearchStrategy[Workflow]:
    return walls().map(lambda wall: wire(filled(wall), REGISTRY)[0])


@st.composite
def bypassed_walls(draw: st.DrawFn) -> Workflow:
    """Wired walls of which some bricks are bypassed."""
    wall = draw(wired_walls())
    bricks = [
        brick.model_copy(update={"bypassed": draw(st.booleans())})
        if issubclass(REGISTRY.get(brick.type) or Brick, Operation)
        else brick
        for brick in wall.bricks
    ]
    return wall.model_copy(update={"bricks": bricks})


def ids(plan: CompiledWorkflow | None) -> set[str]:
    return {step.brick_id for step in plan.steps} if plan else set()


def waiting(plan: CompiledWorkflow | None) -> set[str]:
    return {wait.brick for wait in plan.waits} if plan else set()


@given(bypassed_walls())
def test_no_wire_is_left_at_a_bypassed_brick_and_all_others_fit(wall: Workflow) -> None:
    rest = without_bypassed(wall, REGISTRY)
    present = {brick.id for brick in rest.bricks}
    assert present == {brick.id for brick in wall.bricks if not brick.bypassed}
    assert all({joined.source_brick, joined.target_brick} <= present for joined in rest.wires)
    assert problems(rest, REGISTRY) == []


@given(bypassed_walls())
def test_what_leads_past_a_bypassed_brick_comes_from_before_it(wall: Workflow) -> None:
    before = {brick_id: place for place, brick_id in enumerate(order_of(wall))}
    for passed in without_bypassed(wall, REGISTRY).wires:
        assert before[passed.source_brick] < before[passed.target_brick]


@given(wired_walls())
def test_a_wall_without_bypassed_bricks_stays_as_it_is(wall: Workflow) -> None:
    assert without_bypassed(wall, REGISTRY) == wall


@given(bypassed_walls())
def test_steps_refer_to_steps_of_the_same_run_only(wall: Workflow) -> None:
    plan = compiled(wall)
    if plan is None:
        return
    tasks = {step.task_id for step in plan.steps}
    for step in plan.steps:
        assert {reference["task"] for _, reference in references(step.params)} <= tasks
    bypassed = {brick.id for brick in wall.bricks if brick.bypassed}
    assert not bypassed & (ids(plan) | waiting(plan))
    assert not ids(plan) & waiting(plan)


@given(wired_walls(), st.data())
def test_a_run_up_to_a_brick_is_a_part_of_the_whole(wall: Workflow, data: st.DataObject) -> None:
    last = data.draw(st.sampled_from(wall.bricks))
    whole, part = compiled(wall), compiled(wall, until=last.id)
    assert ids(part) <= ids(whole)
    declaration = REGISTRY.get(last.type)
    assert declaration is not None
    if part is not None and issubclass(declaration, Operation):
        assert last.id in ids(part) | waiting(part)


@given(wired_walls(), st.sampled_from(TYPES))
def test_a_brick_added_at_the_end_breaks_no_wire_but_those_of_outputs(
    wall: Workflow, kind: str
) -> None:
    right = max(brick.column for brick in wall.bricks) + 1
    new = Brick(id="new", type=kind, column=right)
    grown = append(wall.model_copy(update={"bricks": [*wall.bricks, new]}), REGISTRY, "new")
    assert problems(grown, REGISTRY) == []
    order_of(grown)
    after = {(joined.source, joined.target) for joined in grown.wires}
    for kept in wall.wires:
        holder = wall.brick(kept.target_brick)
        assert holder is not None
        declaration = REGISTRY.get(holder.type)
        assert declaration is not None
        if declaration.category != "output":
            assert (kept.source, kept.target) in after
        else:
            sources = {source for source, target in after if target == kept.target}
            assert any(source == kept.source or source.startswith("new.") for source in sources)


@given(wired_walls(), st.sampled_from(TYPES))
def test_an_added_brick_takes_one_wire_at_an_input_that_takes_one(
    wall: Workflow, kind: str
) -> None:
    new = Brick(id="new", type=kind, column=9)
    grown = append(wall.model_copy(update={"bricks": [*wall.bricks, new]}), REGISTRY, "new")
    declaration = REGISTRY.get(kind)
    assert declaration is not None
    for name, entry in inputs(declaration).items():
        wires = [joined for joined in grown.wires if joined.target == f"new.{name}"]
        assert len(wires) <= 1 or entry.port.many
