"""Qwen-Image 2.1: the schedule of its Turbo, references within regions, and single files."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from PIL import Image

from core.engine.canvas.pictures import opaque
from core.engine.loaded import Loaded
from core.engine.schedule import resampled
from core.models.families import FAMILIES
from tests.integration.engine.reports import Steps
from tests.integration.engine.stand_in import loaded
from tests.integration.engine.test_modes import direct, parameters
from tests.integration.engine.tiny_models import MAKERS, tiny
from tests.integration.engine.tiny_qwen import qwen_image21

NAME = "qwen-image-21"
SIGMAS = [1.0, 0.95, 0.8, 0.4]


def drawn(made: Loaded, mode: str, **changes: Any) -> Image.Image:
    return made.draw(mode, {**parameters(NAME, mode), **changes}, seed=3, report=Steps())


@pytest.fixture
def turbo(monkeypatch: pytest.MonkeyPatch) -> Loaded:
    """The tiny model with a schedule in its index."""
    monkeypatch.setitem(MAKERS, NAME, lambda: qwen_image21(SIGMAS))
    return loaded(NAME, tiny(NAME))


def test_a_distilled_model_runs_the_schedule_that_it_was_distilled_for(turbo: Loaded) -> None:
    image = drawn(turbo, "generate")
    assert image.tobytes() == direct(NAME, "generate", {}).tobytes()
    assert image.tobytes() != drawn(loaded(NAME, qwen_image21()), "generate").tobytes()
    whole = drawn(turbo, "img2img", strength=1.0)
    assert whole.tobytes() == opaque(image).tobytes(), "its end runs from an image"


def test_a_record_brings_the_schedule_where_the_files_have_none(turbo: Loaded) -> None:
    plain = loaded(NAME, tiny(NAME))
    plain.pipeline.register_to_config(sample_sigmas=None)
    variant = replace(FAMILIES[NAME].variants[1], call={"sigmas": SIGMAS})
    plain.model = replace(plain.model, variant=variant)
    assert drawn(plain, "generate").tobytes() == drawn(turbo, "generate").tobytes()


@pytest.mark.parametrize("steps", [1, 3, 8, 20])
def test_another_number_of_steps_is_drawn_through_the_same_schedule(steps: int) -> None:
    published = FAMILIES[NAME].variants[1].call["sigmas"]
    made = resampled(published, steps)
    assert len(made) == steps
    assert made == sorted(made, reverse=True)
    assert made[0] == 1.0
    assert 0 < made[-1] <= 1
    assert (made == [*published]) == (steps == len(published))


@pytest.mark.parametrize("mode", ["generate", "edit"])
def test_regions_of_other_lengths_keep_the_texts_of_their_own(mode: str) -> None:
    """Each text has its own cache of keys and values, and its own places of the references."""
    made = loaded(NAME, tiny(NAME))
    white = Image.new("L", (64, 96), 255)
    for prompt in ("a car", "a very long blue car in the rain at night"):
        region = {"mask": white, "prompt": prompt, "negative_prompt": "snow and ice"}
        alone = drawn(made, mode, prompt=prompt, negative_prompt="snow and ice")
        assert drawn(made, mode, regions=[region]).tobytes() == alone.tobytes()
    assert "encode_prompt" not in vars(made.pipeline)


def test_the_text_encoder_sees_references_as_the_pipeline_shows_them() -> None:
    """With its own text the pipeline encodes them itself, in one call."""
    made, seen = loaded(NAME, tiny(NAME)), []
    handle = made.pipeline.text_encoder.register_forward_pre_hook(
        lambda _module, _args, keywords: seen.append(keywords["pixel_values"]), with_kwargs=True
    )
    drawn(made, "edit", true_cfg_scale=1.0)
    pipeline = made.pipeline
    pipeline("a red house", image=parameters(NAME, "edit")["image"], num_inference_steps=2)
    handle.remove()
    ours, theirs = seen
    assert torch.equal(ours, theirs)
