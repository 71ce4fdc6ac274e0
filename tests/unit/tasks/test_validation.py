"""Parameters that an operation does not have are refused with the nearest name."""

from __future__ import annotations

import pytest

from core.errors import InvalidInput
from core.operations.declaration.base import Operation
from core.operations.declaration.registry import TASK_OPTIONS, load
from core.suggestion import suggest
from core.tasks.validation import ERRORS_MAX, validate

REGISTRY = load()


@pytest.mark.parametrize("declared", REGISTRY.operations(), ids=lambda declared: declared.name)
def test_every_parameter_misspelt_is_offered_in_its_right_spelling(
    declared: type[Operation],
) -> None:
    for name in declared.model_fields:
        misspelt = f"{name}x"
        with pytest.raises(InvalidInput) as caught:
            validate(declared, {misspelt: 1})
        error = next(error for error in caught.value.errors if error.field == misspelt)
        assert error.detail == (
            f"{declared.title} has no parameter {misspelt!r}. Did you mean {name!r}?"
        )


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("steps", "num_inference_steps"),
        ("images", "num_images"),
        ("guidance", "guidance_scale"),
        ("negativePrompt", "negative_prompt"),
        ("prioritty", "priority"),
        ("Seed", "seed"),
    ],
)
def test_the_names_of_other_tools_and_of_options_are_near(written: str, meant: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        validate(REGISTRY.operation("generate"), {"prompt": "a house", written: 1})
    assert (caught.value.field, caught.value.fix) == (written, f"Did you mean {meant!r}?")


def test_a_misspelt_name_in_a_record_is_offered_too() -> None:
    given = {"prompt": "a house", "loras": [{"name": "soft", "wieght": 0.4}]}
    with pytest.raises(InvalidInput) as caught:
        validate(REGISTRY.operation("generate"), given)
    assert caught.value.field == "loras.0.wieght"
    assert caught.value.detail == "loras has no parameter 'wieght'."
    assert caught.value.fix == "Did you mean 'weight'?"


def test_a_name_that_is_near_none_is_answered_with_all() -> None:
    with pytest.raises(InvalidInput) as caught:
        validate(REGISTRY.operation("unload_model"), {"zzz": 1})
    assert caught.value.fix is not None
    assert all(name in caught.value.fix for name in REGISTRY.operation("unload_model").model_fields)


def test_many_unknown_names_are_answered_with_the_first() -> None:
    many = {f"unknown{number}": 1 for number in range(ERRORS_MAX * 50)}
    with pytest.raises(InvalidInput) as caught:
        validate(REGISTRY.operation("generate"), {"prompt": "a", **many})
    assert len(caught.value.errors) == ERRORS_MAX


def test_a_name_with_all_words_goes_before_one_that_is_spelt_alike() -> None:
    assert suggest("steps", ["styles", "num_inference_steps"]) == (
        "Did you mean 'num_inference_steps'?"
    )
    assert suggest("stile", ["styles", *TASK_OPTIONS]) == "Did you mean 'styles'?"
    assert suggest("", ["styles"]) is None
