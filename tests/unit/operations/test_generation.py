"""Resolving parameters before a task is stored."""

from typing import Any

import pytest
from pydantic import ValidationError

from core.configuration.declaration import SEED_MAX
from core.errors import InvalidInput, ModelMissing
from core.models.families import FAMILIES
from core.models.library.library import Library, Model
from core.operations.declaration.base import Operation
from core.operations.declaration.library_context import LibraryContext
from core.operations.declaration.registry import describe, load
from core.operations.declaration.resolving import ResolveSettings
from core.operations.diffusion.plans import seed_of
from core.operations.generate import Generate
from core.operations.img2img import Img2Img
from core.settings import ROOT

LIBRARY = Library([ROOT / "models"])


def resolve(**params: Any) -> Any:
    return Generate(**{"prompt": "a house", **params}).resolve(LibraryContext(LIBRARY))


def test_what_is_not_said_comes_from_the_models_record() -> None:
    operation = resolve().operation
    assert (operation.model, operation.num_inference_steps) == ("nano", 8)
    assert (operation.width, operation.height) == (512, 512)


def test_a_random_seed_is_drawn_once_and_recorded_with_its_policy() -> None:
    first, second = resolve(), resolve()
    assert first.operation.seed != second.operation.seed
    assert first.facts["seed"] == {"policy": "random", "value": first.operation.seed}
    assert resolve(seed=7).facts["seed"] == {"policy": "manual", "value": 7}


def test_a_fixed_seed_is_that_of_requests_without_one() -> None:
    context = LibraryContext(LIBRARY, settings=ResolveSettings(fixed_seed=5))
    assert Generate(prompt="a").resolve(context).facts["seed"] == {"policy": "fixed", "value": 5}
    resolved = Generate(prompt="a", seed=7).resolve(context)
    assert resolved.facts["seed"] == {"policy": "manual", "value": 7}


def test_resolving_what_was_resolved_changes_nothing() -> None:
    once = resolve(seed=1).operation
    assert once.resolve(LibraryContext(LIBRARY)).operation == once


def test_any_size_is_served_by_a_model_with_a_finisher() -> None:
    resolved = resolve(width=1000, height=333)
    assert (resolved.operation.width, resolved.operation.height) == (1000, 333)
    assert resolved.warnings == ()
    assert "finisher/nano" in resolved.fingerprints


def test_a_size_the_model_cannot_draw_is_snapped_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Model, "finisher", None)  # as where its file is not on disk
    resolved = resolve(width=1000, height=1000)
    assert (resolved.operation.width, resolved.operation.height) == (128, 128)
    assert resolved.warnings[0].code == "size_snapped"
    assert "1000" in resolved.warnings[0].detail


def test_a_parameter_the_model_cannot_use_is_reported() -> None:
    model = LIBRARY.get("nano")
    expected = [] if model.supports("generate", "negative_prompt") else ["negative_prompt"]
    resolved = resolve(negative_prompt="trees")
    assert [warning.field for warning in resolved.warnings] == expected


def test_skipped_layers_are_reported_by_a_model_that_has_none_to_skip() -> None:
    resolved = resolve(clip_skip=2)
    assert [(warning.code, warning.field) for warning in resolved.warnings] == [
        ("parameter_ignored", "clip_skip")
    ]


def test_the_snapshot_names_the_sampler_as_people_know_it() -> None:
    assert resolve(sampler="flow_euler_shift_3").facts["sampler"] == "Euler (flow, shift 3)"
    assert "sampler" not in resolve().facts


def test_the_fingerprint_of_the_model_is_in_the_snapshot() -> None:
    assert len(resolve().facts["model"]["fingerprint"]) == 64


def test_an_unknown_model_says_which_there_are() -> None:
    with pytest.raises(ModelMissing) as caught:
        resolve(model="flux")
    assert "nano" in (caught.value.fix or "")


def test_image_i_uses_seed_plus_i_and_wraps_at_the_end() -> None:
    operation = Generate(prompt="x", seed=SEED_MAX)
    assert [seed_of(operation, index) for index in range(3)] == [SEED_MAX, 0, 1]


@pytest.mark.parametrize(
    "bad",
    [
        {"prompt": None},
        {"seed": -1},
        {"seed": SEED_MAX + 1},
        {"width": 10},
        {"num_images": 0},
        {"num_inference_steps": 1000},
        {"stepz": 4},
        {"guidance_scale": "much"},
    ],
)
def test_values_out_of_range_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Generate(**{"prompt": "a house", **bad})


def test_a_model_without_the_mode_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    model = LIBRARY.get("nano")
    monkeypatch.setattr(Img2Img, "name", "upside_down")
    with pytest.raises(InvalidInput) as caught:
        Img2Img(prompt="x", image="A", model=model.id).resolve(LibraryContext(LIBRARY))
    assert caught.value.field == "model"


@pytest.mark.parametrize("operation", load().operations(), ids=lambda operation: operation.name)
def test_forms_list_what_is_always_set_before_advanced_fields(
    operation: type[Operation],
) -> None:
    schema = describe(operation)["schema"]["properties"]
    names = list(schema)
    assert set(names) == set(operation.model_fields)
    first = [name for name in operation.form_order if name in names]
    assert names[: len(first)] == first
    for name in first:
        assert not schema[name]["ui"].get("advanced"), name
    if "num_inference_steps" in names:
        order = ["prompt", "negative_prompt", "model", "num_inference_steps", "guidance_scale"]
        assert sorted(order, key=names.index) == order


MODES = {mode for family in FAMILIES.values() for mode in family.modes}


@pytest.mark.parametrize("operation", load().operations(), ids=lambda operation: operation.name)
def test_a_form_offers_the_models_of_a_mode_that_there_is(operation: type[Operation]) -> None:
    hints = describe(operation)["schema"]["properties"].get("model", {}).get("ui", {})
    if hints.get("widget") == "model":
        assert hints.get("mode", operation.name) in MODES
