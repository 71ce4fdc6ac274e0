"""Prompts beyond the window of CLIP, and attention weights: SD1.5 and SDXL."""

from collections.abc import Sequence
from typing import Any

import pytest
import torch

from core.engine import clip_prompts
from core.engine.loaded import Loaded
from core.engine.pipeline_run import PipelineRun
from core.engine.render_request import RenderRequest
from core.models.families import FAMILIES
from core.prompts.attention import PromptText, WeightedText
from tests.integration.engine.reports import Steps
from tests.integration.engine.stand_in import ONE_PER_FAMILY, loaded
from tests.integration.engine.test_modes import parameters
from tests.integration.engine.tiny_models import FAMILY

CHUNKED = [
    name for name in ONE_PER_FAMILY if FAMILIES[FAMILY[name]].prompts.long_prompt == "chunks"
]
SIZE = 75  # tokens of a window without start and end
WINDOW = SIZE + 2
FULL = "a " * SIZE  # one token a letter
REST = "b c"
SHORT = "a red house"


@pytest.fixture(scope="module", params=CHUNKED)
def model(request: pytest.FixtureRequest) -> Loaded:
    """A tiny model whose prompts are encoded in chunks."""
    return loaded(request.param)


def run_of(model: Loaded) -> PipelineRun:
    return PipelineRun(model, RenderRequest("generate", 3, Steps(), 64, 64, 2))


def embed(model: Loaded, prompt: PromptText, clip_skip: int = 0) -> tuple[torch.Tensor, ...]:
    return clip_prompts.embed(run_of(model), prompt, clip_skip)


def plain(model: Loaded, text: str, clip_skip: int = 0) -> tuple[torch.Tensor, ...]:
    """The tensors of the pipeline's own encoding."""
    options = {"clip_skip": clip_skip} if clip_skip else {}
    return run_of(model).embed(text, **options)


def equal(first: Sequence[torch.Tensor], second: Sequence[torch.Tensor]) -> bool:
    return len(first) == len(second) and all(map(torch.equal, first, second))


def draw(model: Loaded, **changes: Any) -> bytes:
    wanted = {**parameters(model.model.id, "generate"), "guidance_scale": 4.0, **changes}
    picture = model.draw("generate", wanted, seed=3, report=Steps())
    data: bytes = picture.tobytes()
    return data


@pytest.mark.parametrize("clip_skip", [0, 1])
@pytest.mark.parametrize("text", ["", SHORT, FULL])
def test_a_prompt_within_one_window_is_encoded_as_by_the_pipeline(
    model: Loaded, text: str, clip_skip: int
) -> None:
    own = embed(model, (WeightedText(text),), clip_skip)  # not by the pipeline
    assert equal(own, plain(model, text, clip_skip))
    assert equal(embed(model, text, clip_skip), plain(model, text, clip_skip))


@pytest.mark.parametrize("clip_skip", [0, 1])
def test_a_long_prompt_is_encoded_in_windows_one_after_the_other(
    model: Loaded, clip_skip: int
) -> None:
    embeddings, *pooled = embed(model, FULL + REST, clip_skip)
    first, *first_pooled = plain(model, FULL, clip_skip)
    second, *_ = plain(model, REST, clip_skip)
    assert torch.equal(embeddings, torch.cat([first, second], dim=1))
    assert equal(pooled, first_pooled)


def test_words_beyond_the_window_change_the_image(model: Loaded) -> None:
    assert draw(model, prompt=FULL + REST) != draw(model, prompt=FULL + "house")


@pytest.mark.parametrize(
    ("prompt", "negative_prompt"),
    [(FULL + REST, ""), (FULL + REST, "dogs"), (SHORT, FULL * 2 + REST), (FULL * 2, FULL + REST)],
)
def test_prompt_and_negative_prompt_may_differ_in_length(
    model: Loaded, prompt: str, negative_prompt: str
) -> None:
    image = draw(model, prompt=prompt, negative_prompt=negative_prompt)
    assert image != draw(model, prompt=SHORT, negative_prompt="")


def test_windows_of_the_empty_prompt_fill_the_shorter_one(model: Loaded) -> None:
    short, empty = plain(model, SHORT), plain(model, "")
    filled = clip_prompts.padded(run_of(model), short, 3 * WINDOW)
    assert torch.equal(filled[0], torch.cat([short[0], empty[0], empty[0]], dim=1))
    assert equal(filled[1:], short[1:])


def test_a_weight_moves_its_token_from_the_empty_prompt_through_the_prompt(model: Loaded) -> None:
    # Letters: a, b, c at the positions 1, 2, 3; the encoder reads the whole text first.
    whole, empty = plain(model, "a b c")[0], plain(model, "")[0]
    for weight in (0.0, 0.5, 1.2, -1.0, 10.0):
        parts = (WeightedText("a "), WeightedText("b", weight), WeightedText(" c"))
        weighted, *pooled = embed(model, parts)
        expected = whole.clone()
        expected[:, 2] = empty[:, 2] + weight * (whole[:, 2] - empty[:, 2])
        assert torch.allclose(weighted, expected, atol=1e-5)
        kept = [index for index in range(WINDOW) if index != 2]
        assert torch.equal(weighted[:, kept], whole[:, kept])
        assert equal(pooled, plain(model, "a b c")[1:])


def test_weights_beyond_the_first_window_have_an_effect(model: Loaded) -> None:
    parts = (WeightedText(FULL), WeightedText(REST, 1.5))
    whole, weighted = embed(model, FULL + REST)[0], embed(model, parts)[0]
    changed = (whole != weighted).any(dim=2)[0].nonzero().flatten().tolist()
    assert changed == [WINDOW + 1, WINDOW + 2]


def test_weighted_prompts_draw_other_images(model: Loaded) -> None:
    parts = (WeightedText("a red "), WeightedText("house", 1.5))
    images = {draw(model, prompt=prompt) for prompt in (SHORT, parts)}
    assert len(images) == 2
    assert draw(model, prompt=parts) in images, "a second image is the same"


def test_a_prompt_with_weights_is_encoded_once(model: Loaded) -> None:
    parts = (WeightedText("a green "), WeightedText("house", 1.3))
    embed(model, parts)
    before = model.embeddings.encoded
    embed(model, parts)
    assert model.embeddings.encoded == before
