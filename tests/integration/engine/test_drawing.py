"""The built-in model through its adapter: same seed, same image; and every way to stop it."""

from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.integration.engine.reports import Steps

PROMPT = "a red house with a blue roof and two windows on grass on a sunny day"
STEPS = 4
"""Enough where pixels are compared bit for bit."""
CLEAR: dict[str, Any] = {"num_inference_steps": 8}
"""Steps for what an image shows."""
DRAWING: dict[str, Any] = {
    "prompt": PROMPT,
    "negative_prompt": "",
    "width": 128,
    "height": 128,
    "num_inference_steps": STEPS,
    "guidance_scale": 3.0,
}


def draw(model: Any, seed: int, mode: str = "generate", report: Any = None, **changes: Any) -> Any:
    return model.draw(mode, {**DRAWING, **changes}, seed=seed, report=report or Steps())


def far(item: Image.Image, other: Image.Image) -> float:
    """Mean difference of two images, in grey levels."""
    left = np.asarray(item.convert("RGB").resize((64, 64)), float)
    right = np.asarray(other.convert("RGB").resize((64, 64)), float)
    return float(np.abs(left - right).mean())


def test_the_same_seed_draws_the_same_pixels(nano: Any) -> None:
    once = draw(nano, 7).tobytes()
    assert draw(nano, 7).tobytes() == once
    assert draw(nano, 8).tobytes() != once


def test_the_picture_is_that_of_the_plain_pipeline(nano: Any) -> None:
    import torch

    plain = nano.pipeline(
        prompt=PROMPT,
        width=128,
        height=128,
        num_inference_steps=STEPS,
        guidance_scale=3.0,
        generator=torch.Generator().manual_seed(3),
        **nano.model.call,
    ).images[0]
    assert draw(nano, 3).tobytes() == plain.tobytes()


@pytest.mark.parametrize("size", [(512, 512), (300, 200), (90, 64)])
def test_any_other_size_is_finished_the_same_every_time(nano: Any, size: tuple[int, int]) -> None:
    sides = {"width": size[0], "height": size[1], "num_inference_steps": 2}
    steps = Steps()
    result = draw(nano, 7, report=steps, **sides)
    assert result.size == size
    assert nano.facts["finisher"] == {"file": "finisher.onnx", "drawn": [128, 128]}
    assert result.tobytes() == draw(nano, 7, **sides).tobytes()
    small = draw(nano, 7, num_inference_steps=2)
    assert "finisher" not in nano.facts
    if size[0] == size[1]:
        assert far(result, small) < 4
        assert max(step for phase, step in steps.reported if phase == "denoising") == 2


def test_the_results_of_other_modes_are_finished_too(nano: Any) -> None:
    house = draw(nano, 7, num_inference_steps=2)
    again = draw(nano, 7, "img2img", image=house, strength=0.1, result_size=(256, 256))
    assert again.size == (256, 256)
    assert nano.facts["finisher"]["drawn"] == [128, 128]


def test_a_prompt_is_encoded_once(nano: Any) -> None:
    nano.embeddings.clear()
    before = nano.embeddings.encoded
    draw(nano, 1, prompt="the queen of hearts")
    assert nano.embeddings.encoded == before + 2, "the prompt, and nothing for guidance"
    draw(nano, 2, prompt="the queen of hearts")
    assert nano.embeddings.encoded == before + 2
    draw(nano, 2, prompt="the king of hearts")
    assert nano.embeddings.encoded == before + 3


def test_phases_and_steps_are_told_in_order(nano: Any) -> None:
    steps = Steps()
    draw(nano, 1, report=steps)
    denoising = [("denoising", step) for step in range(STEPS + 1)]
    assert steps.reported == [("encoding prompt", 0), *denoising, ("decoding", STEPS)]


def test_previews_show_where_the_picture_is_heading(nano: Any) -> None:
    steps = Steps()
    picture = draw(nano, 1, report=steps, **CLEAR)
    previews = [Image.open(BytesIO(data)) for data in steps.previews]
    assert len(previews) == 6
    assert {image.format for image in previews} == {"JPEG"}
    other = draw(nano, 1, prompt="the ace of spades on a yellow background", **CLEAR)
    assert far(previews[-1], picture) < 16
    assert far(previews[0], picture) < far(previews[0], other)


@pytest.fixture(scope="module")
def whole(pool: Any) -> Any:
    """An image that nothing stopped."""
    return draw(pool.get("nano"), 5)


@pytest.mark.parametrize(
    "stop",
    [
        ("encoding prompt", 0),
        ("denoising", 0),
        ("denoising", 1),
        ("denoising", STEPS - 1),
        ("decoding", STEPS),
    ],
)
def test_stopping_anywhere_leaves_the_model_as_it_was(
    nano: Any, whole: Any, stop: tuple[str, int]
) -> None:
    steps = Steps(stop)
    with pytest.raises(KeyboardInterrupt):
        draw(nano, 5, report=steps)
    assert steps.reported[-1] == stop
    assert draw(nano, 5).tobytes() == whole.tobytes()


def redness(picture: Image.Image) -> float:
    """The excess of red over green and blue in the middle, in grey levels."""
    red, green, blue = np.asarray(picture.convert("RGB"), float)[40:88, 40:88].mean(axis=(0, 1))
    return float(red - (green + blue) / 2)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_negative_prompt_steers_away(nano: Any, seed: int) -> None:
    plain = draw(nano, seed, prompt="a heart", **CLEAR)
    away = draw(nano, seed, prompt="a heart", negative_prompt="a red heart", **CLEAR)
    assert redness(plain) > 60, "hearts are red unless somebody says otherwise"
    assert redness(away) < redness(plain) - 60


def test_without_guidance_a_negative_prompt_costs_nothing(nano: Any) -> None:
    before = nano.embeddings.encoded
    draw(nano, 0, prompt="a tower", guidance_scale=1.0, negative_prompt="never seen before")
    assert nano.embeddings.encoded == before + 1


@pytest.mark.parametrize(
    ("strength", "least", "most"), [(0.01, 0, 5), (0.5, 5, 40), (1.0, 40, 255)]
)
def test_image_to_image_leaves_the_picture_as_far_as_its_strength(
    nano: Any, strength: float, least: float, most: float
) -> None:
    house = draw(nano, 1, **CLEAR)
    steps = Steps()
    again = draw(
        nano,
        2,
        "img2img",
        steps,
        **CLEAR,
        image=house,
        strength=strength,
        prompt="the ace of spades on a yellow background",
    )
    assert again.size == (128, 128)
    denoised = max(step for phase, step in steps.reported if phase == "denoising")
    assert denoised == max(1, round(8 * strength))
    assert least < far(again, house) < most


def test_image_to_image_takes_any_size_and_transparency(nano: Any) -> None:
    wide = Image.new("RGBA", (700, 90), (200, 30, 30, 0))
    again = draw(nano, 1, "img2img", image=wide, strength=0.01)
    assert again.size == (128, 128)
    assert np.asarray(again).mean() > 200, "what is transparent is white"


def test_image_to_image_repeats_with_its_seed(nano: Any) -> None:
    house = draw(nano, 1)
    once = draw(nano, 9, "img2img", image=house, strength=0.7)
    assert draw(nano, 9, "img2img", image=house, strength=0.7).tobytes() == once.tobytes()
    assert draw(nano, 10, "img2img", image=house, strength=0.7).tobytes() != once.tobytes()


def test_parameters_that_the_model_has_no_use_for_are_left_out(nano: Any) -> None:
    assert draw(nano, 7, nonsense=3, num_images=9).tobytes() == draw(nano, 7).tobytes()


def test_warming_changes_nothing(nano: Any) -> None:
    before = draw(nano, 7).tobytes()
    nano.warm()
    assert draw(nano, 7).tobytes() == before


def test_without_factors_there_is_no_preview_and_every_step_is_told(nano: Any) -> None:
    steps, own = Steps(), nano.preview
    try:
        nano.preview = None
        draw(nano, 1, report=steps)
    finally:
        nano.preview = own
    assert steps.previews == []
    assert ("denoising", STEPS) in steps.reported


def test_preview_factors_can_be_measured_on_the_model(nano: Any) -> None:
    from core.engine import preview

    measured = preview.fit(nano.pipeline.vae, "cpu")
    assert measured is not None
    shipped = nano.model.preview
    assert np.allclose(measured.factors, shipped.factors, atol=0.02)
    assert np.allclose(measured.offset, shipped.offset, atol=0.05)
