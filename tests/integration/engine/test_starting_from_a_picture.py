"""FLUX.2 starting from an image, and what images and masks are turned into."""

import numpy as np
import pytest
import torch
from PIL import Image

from core.engine import latents, schedule
from core.engine.canvas import pictures
from tests.integration.engine.reports import Steps
from tests.integration.engine.stand_in import loaded
from tests.integration.engine.test_modes import parameters, picture


@pytest.mark.parametrize("name", ["klein", "flux2"])
def test_the_latents_of_a_picture_are_those_that_its_pipeline_decodes(name: str) -> None:
    pipeline = loaded(name).pipeline
    clean = latents.of_picture(pipeline, picture())
    held = pipeline._pack_latents(clean)
    raw = pipeline.vae.encode(pipeline.image_processor.preprocess(picture())).latent_dist.mode()
    assert torch.allclose(latents.flux2(pipeline, held, 64, 96), raw, atol=1e-5)


def test_the_latents_of_a_picture_are_those_that_ernie_image_decodes() -> None:
    pipeline = loaded("ernie-image").pipeline
    clean = latents.ernie_image_of_picture(pipeline, picture())
    raw = pipeline.vae.encode(pipeline.image_processor.preprocess(picture())).latent_dist.mode()
    assert torch.allclose(latents.ernie_image(pipeline, clean, 64, 96), raw, atol=1e-5)


@pytest.mark.parametrize("name", ["klein", "flux2", "krea2", "ernie-image", "qwen-image-21"])
def test_a_weak_variation_stays_near_the_picture(name: str) -> None:
    """Measured in latents: a tiny model decodes to nothing that resembles an image."""
    made, wanted = loaded(name), parameters(name, "img2img")
    kept = made.draw("img2img", {**wanted, "strength": 0.01}, seed=3, report=Steps())
    free = made.draw("img2img", {**wanted, "strength": 1.0}, seed=3, report=Steps())
    plain = made.draw("generate", parameters(name, "generate"), seed=3, report=Steps())
    plain = pictures.opaque(plain)  # one model draws transparency
    assert free.tobytes() == plain.tobytes(), "at full strength nothing of the image is left"
    assert kept.tobytes() != free.tobytes()


def test_outside_the_mask_flux2_keeps_the_latents_of_the_picture() -> None:
    made = loaded("flux2")
    ends: list[torch.Tensor] = []
    decode = made.pipeline.vae.decode

    def watch(held: torch.Tensor, **more: object) -> object:
        ends.append(held)
        return decode(held, **more)

    made.pipeline.vae.decode = watch
    made.draw("inpaint", parameters("flux2", "inpaint"), seed=3, report=Steps())
    clean = made.pipeline.vae.encode(
        made.pipeline.image_processor.preprocess(picture())
    ).latent_dist.mode()
    assert torch.allclose(ends[0][..., :4], clean[..., :4], atol=1e-4), "the left half is kept"
    assert not torch.allclose(ends[0][..., 4:], clean[..., 4:], atol=1e-2)


@pytest.mark.parametrize(("strength", "steps"), [(0.001, 1), (0.5, 2), (0.6, 2), (1.0, 4)])
def test_a_unet_runs_at_least_one_step(strength: float, steps: int) -> None:
    enough, result = schedule.rounded_down(strength, 4)
    assert result == steps
    assert int(4 * enough) == steps


@pytest.mark.parametrize(("strength", "steps"), [(0.001, 2), (0.5, 2), (0.6, 3), (1.0, 4)])
def test_a_flow_rounds_its_steps_up(strength: float, steps: int) -> None:
    assert schedule.rounded_up(strength, 4)[1] == steps


def test_a_mask_covers_every_cell_that_it_touches() -> None:
    mask = Image.new("L", (64, 64))
    mask.putpixel((17, 0), 255)
    cells = pictures.mask_cells(mask, 4, 4)
    assert cells.shape == (1, 1, 4, 4)
    assert cells.sum() == 1
    assert cells[0, 0, 0, 1] == 1


def test_a_reference_is_neither_too_small_nor_too_large() -> None:
    assert pictures.reference(Image.new("RGB", (30, 60))).size == (64, 128)
    large = pictures.reference(Image.new("RGB", (4000, 2000)))
    assert abs(large.width / large.height - 2) < 0.01
    assert large.width * large.height <= (1 << 20) * 1.01


def test_a_reference_that_is_a_strip_gets_white_edges() -> None:
    padded = pictures.reference(Image.new("RGB", (900, 100)))
    assert padded.width / padded.height == pytest.approx(pictures.REFERENCE_RATIO, rel=0.02)
    assert padded.getpixel((450, 2)) == (255, 255, 255)
    assert padded.getpixel((450, padded.height // 2)) == (0, 0, 0)


def test_references_are_joined_at_one_height() -> None:
    red, blue = Image.new("RGB", (20, 40), "red"), Image.new("RGB", (40, 20), "blue")
    joined = pictures.side_by_side([red, blue])
    assert joined.size == (20 + 80, 40)
    assert np.asarray(joined)[20, 99].tolist() == [0, 0, 255]
