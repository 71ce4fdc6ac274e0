"""FLUX.1 Redux: images are those of diffusers' prior pipeline, and nothing stays."""

from typing import Any

import pytest
import torch
from diffusers import FluxPriorReduxPipeline
from PIL import Image
from transformers import SiglipImageProcessorPil

from core.engine.auxiliary.image_encoding import ImageEncoder
from core.engine.loaded import Loaded
from core.engine.pool import ModelPool
from core.engine.references import ReferenceAdapters
from core.errors import InvalidInput
from core.models.library.library import Library
from core.operations.generate import Generate
from tests.integration.engine.reports import Steps
from tests.integration.engine.running import Running
from tests.integration.engine.stand_in import CALL, CPU, loaded
from tests.integration.engine.test_modes import parameters, picture
from tests.integration.engine.tiny_models import tiny
from tests.integration.engine.tiny_references import (
    PRESETS,
    redux,
    save_adapter,
    save_encoders,
    save_redux,
    siglip,
)

NEGATIVE = {"negative_prompt": "", "true_cfg_scale": 1.0}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """A tiny FLUX.1, Redux with its encoder, and an IP-Adapter."""
    folder = tmp_path_factory.mktemp("models")
    tiny("flux1").save_pretrained(folder / "small")
    save_redux(folder)
    save_redux(folder, "wide", joint=64)
    save_encoders(folder)
    save_adapter(folder / "ipadapter", "flux1")
    return Library([folder], presets_dir=PRESETS)


@pytest.fixture(scope="module")
def made(library: Library) -> Loaded:
    flux = loaded("flux1")
    flux.references = ReferenceAdapters(library.reference, CPU)
    return flux


def reference(
    made: Loaded, seed: int = 7, weight: float = 1.0, name: str = "redux"
) -> dict[str, Any]:
    assert made.references is not None
    kind = made.references.get(name, torch.float32).file.kind
    return {
        "model": name,
        "vectors": ImageEncoder(siglip()).encode(picture(seed), kind),
        "weight": weight,
    }


def drawn(made: Loaded, *references: dict[str, Any], mode: str = "generate", **more: Any) -> bytes:
    wanted = {**parameters("flux1", mode), **more, "reference": references}
    return made.draw(mode, wanted, seed=3, report=Steps()).tobytes()


def direct(pictures: list[Image.Image], weights: list[float]) -> bytes:
    """The same image by diffusers' prior pipeline, with the prompt alone."""
    flux = tiny("flux1")
    texts = ("text_encoder", "tokenizer", "text_encoder_2", "tokenizer_2")
    prior = FluxPriorReduxPipeline(
        image_encoder=siglip(),
        feature_extractor=SiglipImageProcessorPil(size={"height": 32, "width": 32}),
        image_embedder=redux(),
        **{name: getattr(flux, name) for name in texts},
    )
    wanted = {**parameters("flux1", "generate"), **CALL["flux1"]}
    wanted = {key: value for key, value in wanted.items() if key not in NEGATIVE}
    prompt = wanted.pop("prompt")
    length = wanted.pop("max_sequence_length")
    encode = prior.encode_prompt
    prior.encode_prompt = lambda **more: encode(**{**more, "max_sequence_length": length})
    joined = prior(
        pictures,
        prompt=[prompt] * len(pictures),
        prompt_embeds_scale=weights,
        pooled_prompt_embeds_scale=weights,
    )
    flux.set_progress_bar_config(disable=True)
    generator = torch.Generator().manual_seed(3)
    image: Image.Image = flux(**joined, **wanted, generator=generator).images[0]
    return image.tobytes()


def test_a_reference_is_that_of_diffusers_and_leaves_nothing_behind(made: Loaded) -> None:
    plain = drawn(made, **NEGATIVE)
    ours = drawn(made, reference(made), **NEGATIVE)
    assert ours != plain
    assert ours == direct([picture(7)], [1.0])
    assert drawn(made, reference(made, weight=0.3), **NEGATIVE) not in (plain, ours)
    assert drawn(made, reference(made)) != ours, "true CFG runs beside it"
    assert drawn(made, **NEGATIVE) == plain


def test_two_pictures_are_blended_by_their_weights_as_diffusers_does(made: Loaded) -> None:
    both = [reference(made, 7, 0.25), reference(made, 9, 0.75)]
    assert drawn(made, *both, **NEGATIVE) == direct([picture(7), picture(9)], [0.25, 0.75])


@pytest.mark.parametrize("mode", ["img2img", "inpaint"])
def test_it_acts_in_every_mode_and_beside_regions(made: Loaded, mode: str) -> None:
    assert drawn(made, reference(made), mode=mode) != drawn(made, mode=mode)
    white = {"mask": Image.new("L", (64, 96), 255), "prompt": "a red house"}
    white["negative_prompt"] = parameters("flux1", mode).get("negative_prompt", "")
    regional = drawn(made, reference(made), mode=mode, regions=[white])
    assert regional == drawn(made, reference(made), mode=mode)


def test_an_embedder_for_texts_of_another_width_is_refused(made: Loaded) -> None:
    with pytest.raises(InvalidInput, match="texts of width 64") as refusal:
        drawn(made, reference(made), reference(made, name="wide"))
    assert refusal.value.field == "reference.1.model"


def test_it_is_recognised_by_its_header_and_drawn_from_the_pool(library: Library) -> None:
    file = library.reference("redux")
    assert (file.kind.id, file.encoder) == ("redux", "siglip-redux")
    assert set(file.families) >= {"flux1"}
    pool = ModelPool(library, CPU)
    shared = {"prompt": "a house", "num_inference_steps": 2, "seed": 3, "model": "small"}

    def image(*references: dict[str, Any]) -> bytes:
        running = Running(library, pool, {"A": picture(7, (64, 64))})
        asked = Generate(**shared, width=64, height=64, reference=references)
        return bytes(running.run(asked)["image"].tobytes())

    tokens = {"image": "A", "model": "redux", "weight": 0.8}
    layers = {"image": "A", "model": "flux1", "weight": 0.5}
    images = [image(), image(tokens), image(layers), image(layers, tokens)]
    assert len(set(images)) == 4, "both kinds act together"
    assert pool._references.sizes
    pool.free_caches()
    assert pool._references.sizes == {}
