"""The part of a wall that runs: incomplete and bypassed bricks, and runs up to one brick."""

import pytest

from core.errors import InvalidWorkflow
from core.operations.declaration import registry
from core.workflows.compiler import CompiledWorkflow, compile_workflow
from core.workflows.workflow import INERT, parse
from tests.unit.workflows.test_wiring import brick

REGISTRY = registry.load()
CHAIN = [
    {"from": "made.image", "to": "large.image"},
    {"from": "large.image", "to": "cut.image"},
    {"from": "cut.image", "to": "out.image"},
]


def compiled(*bypassed: str, prompt: str = "a house", until: str | None = None) -> CompiledWorkflow:
    bricks = [
        brick("made", "generate", prompt=prompt),
        brick("large", "upscale"),
        brick("cut", "rembg"),
        brick("other", "generate", prompt="a tree"),
        brick("out", "image_output"),
    ]
    given = [{**card, "bypassed": card["id"] in bypassed} for card in bricks]
    return compile_workflow(parse({"bricks": given, "wires": CHAIN}), REGISTRY, until=until)


def test_what_an_import_kept_without_a_brick_takes_no_part_in_a_run() -> None:
    kept = {"id": "kept", "type": INERT, "props": {"class_type": "Canny"}}
    bricks = [brick("made", "generate", prompt="a house"), kept]
    wires = [{"from": "made.image", "to": "kept.image"}]
    plan = compile_workflow(parse({"bricks": bricks, "wires": wires}), REGISTRY)
    assert names(plan) == {"made"}


def names(plan: CompiledWorkflow) -> set[str]:
    return {step.brick_id for step in plan.steps}


def test_an_incomplete_brick_and_those_after_it_are_left_out_and_say_why() -> None:
    plan = compiled(prompt="")
    assert names(plan) == {"other"}
    assert [(wait.brick, wait.needs, wait.field) for wait in plan.waits] == [
        ("made", "made", "prompt"),
        ("large", "made", ""),
        ("cut", "made", ""),
    ]
    assert plan.waits[0].detail == "Generate has no prompt."
    assert plan.waits[1].detail == "Upscale waits for Generate."
    assert {wait.fix for wait in plan.waits} == {
        "Fill in Prompt, or wire a brick that supplies it."
    }


def test_an_empty_value_brick_is_the_one_to_fill_in() -> None:
    bricks = [
        brick("words", "prompt", prompt=""),
        brick("made", "generate"),
        brick("other", "generate", prompt="a tree"),
    ]
    wires = [{"from": "words.prompt", "to": "made.prompt"}]
    (wait,) = compile_workflow(parse({"bricks": bricks, "wires": wires}), REGISTRY).waits
    assert (wait.brick, wait.needs, wait.field) == ("made", "words", "prompt")


def test_where_nothing_else_runs_an_incomplete_brick_is_an_error_at_its_field() -> None:
    with pytest.raises(InvalidWorkflow) as caught:
        compiled("other", prompt="")
    assert caught.value.field == "bricks.made.prompt"


@pytest.mark.parametrize("bypassed", [("large",), ("cut",), ("large", "cut")])
def test_a_bypassed_brick_passes_on_its_image(bypassed: tuple[str, ...]) -> None:
    plan = compiled(*bypassed)
    assert names(plan) == {"made", "large", "cut", "other"} - set(bypassed)
    made, *later = (step for step in plan.steps if step.brick_id != "other")
    for step in later:
        assert step.params["image"] == {"task": made.task_id, "port": "image"}


def test_bricks_after_a_bypassed_source_wait_for_an_image() -> None:
    plan = compiled("made")
    assert names(plan) == {"other"}
    assert plan.waits[0].detail == "Upscale has no image."


def test_bypassed_bricks_in_a_circle_end_it() -> None:
    bricks = [
        {**brick("one", "upscale"), "bypassed": True},
        {**brick("two", "upscale"), "bypassed": True},
        brick("cut", "rembg", image="A1"),
        brick("made", "generate", prompt="a house"),
    ]
    wires = [
        {"from": "one.image", "to": "two.image"},
        {"from": "two.image", "to": "one.image"},
        {"from": "one.image", "to": "cut.image"},
    ]
    plan = compile_workflow(parse({"bricks": bricks, "wires": wires}), REGISTRY)
    assert names(plan) == {"cut", "made"}


def test_a_run_up_to_a_brick_leaves_out_what_it_does_not_need() -> None:
    assert names(compiled(until="large")) == {"made", "large"}
    with pytest.raises(InvalidWorkflow) as caught:
        compiled(until="lage")
    assert (caught.value.field, caught.value.fix) == ("until", "Did you mean 'large'?")


@pytest.mark.parametrize("name", ["from", "until"])
def test_a_run_from_or_until_a_bypassed_brick_is_refused_with_the_reason(name: str) -> None:
    workflow = parse({"bricks": [brick("made", "generate", prompt="a house")]})
    workflow.bricks[0].bypassed = True
    start, until = ("made", None) if name == "from" else (None, "made")
    with pytest.raises(InvalidWorkflow) as caught:
        compile_workflow(workflow, REGISTRY, start=start, until=until)
    assert caught.value.field == name
    assert caught.value.detail == "The brick 'made' is bypassed: it does not run."
    assert caught.value.fix == "Set its `bypassed` to false, or name another brick."
