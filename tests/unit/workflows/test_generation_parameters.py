"""Workflows from the parameters that other tools write into images."""

from typing import Any

import pytest

from core.operations.declaration.registry import load
from core.operations.diffusion.lora_use import LORAS_MAX, WEIGHT_MAX
from core.operations.diffusion.sized import SIZE_MAX, SIZE_MIN
from core.workflows.comfy.model_files import Kind, UncheckedFiles
from core.workflows.comfy.report import MissingFile, Report
from core.workflows.generation import restore_generation
from tests.unit.workflows.comfy.files import PlaygroundFiles


class NoFiles(UncheckedFiles):
    """A library without models."""

    def find(self, kind: Kind, name: str, digest: str = "") -> tuple[str, MissingFile | None]:
        return name, MissingFile(kind, name, f"The {kind} {name} is missing.")


def restored(**generation: Any) -> tuple[dict[str, Any], Report]:
    """The parameters on the wall, those of all bricks together, and the report."""
    workflow, report = restore_generation("file", generation, load(), UncheckedFiles())
    return {name: value for brick in workflow.bricks for name, value in brick.props.items()}, report


def test_settings_become_the_parameters_of_an_image() -> None:
    settings = {"Steps": "12", "CFG scale": "4.5", "Seed": "7", "Size": "640x512"}
    params, report = restored(prompt="a boat", negative_prompt="fog", settings=settings)
    expected = {"prompt": "a boat", "negative_prompt": "fog", "num_inference_steps": 12}
    expected |= {"guidance_scale": 4.5, "seed": 7, "width": 640, "height": 512}
    assert expected.items() <= params.items()
    assert not any(entry.notes for entry in report.entries.values())


@pytest.mark.parametrize(
    ("setting", "text"), [("Steps", "many"), ("CFG scale", "nan"), ("Seed", "-1"), ("Seed", "١")]
)
def test_a_setting_that_is_no_number_is_noted_and_left_out(setting: str, text: str) -> None:
    params, report = restored(prompt="a boat", settings={setting: text})
    default, _ = restored(prompt="a boat")
    assert params == default
    assert text in report.entries[setting].notes[0]


@pytest.mark.parametrize(
    ("setting", "text", "expected"),
    [
        ("Seed", str(2**32 + 5), {"seed": 5}),
        ("Steps", "100000", {"num_inference_steps": 100}),
        ("Size", f"{2 * SIZE_MAX}x{SIZE_MAX}", {"width": SIZE_MAX, "height": SIZE_MAX // 2}),
        ("Size", f"{SIZE_MAX}x1", {"width": SIZE_MAX, "height": SIZE_MIN}),
    ],
)
def test_a_setting_beyond_its_limit_is_bounded_with_a_note(
    setting: str, text: str, expected: dict[str, int]
) -> None:
    params, report = restored(prompt="a boat", settings={setting: text})
    assert expected.items() <= params.items()
    assert len(report.entries[setting].notes) == 1


def test_the_first_layer_that_clip_skip_counts_skips_none() -> None:
    assert restored(settings={"Clip skip": "1"})[0].get("clip_skip") is None
    assert restored(settings={"Clip skip": "2"})[0]["clip_skip"] == 1


def test_a_distilled_scale_is_the_guidance_and_cfg_the_true_one() -> None:
    settings = {"Distilled CFG Scale": "3.5", "CFG scale": "2"}
    assert {"guidance_scale": 3.5, "true_cfg_scale": 2}.items() <= restored(settings=settings)[
        0
    ].items()
    assert "true_cfg_scale" not in restored(settings={**settings, "CFG scale": "1"})[0]


def test_tags_of_a_prompt_become_loras_within_their_limits() -> None:
    tags = "".join(f"<lora:file{number}:{number * 99}>" for number in range(LORAS_MAX + 2))
    params, _ = restored(prompt=f"a boat{tags}", loras=[{"name": "file0", "weight": 0.5}])
    assert params["prompt"] == "a boat"
    assert len(params["loras"]) == LORAS_MAX
    assert params["loras"][0] == {"name": "file0", "weight": 0}, "the tag comes first"
    assert params["loras"][1]["weight"] == WEIGHT_MAX


def test_a_missing_model_keeps_its_name_and_is_reported() -> None:
    settings = {"Model": "anime", "Model hash": "ABCDEF0123"}
    workflow, report = restore_generation("file", {"settings": settings}, load(), NoFiles())
    assert any(brick.props.get("model") == "anime" for brick in workflow.bricks)
    assert report.entries["Model"].missing == ["The model anime is missing."]


def test_other_settings_are_listed_and_facts_of_the_run_are_not() -> None:
    _, report = restored(settings={"Hires upscale": "2", "Version": "v1.9"})
    assert report.entries["Hires upscale"].unmapped
    assert "Version" not in report.entries


def test_a_sampler_that_the_model_lacks_becomes_one_of_its_own() -> None:
    settings = {"Model": "playground", "Sampler": "DPM++ 2M", "Schedule type": "Karras"}
    workflow, report = restore_generation("file", {"settings": settings}, load(), PlaygroundFiles())
    assert any(brick.props.get("sampler") == "edm_dpmpp_2m" for brick in workflow.bricks)
    assert report.entries["Sampler"].notes == [
        "The model has no DPM++ 2M Karras: DPM++ 2M (EDM) replaces it."
    ]
