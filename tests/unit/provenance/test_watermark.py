"""The watermark: its robustness, its visibility, and images without one. All chance is seeded."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageFilter

from core.provenance import watermark
from core.provenance.source_types import COMPOSITE, ENHANCED, TRAINED
from core.provenance.watermark import clearness_of, detect, embed, mark, source_type_in

PAYLOAD = 0xA5C3
LEAST_PSNR = 38.0  # decibels


def picture(seed: int, size: tuple[int, int] = (640, 512)) -> Image.Image:
    """A picture with smooth grounds, edges, lines and grain, of random shares."""
    chance = np.random.default_rng(seed)
    small = chance.integers(0, 256, (6, 8, 3), dtype=np.uint8)
    ground = Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)
    shapes = Image.fromarray(chance.integers(0, 256, (20, 24, 3), dtype=np.uint8))
    edges = shapes.resize(size, Image.Resampling.NEAREST)
    mixed = Image.blend(ground, edges, float(chance.uniform(0, 0.6)))
    grain = chance.normal(0, float(chance.uniform(0, 14)), (size[1], size[0], 1))
    pixels = np.clip(np.asarray(mixed, float) + grain, 0, 255).astype(np.uint8)
    return Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(float(chance.uniform(0, 1))))


def jpeg(image: Image.Image, quality: int = 70) -> Image.Image:
    buffer = BytesIO()
    image.convert("RGB").save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("RGB")


def scaled(image: Image.Image, factor: float) -> Image.Image:
    size = (round(image.width * factor), round(image.height * factor))
    return image.resize(size, Image.Resampling.LANCZOS)


def psnr(first: Image.Image, second: Image.Image) -> float:
    difference = np.asarray(first, float) - np.asarray(second, float)
    return float(10 * np.log10(255**2 / (difference**2).mean()))


@pytest.mark.parametrize("seed", range(6))
def test_the_mark_survives_jpeg_70_and_half_size(seed: int) -> None:
    image = picture(seed)
    marked = embed(image, PAYLOAD)
    for attacked in (
        marked,
        jpeg(marked),
        scaled(marked, 0.5),
        jpeg(scaled(marked, 0.5)),
        scaled(marked, 1.5),
    ):
        assert detect(attacked) == PAYLOAD
    assert psnr(image, marked) > LEAST_PSNR


@pytest.mark.parametrize("colour", ["white", "black", "#7f6f5f"])
def test_a_plain_colour_of_512_pixels_holds_it_too(colour: str) -> None:
    marked = embed(Image.new("RGB", (512, 512), colour), PAYLOAD)
    assert detect(jpeg(marked)) == PAYLOAD
    assert detect(scaled(marked, 0.5)) == PAYLOAD


def test_images_without_a_mark_show_none() -> None:
    images = [picture(seed, (256, 256)) for seed in range(150)]
    chance = np.random.default_rng(5)
    images += [
        Image.fromarray(chance.integers(0, 256, (96, 128, 3), dtype=np.uint8)) for _ in range(150)
    ]
    images += [Image.new("RGB", (64, 64), colour) for colour in ("white", "black", "red")]
    assert [detect(image) for image in images] == [None] * len(images)
    assert max(map(clearness_of, images)) < watermark.CLEAREST_UNMARKED


def test_transparency_stays_and_the_same_image_is_marked_alike() -> None:
    image = picture(3)
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    first, second = embed(image, PAYLOAD), embed(image, PAYLOAD)
    assert first.getchannel("A").tobytes() == image.getchannel("A").tobytes()
    assert first.tobytes() == second.tobytes()


def test_an_image_that_is_too_small_stays_as_it_is() -> None:
    image = picture(1, (255, 300))
    assert embed(image, PAYLOAD) is image
    assert detect(Image.new("RGB", (3, 3))) is None


@pytest.mark.parametrize("source_type", [TRAINED, COMPOSITE])
def test_the_mark_states_the_source_type(source_type: str) -> None:
    image = picture(2)
    assert source_type_in(jpeg(mark(image, source_type))) == source_type
    assert mark(image, ENHANCED) is image
    assert source_type_in(embed(image, PAYLOAD)) is None, "a payload of another program"
