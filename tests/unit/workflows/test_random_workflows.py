"""Workflows of random bricks: the file, the wiring, the compiled steps and the restored wall."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidWorkflow
from core.kinds import kind_of
from core.operations.declaration import registry
from core.operations.declaration.base import Operation, Value
from core.operations.declaration.registry import inputs
from core.tasks.task import references
from core.workflows.compiler import CompiledWorkflow, compile_workflow
from core.workflows.restoration import restore
from core.workflows.wiring import problems, wire
from core.workflows.workflow import BRICKS_MAX, WIRES_MAX, Brick, Workflow, parse

REGISTRY = registry.load()
TYPES = [declaration.name for declaration in REGISTRY]
OPERATIONS = list(REGISTRY.operations())
BRICKS = [operation for operation in OPERATIONS if operation.has_brick]
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@st.composite
def walls(draw: st.DrawFn, types: list[str] = TYPES) -> Workflow:
    """Some bricks of registered types, each at a place of its own, and no wires."""
    chosen = draw(st.lists(st.sampled_from(types), min_size=1, max_size=8))
    places = st.tuples(st.integers(0, 4), st.integers(0, 4))
    spots = draw(st.lists(places, min_size=len(chosen), max_size=len(chosen), unique=True))
    bricks = [
        Brick(id=f"b{index}", type=kind, column=column, row=row)
        for index, (kind, (column, row)) in enumerate(zip(chosen, spots, strict=True))
    ]
    return Workflow(name=draw(TEXTS), bricks=bricks)


def filled(workflow: Workflow) -> Workflow:
    """The workflow with a text in every required field that no wire fills."""
    bricks = []
    for brick in workflow.bricks:
        declaration = REGISTRY.get(brick.type)
        assert declaration is not None
        empty = {
            n: "a text" for n, field in declaration.model_fields.items() if field.is_required()
        }
        given = empty if issubclass(declaration, Operation) else {}
        bricks.append(brick.model_copy(update={"props": given}))
    return workflow.model_copy(update={"bricks": bricks})


def compiled(workflow: Workflow, **options: Any) -> CompiledWorkflow | None:
    """The steps; None where the workflow cannot run, with the reason at a place."""
    try:
        return compile_workflow(workflow, REGISTRY, **options)
    except InvalidWorkflow as error:
        if not error.field:
            raise
        return None


@given(walls())
def test_a_wired_workflow_is_read_back_from_its_file_as_it_was(workflow: Workflow) -> None:
    wired, _ = wire(workflow, REGISTRY)
    again = parse(wired.json_data())
    assert again == wired
    assert wire(again, REGISTRY)[0] == wired


@given(walls())
def test_wires_of_the_rule_have_no_fault_and_join_equal_kinds(workflow: Workflow) -> None:
    wired, faults = wire(workflow, REGISTRY)
    assert faults == []
    assert problems(wired, REGISTRY) == []
    targets = [wire.target for wire in wired.wires]
    assert len(targets) == len(set(targets))
    for joined in wired.wires:
        source, target = wired.brick(joined.source_brick), wired.brick(joined.target_brick)
        assert source is not None
        assert target is not None
        assert (source.column, source.row) < (target.column, target.row)


@given(walls())
def test_only_an_operation_becomes_a_step_and_each_at_most_once(workflow: Workflow) -> None:
    plan = compiled(filled(wire(workflow, REGISTRY)[0]))
    runnable = {b.id for b in workflow.bricks if REGISTRY.get(b.type) in OPERATIONS}
    if plan is None:
        return
    steps = [step.brick_id for step in plan.steps]
    waits = [wait.brick for wait in plan.waits]
    assert sorted([*steps, *waits]) == sorted(runnable)
    assert len({step.task_id for step in plan.steps}) == len(steps)


@given(walls([operation.name for operation in BRICKS]))
def test_a_step_refers_only_to_steps_before_it(workflow: Workflow) -> None:
    plan = compiled(filled(wire(workflow, REGISTRY)[0]))
    assert plan is not None
    before: set[str] = set()
    for step in plan.steps:
        parents = {reference["task"] for _, reference in references(step.params)}
        assert parents <= before
        before.add(step.task_id)


@given(walls([operation.name for operation in BRICKS]), st.data())
def test_from_a_brick_on_only_its_ancestors_and_descendants_run(
    workflow: Workflow, data: st.DataObject
) -> None:
    wired = filled(wire(workflow, REGISTRY)[0])
    start = data.draw(st.sampled_from([brick.id for brick in wired.bricks]))
    plan = compiled(wired, start=start)
    assert plan is not None
    after, before = reach(wired, start, True), reach(wired, start, False)
    assert {step.brick_id for step in plan.steps} == after | before
    assert {step.brick_id for step in plan.steps if not step.cache} == after


def reach(workflow: Workflow, start: str, forward: bool) -> set[str]:
    """A brick and all that lie behind it (or before it) along the wires."""
    reached: set[str] = set()
    border = [start]
    while border:
        brick = border.pop()
        reached.add(brick)
        for joined in workflow.wires:
            ends = (joined.source_brick, joined.target_brick)
            source, target = ends if forward else ends[::-1]
            if source == brick and target not in reached:
                border.append(target)
    return reached


@given(walls(), TEXTS)
def test_an_input_replaces_a_prop_and_the_workflow_stays_as_it_was(
    workflow: Workflow, text: str
) -> None:
    wired = filled(wire(workflow, REGISTRY)[0])
    before = wired.json_data()
    operations = [brick for brick in wired.bricks if brick.props]
    for brick in operations[:1]:
        name = next(iter(brick.props))
        plan = compiled(wired, given={f"{brick.id}.{name}": text})
        steps = {step.brick_id: step for step in plan.steps} if plan else {}
        if brick.id in steps:
            assert steps[brick.id].params[name] == text
    assert wired.json_data() == before


def params_of(operation: type[Operation]) -> dict[str, Any]:
    """Parameters of an operation as a task stores them: an asset for each image."""
    params: dict[str, Any] = {}
    for name, field in operation.model_fields.items():
        default = None if field.is_required() else field.get_default(call_default_factory=True)
        params[name] = f"a {name}" if field.is_required() else default
    for entry in inputs(operation).values():
        for name in entry.fields:
            if entry.port.many and kind_of(entry.port.type).raster:
                params[name] = ["first", "second"]
    return params


@pytest.mark.parametrize("operation", BRICKS, ids=lambda operation: operation.name)
def test_a_restored_wall_runs_the_operation_with_the_same_parameters(
    operation: type[Operation],
) -> None:
    stored = {name: value for name, value in params_of(operation).items() if value is not None}
    params = json.loads(json.dumps(stored))
    workflow = restore({"operation": operation.name, "params": params}, REGISTRY)
    assert problems(workflow, REGISTRY) == []
    assert parse(workflow.json_data()) == workflow
    plan = compile_workflow(workflow, REGISTRY)
    (step,) = plan.steps
    assert (step.operation, step.ignored, plan.waits) == (operation.name, [], [])
    assert {name: step.params.get(name) for name in params} == params


@pytest.mark.parametrize("operation", BRICKS, ids=lambda operation: operation.name)
def test_every_brick_compiles_alone_or_names_what_it_lacks(operation: type[Operation]) -> None:
    workflow = Workflow(bricks=[Brick(id="it", type=operation.name)])
    required = [n for n, field in operation.model_fields.items() if field.is_required()]
    if not required:
        assert len(compile_workflow(workflow, REGISTRY).steps) == 1
        return
    with pytest.raises(InvalidWorkflow) as refusal:
        compile_workflow(workflow, REGISTRY)
    assert refusal.value.field in {"bricks.it", *(f"bricks.it.{name}" for name in required)}
    assert refusal.value.fix


VALUES = [declaration for declaration in REGISTRY if issubclass(declaration, Value)]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value.name)
def test_a_wall_without_an_operation_does_not_run(value: type[Value]) -> None:
    with pytest.raises(InvalidWorkflow) as refusal:
        compile_workflow(Workflow(bricks=[Brick(id="it", type=value.name)]), REGISTRY)
    assert refusal.value.field == "bricks"
    assert refusal.value.fix


@given(walls(), st.dictionaries(st.sampled_from(["note", "colour"]), TEXTS, min_size=1))
def test_what_another_version_wrote_into_a_file_is_kept(
    workflow: Workflow, extra: dict[str, str]
) -> None:
    data = {**workflow.json_data(), **extra}
    data["bricks"] = [{**brick, **extra} for brick in data["bricks"]]
    assert parse(data).json_data() == data


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"format": "qpyt.workflow/2"}, "format"),
        ({"bricks": [{"id": "a b", "type": "generate"}]}, "bricks.0.id"),
        ({"bricks": [{"id": "a", "type": ""}]}, "bricks.0.type"),
        ({"bricks": [{"id": "a", "type": "generate", "column": -1}]}, "bricks.0.column"),
        ({"wires": [{"from": "a", "to": "b.image"}]}, "wires.0.from"),
        ({"name": "x" * 81}, "name"),
        ({"bricks": [{"id": "a", "type": "t"}, {"id": "a", "type": "t"}]}, "bricks.1.id"),
        ({"bricks": [{"id": f"b{n}", "type": "t"} for n in range(BRICKS_MAX + 1)]}, "bricks"),
        ({"wires": [{"from": "a.b", "to": "c.d"}] * (WIRES_MAX + 1)}, "wires"),
    ],
)
def test_a_wrong_file_is_refused_at_its_place(data: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidWorkflow) as refusal:
        parse(data)
    assert refusal.value.field == field
