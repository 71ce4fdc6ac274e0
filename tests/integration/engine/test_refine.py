"""Draft and refinement in one operation: the same images as by three operations."""

from __future__ import annotations

from typing import Any

import diffusers
import pytest
import torch
from PIL import Image

from core.engine.auxiliary.enlarging import lanczos
from core.engine.latents import grid
from core.engine.loaded import Loaded
from core.engine.pipeline_run import accepted
from core.engine.sibling import sibling
from core.errors import InvalidInput
from core.models.library.library import Library
from core.operations.declaration.base import LoadedModel
from core.operations.declaration.library_context import LibraryContext
from core.operations.diffusion.second_pass import SecondPass
from core.operations.generate import Generate
from core.operations.img2img import Img2Img
from core.operations.refine import Refine
from core.settings import ROOT
from tests.integration.engine.context import Alone
from tests.integration.engine.stand_in import CALL
from tests.integration.engine.stand_in import model as record
from tests.integration.engine.test_detail import Redrawing
from tests.integration.engine.test_painting import small
from tests.integration.engine.tiny_models import GUIDED, tiny

DRAFT: dict[str, Any] = {"prompt": "a red house", "model": "tiny", "seed": 7, "num_images": 2}
SIZE = {"width": 64, "height": 80}


def images(operation: Any, model: Loaded, **pictures: Image.Image) -> list[Image.Image]:
    context = Alone(model, **pictures)
    operation.run(context)
    return context.made


@pytest.mark.parametrize("name", ["sd15", "klein", "flux1"])
def test_it_is_generate_upscale_and_img2img_bit_for_bit(name: str) -> None:
    model = small(name)
    asked = {**DRAFT, **GUIDED[name], "num_inference_steps": 2}
    context = Redrawing(model)
    Refine(**asked, **SIZE, factor=1.5, refine_strength=0.6, refine_steps=3).run(context)
    drafts = images(Generate(**asked, **SIZE), model)
    assert [d.tobytes() for d in context.ports["draft"]] == [d.tobytes() for d in drafts]
    for index, draft in enumerate(drafts):
        enlarged = lanczos(draft, (96, 120))
        second = Img2Img(
            **{**asked, "num_inference_steps": 3, "seed": 7 + index, "num_images": 1},
            image="enlarged",
            strength=0.6,
        )
        (refined,) = images(second, model, enlarged=enlarged)
        assert context.ports["image"][index].tobytes() == refined.tobytes()
        assert refined.size == (96, 120)


def test_the_steps_are_those_of_the_draft_and_its_size_is_snapped() -> None:
    library = LibraryContext(Library([ROOT / "models"]))
    resolved = Refine(prompt="a house", num_inference_steps=5).resolve(library)
    operation = resolved.operation
    assert isinstance(operation, Refine)
    assert operation.refine_steps == 5
    assert operation.width
    assert resolved.warnings == ()


def latents_of(name: str, asked: dict[str, Any], **more: Any) -> torch.Tensor:
    """The latents that a direct call of diffusers ends with, as a grid."""
    pipeline = tiny(name)
    call = pipeline(**asked, **SIZE, **more, generator=seeded(), output_type="latent")
    return grid(pipeline, call.images, **SIZE)


def seeded() -> torch.Generator:
    return torch.Generator().manual_seed(7)


def made_by(name: str, mode: str, **call: Any) -> Image.Image:
    """An image of a direct call of diffusers, from latents of a grid."""
    pipeline = sibling(tiny(name), getattr(diffusers, record(name).modes[mode].pipeline))
    names = accepted(type(pipeline).__call__)
    call = {key: value for key, value in call.items() if key in names}
    made: Image.Image = pipeline(**call, generator=seeded()).images[0]
    return made


@pytest.mark.parametrize("name", ["sd15", "sdxl", "sd3", "flux1"])
@pytest.mark.parametrize("mode", ["nearest-exact", "bicubic"])
def test_latents_are_enlarged_as_a_direct_call_would(name: str, mode: Any) -> None:
    asked = {"prompt": "a red house", **GUIDED[name], "num_inference_steps": 4}
    context = Redrawing(small(name))
    wanted = {**DRAFT, **asked, **SIZE, "num_images": 1, "factor": 2, "refine_strength": 0.5}
    Refine(**wanted, latent_upscale=mode, refine_steps=4).run(context)
    short = {**asked, **CALL[name]}
    latents = latents_of(name, short)
    larger = torch.nn.functional.interpolate(latents, (20, 16), mode=mode)
    size = {"width": 128, "height": 160}
    theirs = made_by(name, "img2img", **short, image=larger, strength=0.5, **size)
    (ours,) = context.ports["image"]
    assert ours.size == (128, 160)
    assert ours.tobytes() == theirs.tobytes()


class Two(Redrawing):
    """A context with a refiner beside its model."""

    def get(self, model_id: str, vae: str | None = None) -> LoadedModel:
        refiner: LoadedModel = small("sdxl-refiner")
        return refiner if model_id == "refiner" else super().get(model_id, vae)


def test_a_refiner_finishes_the_schedule_of_a_draft_as_diffusers_has_it() -> None:
    asked = {"prompt": "a red house", **GUIDED["sdxl"], "num_inference_steps": 5}
    context = Two(small("sdxl"))
    wanted = {**DRAFT, **asked, **SIZE, "num_images": 1, "refiner": "refiner"}
    Refine(**wanted, denoising_end=0.6, refine_steps=5).run(context)
    latents = latents_of("sdxl", asked, denoising_end=0.6)
    theirs = made_by("sdxl-refiner", "img2img", **asked, image=latents, denoising_start=0.6)
    (ours,) = context.ports["image"]
    assert ours.tobytes() == theirs.tobytes()
    assert ours.size == context.ports["draft"][0].size == (64, 80)
    assert "refined_by" in context.facts


def test_a_refiner_of_another_model_enlarges_by_image_to_image() -> None:
    context = Two(small("klein"))
    asked = {**DRAFT, "num_images": 1, "num_inference_steps": 2, "refine_steps": 4}
    Refine(**asked, **SIZE, refiner="refiner").run(context)
    assert context.ports["image"][0].size == (128, 160)


def test_only_a_model_with_the_same_latents_goes_on_from_them() -> None:
    SecondPass(record("sdxl"), record("sdxl-refiner")).check_latents("a", "denoising_start")
    for first, second, needed in [
        ("sd15", "sdxl", "latent_upscale"),
        ("sdxl", "klein", "latent_upscale"),
        ("sd15", "sd15", "denoising_start"),
    ]:
        with pytest.raises(InvalidInput, match="cannot go on from the latents") as refusal:
            SecondPass(record(first), record(second)).check_latents("latent_upscale", needed)
        assert refusal.value.field == "latent_upscale"


def test_a_model_without_latents_to_enlarge_says_so_and_enlarges_the_image() -> None:
    library = LibraryContext(Library([ROOT / "models"]))
    asked = Refine(prompt="a house", latent_upscale="bicubic", denoising_end=0.8)
    resolved = asked.resolve(library)
    assert [note.field for note in resolved.warnings] == ["denoising_end", "latent_upscale"]
    assert isinstance(resolved.operation, Refine)
    assert (resolved.operation.latent_upscale, resolved.operation.denoising_end) == ("off", None)
