"""The origin of an image is known after any number of edits."""

from typing import Any

from core.pictures.origin import inherited_metadata, origin_of

DRAWN: dict[str, Any] = {
    "operation": "generate",
    "params": {"prompt": "an owl", "strength": 1},
    "model": {"id": "nano"},
    "image_seed": 7,
}


def edited(metadata: dict[str, Any], operation: str, **params: Any) -> dict[str, Any]:
    """The metadata of an edited image."""
    return {
        "operation": operation,
        "params": params,
        "image_seed": None,
        "output": {"origin": origin_of(metadata)},
    }


def test_an_origin_is_carried_over_every_step_with_all_their_parameters() -> None:
    once = edited(DRAWN, "filter", contrast=1.5, strength=2)
    twice = origin_of(edited(once, "vectorize", mode="spline"))
    assert (twice["operation"], twice["model"], twice["seed"]) == ("generate", "nano", 7)
    assert twice["params"] == {
        "prompt": "an owl",
        "contrast": 1.5,
        "strength": 2,
        "mode": "spline",
    }


def test_pictures_that_do_not_say_have_none() -> None:
    for metadata in ({}, {"output": 3, "params": None}, {"output": {"origin": "x"}}):
        assert origin_of(metadata) == {}
    assert origin_of(edited({}, "filter", contrast=1))["operation"] == "filter"


def test_an_empty_parameter_of_a_later_step_hides_none_of_the_first() -> None:
    larger = origin_of(edited(DRAWN, "upscale", prompt="", model=None, loras=[], factor=2))
    assert larger["params"] == {"prompt": "an owl", "strength": 1, "factor": 2}


def test_an_edited_picture_is_added_with_seed_and_origin_of_what_it_was_made_from() -> None:
    assert inherited_metadata(DRAWN) == {"seed": 7, "parameters": {"origin": origin_of(DRAWN)}}
    assert inherited_metadata({}) == {}
