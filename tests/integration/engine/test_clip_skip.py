"""Skipped layers of CLIP: each value encodes as text encoders without their last layers do."""

from typing import Any

import pytest
import torch

from core.engine.pipeline_run import PipelineRun
from core.engine.render_request import RenderRequest
from core.models.families import FAMILIES
from core.operations.diffusion.parameters import DiffusionParameters
from tests.integration.engine.reports import Steps
from tests.integration.engine.stand_in import ONE_PER_FAMILY, loaded
from tests.integration.engine.test_modes import parameters
from tests.integration.engine.tiny_models import FAMILY, tiny

LAYERS = 7  # enough for the largest value
SKIPPING = [
    name
    for name in ONE_PER_FAMILY
    if "clip_skip" in FAMILIES[FAMILY[name]].modes["generate"].parameters
]
LIMITS = DiffusionParameters.model_fields["clip_skip"].metadata
VALUES = range(LIMITS[0].ge, LIMITS[1].le + 1)


def with_layers(name: str, count: int) -> Any:
    """A tiny model whose CLIP text encoders have the first `count` of seven layers."""
    pipeline = tiny(name)
    for encoder in (pipeline.text_encoder, getattr(pipeline, "text_encoder_2", None)):
        if encoder is None or "CLIP" not in type(encoder).__name__:
            continue
        kind, config = type(encoder), encoder.config
        config.num_hidden_layers = LAYERS
        with torch.random.fork_rng():
            torch.manual_seed(1)
            deep = kind(config).eval()
        deep_layers = getattr(deep, "text_model", deep).encoder
        deep_layers.layers = deep_layers.layers[:count]
        part = "text_encoder" if encoder is pipeline.text_encoder else "text_encoder_2"
        setattr(pipeline, part, deep)
    return pipeline


def encoded(name: str, count: int, skip: int | None) -> torch.Tensor:
    """The embedding of a prompt by a model with `count` layers that skips `skip` of them."""
    model = loaded(name, with_layers(name, count))
    wanted = {**parameters(name, "generate"), "clip_skip": skip}
    supported = model.model.parameters("generate")
    request = RenderRequest.of("generate", wanted, supported, seed=3, report=Steps())
    options = {"clip_skip": request.clip_skip} if request.clip_skip else {}
    return PipelineRun(model, request).embed("a red house", **options)[0]


@pytest.mark.parametrize("name", SKIPPING)
def test_each_value_encodes_as_a_text_encoder_without_its_last_layers(name: str) -> None:
    whole = encoded(name, LAYERS, None)
    skipped = [encoded(name, LAYERS, value) for value in VALUES]
    for value, embedding in zip(VALUES, skipped, strict=True):
        assert torch.equal(embedding, encoded(name, LAYERS - value, None))
    different = [whole, *skipped]
    assert not any(
        torch.equal(first, second)
        for index, first in enumerate(different)
        for second in different[:index]
    )


@pytest.mark.parametrize("name", SKIPPING)
def test_each_value_changes_the_picture(name: str) -> None:
    model, wanted = loaded(name, with_layers(name, LAYERS)), parameters(name, "generate")
    pictures = {
        model.draw("generate", {**wanted, "clip_skip": value}, seed=3, report=Steps()).tobytes()
        for value in (None, *VALUES)
    }
    assert len(pictures) == len(VALUES) + 1
