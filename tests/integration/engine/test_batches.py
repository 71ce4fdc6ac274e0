"""Several images in one call of the pipeline: each is the image that is drawn alone."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from core.errors import OutOfMemory
from core.models.families import FAMILIES
from core.models.library.record import Record
from core.models.progress import Drawing
from tests.integration.engine.reports import Steps
from tests.integration.engine.stand_in import loaded
from tests.integration.engine.test_drawing import DRAWING
from tests.integration.engine.tiny_models import FAMILY

BATCHING = [
    name
    for name, family in FAMILY.items()
    if "generate" in FAMILIES[family].modes and FAMILIES[family].modes["generate"].batch_function
]
TEXTS = (("a cat", ""), ("a red house on snow", "night"), ("three stars", "blue"))


def drawings(size: int, reports: list[Steps] | None = None, **changes: Any) -> list[Drawing]:
    return [
        Drawing(
            {**DRAWING, "width": size, "height": size, "num_inference_steps": 3, **changes}
            | {"prompt": prompt, "negative_prompt": negative},
            seed=40 + number,
            report=reports[number] if reports else Steps(),
        )
        for number, (prompt, negative) in enumerate(TEXTS)
    ]


def alone(model: Any, drawing: Drawing) -> Image.Image:
    image: Image.Image = model.draw(
        "generate", drawing.parameters, seed=drawing.seed, report=drawing.report
    )
    return image


def furthest(item: Image.Image, other: Image.Image) -> int:
    """The largest difference of two images, in grey levels."""
    return int(np.abs(np.asarray(item, int) - np.asarray(other, int)).max())


@pytest.mark.parametrize("name", BATCHING)
def test_an_image_of_a_batch_is_that_drawn_alone_within_a_grey_level(name: str) -> None:
    model = loaded(name)
    together = model.draw_batch("generate", drawings(64))
    singles = [alone(model, drawing) for drawing in drawings(64)]
    assert len(together) == 3
    assert [furthest(*pair) for pair in zip(together, singles, strict=True)] <= [1, 1, 1]
    assert furthest(together[0], together[1]) > 8, "each image has its own prompt and seed"


def test_the_built_in_model_draws_a_batch_of_finished_images(nano: Any) -> None:
    reports = [Steps() for _ in TEXTS]
    together = nano.draw_batch("generate", drawings(256, reports))
    assert {image.size for image in together} == {(256, 256)}
    assert nano.facts["finisher"]["drawn"] == [128, 128]
    assert furthest(together[1], alone(nano, drawings(256)[1])) <= 4, "a level, amplified"
    for steps in reports:
        assert [step for phase, step in steps.reported if phase == "denoising"] == [0, 1, 2, 3]
    assert len({steps.previews[-1] for steps in reports}) == 3, "each has its own preview"


def test_a_batch_that_runs_out_of_memory_changes_no_plan(
    nano: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = nano.plan

    def refuse(*_: Any, **__: Any) -> None:
        raise torch.OutOfMemoryError("no room")

    with monkeypatch.context() as patched:
        patched.setattr(type(nano.pipeline), "__call__", refuse)
        with pytest.raises((torch.OutOfMemoryError, OutOfMemory, TypeError)):
            nano.draw_batch("generate", drawings(128))
    assert nano.plan == plan
    assert alone(nano, drawings(128)[0]).size == (128, 128)


def test_the_number_of_images_in_a_call_is_that_of_the_record_for_small_images() -> None:
    model = loaded(BATCHING[0]).model
    assert model.batch_size("generate", "cpu", 64, 64) == 1, "nothing was measured"
    measured = type(model)("m", Path("m"), model.family, Record(batch_sizes={"cpu": 4}), False, {})
    assert measured.batch_size("generate", "cpu", 512, 512) == 4
    assert measured.batch_size("generate", "cuda", 512, 512) == 1
    assert measured.batch_size("generate", "cpu", 1024, 512) == 1
    assert measured.batch_size("img2img", "cpu", 64, 64) == 1
