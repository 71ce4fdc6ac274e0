"""The steps that made an image are known after any number of edits, within limits."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.nesting import MAX_INPUT_DEPTH, too_deep
from core.pictures.origin import (
    MAX_BYTES,
    MAX_STEPS,
    Origin,
    Step,
    bounded,
    joined,
    recipe,
    shortened,
    steps_of,
)
from core.store.metadata import TEXT_LIMIT, read_metadata
from core.store.png import encode_png, image_metadata
from tests.unit.pictures.making import noise

DRAWN: dict[str, Any] = {
    "operation": "generate",
    "params": {"prompt": "an owl", "strength": 1},
    "model": {"id": "nano"},
    "image_seed": 7,
}
A1111 = "an owl\nNegative prompt: blur\nSteps: 20, CFG scale: 7.5, Seed: 9, Model: dream"
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=12,
)
NAMES = ("operation", "params", "history", "output", "origin", "texts", "omitted", "source")


def origin(snapshot: dict[str, Any]) -> Origin:
    return Origin.of({"source": "qpyt", "qpyt": snapshot})


def edited(snapshot: dict[str, Any], operation: str, **params: Any) -> dict[str, Any]:
    """The snapshot of an edited image, as it is read back from its file."""
    texts = image_metadata(
        shortened(
            {
                "operation": operation,
                "params": params,
                "history": list(origin(snapshot).history),
            },
            TEXT_LIMIT - 1024,
        ),
        None,
        (8, 8),
    )
    read: dict[str, Any] = read_metadata(encode_png(noise(8, 8), texts))["qpyt"]
    return read


def test_every_step_is_kept_in_order_with_its_own_parameters() -> None:
    twice = edited(edited(DRAWN, "filter", contrast=1.5), "vectorize", mode="spline")
    history = origin(twice).history
    assert [step["operation"] for step in history] == ["generate", "filter", "vectorize"]
    assert history[0] == DRAWN
    assert recipe(history) == {
        "prompt": "an owl",
        "strength": 1,
        "contrast": 1.5,
        "mode": "spline",
        "model": "nano",
        "seed": 7,
    }


def test_an_empty_parameter_of_a_later_step_hides_none_of_the_first() -> None:
    larger = edited(DRAWN, "upscale", prompt="", model=None, loras=[], factor=2)
    named = recipe(origin(larger).history)
    assert named == {"prompt": "an owl", "strength": 1, "factor": 2, "model": "nano", "seed": 7}


def test_a_parameter_called_model_is_no_model_that_drew() -> None:
    assert recipe(steps_of(edited({}, "rembg", model="nano")))["model"] is None


def test_an_image_without_metadata_has_no_origin() -> None:
    assert Origin.of({}) == Origin.of({"omitted": ["qpyt"]}) == Origin()
    for snapshot in ({"output": 3, "params": None}, {"output": {"origin": "x"}}, {"history": "x"}):
        assert origin(snapshot).history == []


def test_the_merged_origin_of_an_older_version_is_its_first_step() -> None:
    older = {
        "operation": "filter",
        "params": {"contrast": 2},
        "output": {
            "origin": {
                "operation": "generate",
                "model": "nano",
                "seed": 7,
                "params": {"prompt": "an owl"},
            }
        },
    }
    history = origin(older).history
    assert [step["operation"] for step in history] == ["generate", "filter"]
    named = recipe(history)
    assert (named["model"], named["seed"], named["prompt"]) == ("nano", 7, "an owl")


def test_the_metadata_of_another_tool_is_the_first_step() -> None:
    metadata = read_metadata(encode_png(noise(8, 8), {"parameters": A1111}))
    result = Origin.of(metadata)
    assert result.parameters == A1111
    assert result.history == [metadata]
    assert recipe(result.history) == {
        "prompt": "an owl",
        "negative_prompt": "blur",
        "num_inference_steps": "20",
        "guidance_scale": "7.5",
        "model": "dream",
        "seed": 9,
    }


def test_three_hundred_edits_are_still_read_back() -> None:
    snapshot = DRAWN
    for number in range(300):
        snapshot = edited(snapshot, "filter", contrast=number)
    history = origin(snapshot).history
    assert len(history) <= MAX_STEPS + 1
    assert history[0] == DRAWN
    assert history[1] == {"omitted": 301 - MAX_STEPS}
    assert history[-1]["params"] == {"contrast": 299}


def test_long_steps_leave_from_the_middle_and_long_texts_of_other_tools_last() -> None:
    workflow = {"source": "comfyui", "texts": {"workflow": "w" * 80_000, "prompt": "p" * 30_000}}
    steps: list[Step] = [workflow, *({**DRAWN, "task": "t" * 9_000} for _ in range(9))]
    kept = bounded(steps)
    assert len(json.dumps(kept)) <= MAX_BYTES + 100
    assert kept[0] == {
        "source": "comfyui",
        "texts": {"prompt": "p" * 30_000},
        "omitted": ["workflow"],
    }
    assert kept[-1] == steps[-1]
    assert sum(step.get("omitted", 0) for step in kept[1:]) == len(steps) - len(kept) + 1


def test_a_step_that_is_too_long_alone_is_left_out() -> None:
    assert bounded([{**DRAWN, "task": "t" * MAX_BYTES}]) == []


def test_a_deep_step_is_cut_so_that_the_result_can_be_read() -> None:
    deep: Any = "end"
    for _ in range(MAX_INPUT_DEPTH - 2):
        deep = [deep]
    snapshot = {**DRAWN, "params": {"prompt": deep, "seed": 3}}
    assert not too_deep(snapshot, MAX_INPUT_DEPTH)
    once = edited(snapshot, "filter", contrast=1)
    assert once["history"][0]["params"]["seed"] == 3
    assert edited(once, "filter", contrast=2)["history"][-1]["params"] == {"contrast": 1}


@given(st.dictionaries(st.sampled_from(NAMES), values))
def test_no_snapshot_breaks_an_edit(snapshot: dict[str, Any]) -> None:
    nested = {"operation": "x", "history": [snapshot, snapshot, 3]}
    for hostile in (snapshot, nested, {"operation": "x", "output": snapshot}):
        history = origin(hostile).history
        recipe(history)
        assert not too_deep(history, 20)
        assert len(json.dumps(shortened(hostile, 400).get("history", []))) < 600


def test_all_inputs_are_followed_and_the_main_one_names_the_image() -> None:
    shared = {"operation": "generate", "params": {"prompt": "a tree"}, "image_seed": 1}
    main = Origin([shared, {"operation": "filter", "params": {"contrast": 2}}], "a tree")
    mask = Origin([shared, {"operation": "rembg", "params": {"model": "u2net"}}], "other")
    inner = {"operation": "generate", "params": {"prompt": "x"}, "image_seed": 2, "input": "image"}
    second = Origin([inner, {"omitted": 3}, {"operation": "edit", "params": {"prompt": "y"}}])
    whole = joined(main, [("mask", mask), ("references", second)])
    places = [(step["operation"], step.get("input")) for step in whole.history]
    assert places == [
        ("rembg", "mask"),
        ("generate", "references.image"),
        ("edit", "references"),
        ("generate", None),
        ("filter", None),
    ]
    assert whole.parameters == "a tree"
    assert recipe(whole.history)["seed"] == 1
    assert recipe(whole.history)["prompt"] == "a tree"
    assert recipe(joined(Origin(), [("mask", mask)]).history) == {"model": None, "seed": None}
    read = origin(edited({"history": list(whole.history), **shared}, "upscale")).history
    assert [step.get("input") for step in read if "input" in step] == [
        "mask",
        "references.image",
        "references",
    ], "marks are read back from a file"


def test_steps_of_other_inputs_are_left_out_first() -> None:
    main = [{"operation": "generate", "image_seed": seed} for seed in range(MAX_STEPS - 2)]
    other = Origin([{"operation": "rembg", "image_seed": seed} for seed in range(9)])
    history = joined(Origin(main), [("mask", other)]).history
    assert [step for step in history if "input" not in step and "operation" in step] == main
    assert [step["omitted"] for step in history if "omitted" in step] == [7]


def test_a_file_of_an_older_version_begins_a_history_with_its_infotext() -> None:
    generation = {"prompt": "an owl", "settings": {"Seed": "9", "Model": "dream"}}
    texts = {"parameters": A1111, "generation": generation, "qpyt": {"format": "older"}}
    older = Origin.of({"source": "qpyt", **texts})
    (step,) = older.history
    assert (step["source"], step["parameters"]) == ("qpyt", A1111)
    assert recipe(older.history)["seed"] == 9
