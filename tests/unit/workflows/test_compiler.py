"""From walls to tasks."""

from typing import Any

import pytest

from core.errors import InvalidWorkflow
from core.operations.declaration import registry
from core.operations.declaration.base import View
from core.workflows.compiler import Step, compile_workflow
from core.workflows.wiring import append, wire
from core.workflows.workflow import parse
from tests.unit.workflows.test_wiring import brick

REGISTRY = registry.load()
CHAIN = (
    brick("p", "prompt", prompt="a house", negative_prompt=""),
    brick("s", "settings", 0, 1, width=128, num_images=2, seed=7),
    brick("g", "generate", 1, num_inference_steps=4),
    brick("v", "img2img", 2, strength=0.5),
    brick("o", "image_output", 3),
)


def steps(*bricks: dict[str, Any], **options: Any) -> dict[str, Step]:
    workflow, _ = wire(parse({"bricks": list(bricks)}), REGISTRY)
    return {step.brick_id: step for step in compile_workflow(workflow, REGISTRY, **options).steps}


def test_values_become_constants_and_wires_between_operations_references() -> None:
    run = steps(*CHAIN)
    assert run["g"].params == {
        "prompt": "a house",
        "negative_prompt": "",
        "num_inference_steps": 4,
        "width": 128,
        "num_images": 2,
        "seed": 7,
    }
    assert run["v"].params["image"] == {"task": run["g"].task_id, "port": "image"}


def test_steps_come_after_what_they_use_and_views_do_not_run() -> None:
    assert list(steps(*CHAIN)) == ["g", "v"]


@pytest.mark.parametrize("view", [entry.name for entry in REGISTRY if issubclass(entry, View)])
def test_a_view_is_kept_in_a_workflow_and_ignored_by_its_run(view: str) -> None:
    shown = (*CHAIN, brick("extra", view, 3, 1))
    workflow, faults = wire(parse({"bricks": list(shown)}), REGISTRY)
    assert faults == []
    assert [entry.id for entry in workflow.bricks if entry.type == view][-1] == "extra"
    assert list(steps(*shown)) == list(steps(*CHAIN))
    assert append(workflow, REGISTRY, "extra").bricks == workflow.bricks


def test_inputs_replace_props() -> None:
    run = steps(*CHAIN, given={"p.prompt": "a cat", "v.strength": 0.9})
    assert run["g"].params["prompt"] == "a cat"
    assert run["v"].params["strength"] == 0.9


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("p.promt", "p.prompt"),
        ("g.num_inference_step", "g.num_inference_steps"),
        ("prompts.prompt", "p.prompt"),
        ("prompt", "p.prompt"),
        ("strength", "v.strength"),
    ],
)
def test_an_input_that_no_brick_has_is_refused_with_the_nearest_name(
    name: str, nearest: str
) -> None:
    with pytest.raises(InvalidWorkflow) as caught:
        steps(*CHAIN, given={name: "x"})
    assert caught.value.field == f"inputs.{name}"
    assert caught.value.fix == f"Did you mean {nearest!r}?"


def test_all_unknown_inputs_are_named_at_once() -> None:
    with pytest.raises(InvalidWorkflow) as caught:
        steps(*CHAIN, given={"s.widht": 64, "p.prompt": "a cat", "§": 1})
    assert [error.field for error in caught.value.errors] == ["inputs.s.widht", "inputs.§"]
    assert "s.width" in caught.value.errors[0].detail
    assert caught.value.errors[1].detail == "The workflow has no input '§'."


@pytest.mark.parametrize("name", ["g.prompt", "g.width", "v.image"])
def test_an_input_of_a_field_that_a_wire_fills_is_refused(name: str) -> None:
    with pytest.raises(InvalidWorkflow, match="through a wire") as caught:
        steps(*CHAIN, given={name: "x"})
    assert caught.value.field == f"inputs.{name}"
    assert caught.value.fix


def test_a_setting_that_the_settings_leave_open_is_an_input_of_the_operation() -> None:
    assert steps(*CHAIN, given={"g.height": 192})["g"].params["height"] == 192


def test_a_prop_that_no_version_has_is_no_input_although_the_file_has_it() -> None:
    old = brick("g", "generate", 1, prompt="a house", old_setting=1)
    assert steps(old)["g"].ignored == ["old_setting"]
    with pytest.raises(InvalidWorkflow):
        steps(old, given={"g.old_setting": 2})


def test_an_unknown_brick_to_start_from_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(InvalidWorkflow) as caught:
        steps(brick("paint", "generate", prompt="x"), start="pant")
    assert (caught.value.field, caught.value.fix) == ("from", "Did you mean 'paint'?")


def test_from_a_brick_on_everything_runs_anew_and_before_it_may_be_served() -> None:
    run = steps(*CHAIN, start="v")
    assert (run["g"].cache, run["v"].cache) == (True, False)
    assert all(step.cache for step in steps(*CHAIN).values())


def test_from_a_brick_on_other_branches_do_not_run() -> None:
    other = brick("other", "generate", 1, 1, prompt="else")
    assert set(steps(*CHAIN, other)) == {"g", "v", "other"}
    assert "other" not in steps(*CHAIN, other, start="g")


def test_a_missing_prompt_names_the_brick_and_the_way_out() -> None:
    with pytest.raises(InvalidWorkflow) as caught:
        steps(brick("g", "generate", 1))
    assert caught.value.field == "bricks.g.prompt"
    assert caught.value.fix


def test_an_empty_wall_says_what_it_lacks() -> None:
    with pytest.raises(InvalidWorkflow, match="no brick that runs"):
        steps(brick("p", "prompt"))


def test_a_circle_is_drawn_out() -> None:
    bricks = [brick("a", "img2img", prompt="x"), brick("b", "img2img", prompt="x")]
    circle = [{"from": "a.image", "to": "b.image"}, {"from": "b.image", "to": "a.image"}]
    with pytest.raises(InvalidWorkflow, match="circle"):
        compile_workflow(parse({"bricks": bricks, "wires": circle}), REGISTRY)


def test_what_a_value_only_shows_is_no_part_of_the_run() -> None:
    """A mask is painted over what a generator drew before: neither waits for the other."""
    editing = registry.load(["tests.operations.editing"])
    bricks = [
        *CHAIN[:3],
        brick("m", "mask_painter", 2, mask="asset-of-a-mask"),
        brick("r", "repaint", 3, image="asset-of-a-picture"),
    ]
    around = [
        {"from": "g.image", "to": "m.image"},
        {"from": "m.mask", "to": "r.mask"},
    ]
    workflow = parse({"bricks": bricks, "wires": around})
    (step,) = compile_workflow(workflow, editing, start="r").steps
    assert step.params == {"image": "asset-of-a-picture", "mask": "asset-of-a-mask"}
    circle = [*around[1:], {"from": "r.image", "to": "m.image"}]
    compiled = compile_workflow(parse({"bricks": bricks, "wires": circle}), editing, start="r")
    assert [step.brick_id for step in compiled.steps] == ["r"]


def test_an_unknown_brick_stops_the_run_by_name() -> None:
    with pytest.raises(InvalidWorkflow) as caught:
        steps(*CHAIN, brick("x", "render-9000"))
    assert caught.value.field == "bricks.x.type"


def test_an_unknown_prop_is_ignored_and_told() -> None:
    run = steps(brick("p", "prompt", prompt="a"), brick("g", "generate", 1, sparkle=3))
    assert "sparkle" not in run["g"].params
    assert run["g"].ignored == ["sparkle"]


def test_a_bad_value_in_a_value_brick_names_it() -> None:
    with pytest.raises(InvalidWorkflow) as caught:
        steps(*CHAIN[:1], brick("s", "settings", 0, 1, width="wide"), brick("g", "generate", 1))
    assert caught.value.field == "bricks.s.width"


@pytest.mark.parametrize(
    "data",
    [
        None,
        3,
        "text",
        {"bricks": "x"},
        {"format": "other/9"},
        {"bricks": [{"id": "a b", "type": "prompt"}]},
        {"bricks": [brick("a", "prompt"), brick("a", "prompt")]},
        {"bricks": [brick(f"b{i}", "prompt") for i in range(501)]},
        {"bricks": [], "wires": [{"from": "../x", "to": "a.b"}]},
    ],
)
def test_what_is_no_workflow_is_refused(data: Any) -> None:
    with pytest.raises(InvalidWorkflow):
        parse(data)


def test_a_port_of_several_pictures_gets_all_that_its_wires_bring_in_their_order() -> None:
    workflow = parse(
        {
            "bricks": [
                brick("mine", "image_input", image="A1"),
                brick("empty", "image_input"),
                brick("made", "generate", prompt="a house"),
                brick("e", "edit", prompt="both in one"),
            ],
            "wires": [
                {"from": "made.image", "to": "e.image"},
                {"from": "empty.image", "to": "e.image"},
                {"from": "mine.image", "to": "e.image"},
            ],
        }
    )
    run = {step.brick_id: step for step in compile_workflow(workflow, REGISTRY).steps}
    made = {"task": run["made"].task_id, "port": "image"}
    assert run["e"].params["image"] == [made, "A1"]


def test_what_a_brick_cannot_take_of_the_settings_is_left_out() -> None:
    run = steps(
        brick("i", "image_input", image="A1"),
        brick("s", "settings", width=512, height=256, seed=7),
        brick("p", "inpaint", 1, prompt="a tree", mask="M1"),
    )
    assert run["p"].params == {
        "prompt": "a tree",
        "mask": "M1",
        "image": "A1",
        "num_images": 1,
        "seed": 7,
    }


PAINTED = {
    "bricks": [
        brick("made", "generate", prompt="a house"),
        brick("mask", "mask_painter"),
        brick("anew", "inpaint", prompt="a tree"),
        brick("large", "upscale"),
        brick("out", "image_output"),
    ],
    "wires": [
        {"from": "made.image", "to": "mask.image"},
        {"from": "made.image", "to": "anew.image"},
        {"from": "mask.mask", "to": "anew.mask"},
        {"from": "anew.image", "to": "large.image"},
        {"from": "made.image", "to": "out.image"},
    ],
}


def test_what_needs_a_mask_of_a_picture_that_is_not_drawn_yet_waits_for_it() -> None:
    plan = compile_workflow(parse(PAINTED), REGISTRY)
    assert [step.brick_id for step in plan.steps] == ["made"]
    assert [(wait.brick, wait.needs) for wait in plan.waits] == [
        ("anew", "mask"),
        ("large", "mask"),
    ]
    first, second = plan.waits
    assert first.detail == "Inpaint waits: there is no mask yet."
    assert first.fix == second.fix == "Paint a mask over the image, then run again."
    assert second.detail == "Upscale waits for Inpaint."


def test_with_a_mask_nothing_waits() -> None:
    plan = compile_workflow(parse(PAINTED), REGISTRY, given={"mask.mask": "M1"})
    assert [step.brick_id for step in plan.steps] == ["made", "anew", "large"]
    assert plan.waits == []


@pytest.mark.parametrize("wire_of_picture", [[], [{"from": "mine.image", "to": "mask.image"}]])
def test_a_mask_that_could_have_been_painted_is_missing(
    wire_of_picture: list[dict[str, str]],
) -> None:
    bricks = [
        brick("mine", "image_input", image="A1"),
        brick("mask", "mask_painter"),
        brick("anew", "inpaint", prompt="a tree", image="A1"),
    ]
    wires = [*wire_of_picture, {"from": "mask.mask", "to": "anew.mask"}]
    with pytest.raises(InvalidWorkflow) as caught:
        compile_workflow(parse({"bricks": bricks, "wires": wires}), REGISTRY)
    assert caught.value.field == "bricks.anew.mask"
    assert caught.value.fix == "Paint a mask over the image, in Mask painter."


def test_a_mask_over_the_picture_that_it_makes_is_waited_for_by_nobody() -> None:
    bricks = [brick("mask", "mask_painter"), brick("anew", "inpaint", prompt="a", image="A1")]
    wires = [{"from": "anew.image", "to": "mask.image"}, {"from": "mask.mask", "to": "anew.mask"}]
    with pytest.raises(InvalidWorkflow) as caught:
        compile_workflow(parse({"bricks": bricks, "wires": wires}), REGISTRY)
    assert caught.value.field == "bricks.anew"


def test_a_control_carries_the_image_of_its_preprocessor_into_the_generation() -> None:
    run = steps(
        brick("i", "image_input", image="A"),
        brick("p", "prompt", 0, 1, prompt="a house"),
        brick("e", "canny", 1),
        brick("c", "controlnet", 2, model="canny-sd15", strength=0.7),
        brick("d", "controlnet", 2, 1, model="other", image="B"),
        brick("g", "generate", 3),
    )
    assert list(run) == ["e", "g"]
    edges = {"task": run["e"].task_id, "port": "image", "index": None}
    (control,) = run["g"].params["control"]
    assert (control["image"], control["model"], control["strength"]) == (edges, "canny-sd15", 0.7)
    asked = REGISTRY.operation("generate").model_validate(run["g"].params)
    assert asked.model_dump()["control_image"] == (edges,)


def test_several_controls_are_wired_to_one_generation() -> None:
    workflow, _ = wire(
        parse(
            {
                "bricks": [
                    brick("p", "prompt", prompt="a house"),
                    brick("c", "controlnet", 1, model="one", image="A"),
                    brick("d", "controlnet", 1, 1, model="two", image="B"),
                    brick("g", "generate", 2),
                ],
                "wires": [
                    {"from": "c.control", "to": "g.control"},
                    {"from": "d.control", "to": "g.control"},
                ],
            }
        ),
        REGISTRY,
    )
    (step,) = compile_workflow(workflow, REGISTRY).steps
    assert [entry["image"] for entry in step.params["control"]] == ["A", "B"]


def test_a_generation_waits_for_the_preprocessor_of_its_control() -> None:
    bricks = (
        brick("p", "prompt", prompt="a house"),
        brick("m", "image_input"),
        brick("e", "canny", 1),
        brick("c", "controlnet", 2, model="canny-sd15"),
        brick("g", "generate", 3),
        brick("h", "generate", 0, 2, prompt="alone"),
    )
    workflow, _ = wire(parse({"bricks": list(bricks)}), REGISTRY)
    compiled = compile_workflow(workflow, REGISTRY)
    assert [step.brick_id for step in compiled.steps] == ["h"]
    assert {wait.brick for wait in compiled.waits} == {"e", "g"}
