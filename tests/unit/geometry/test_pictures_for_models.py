"""Images as pipelines take them: opaque, of the size asked, never stretched, within limits."""

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image

from core.engine.canvas.pictures import (
    REFERENCE_RATIO,
    REFERENCE_SMALLEST,
    cover,
    cover_mask,
    mask_cells,
    opaque,
    reference,
    side_by_side,
)
from core.engine.embeddings import EmbeddingCache
from core.engine.render_request import RenderRequest
from core.errors import InvalidInput
from core.models.families import FAMILIES
from core.operations.diffusion.picture_sizes import (
    LONGEST,
    LONGEST_STRIP,
    check_mask,
    check_shape,
    is_strip,
)
from tests.unit.pictures.making import noise, pictures

sides = st.integers(1, 60)
long_sides = st.integers(1, 1_500)


@given(pictures)
def test_an_opaque_image_is_itself_and_transparency_is_white(image: Image.Image) -> None:
    plain = opaque(image)
    assert (plain.mode, plain.size) == ("RGB", image.size)
    if image.mode == "RGB":
        assert plain.tobytes() == image.tobytes()
        return
    clear = image.copy()
    clear.putalpha(0)
    assert opaque(clear).getextrema() == ((255, 255),) * 3
    solid = image.copy()
    solid.putalpha(255)
    assert opaque(solid).tobytes() == image.convert("RGB").tobytes()


@given(pictures, sides, sides)
def test_an_image_covers_the_size_asked_without_being_stretched(
    image: Image.Image, width: int, height: int
) -> None:
    made = cover(image, width, height)
    assert (made.size, made.mode) == ((width, height), "RGB")
    same = cover(image, *image.size)
    assert same.tobytes() == opaque(image).tobytes()


def test_what_is_cropped_to_cover_lies_at_both_ends_alike() -> None:
    image = Image.new("RGB", (90, 30), "red")
    image.paste("blue", (30, 0, 60, 30))
    assert cover(image, 30, 30).getcolors() == [(900, (0, 0, 255))]
    mask = Image.new("L", (90, 30))
    mask.paste(255, (30, 0, 60, 30))
    assert cover_mask(mask, 30, 30).getextrema() == (255, 255), "the mask stays with its image"


@given(long_sides, long_sides, st.integers(64 * 64, 1 << 20))
def test_a_reference_keeps_its_shape_within_its_limits(
    width: int, height: int, pixels: int
) -> None:
    short, long = sorted((width, height))
    image = Image.new("L", (width, height))
    made = reference(image, pixels)
    if long > REFERENCE_RATIO * short:
        assert max(made.size) <= REFERENCE_RATIO * min(made.size), "with edges"
        return
    assert min(made.size) >= REFERENCE_SMALLEST
    scale = made.width / width
    assert made.height == pytest.approx(height * scale, abs=max(1, height / width) + 1)
    if min(made.size) > REFERENCE_SMALLEST:
        assert made.width * made.height <= pixels + made.width + made.height
    if short >= REFERENCE_SMALLEST and width * height <= pixels:
        assert made.size == image.size


@given(st.lists(pictures, min_size=1, max_size=4))
def test_images_side_by_side_are_as_high_as_the_first_and_all_there(
    images: list[Image.Image],
) -> None:
    flat = [opaque(image) for image in images]
    joined = side_by_side(flat)
    height = flat[0].height
    widths = [flat[0].width, *(max(1, round(i.width * height / i.height)) for i in flat[1:])]
    assert joined.size == (sum(widths), height)
    assert joined.crop((0, 0, widths[0], height)).tobytes() == flat[0].tobytes()


@given(st.integers(0, 50), st.integers(1, 9), st.integers(1, 9))
def test_a_cell_of_a_mask_is_on_where_any_of_it_is_white(
    seed: int, rows: int, columns: int
) -> None:
    levels = np.where(np.random.default_rng(seed).random((rows * 4, columns * 4)) > 0.95, 255, 90)
    cells = mask_cells(Image.fromarray(levels.astype(np.uint8)), rows, columns)
    expected = (levels.reshape(rows, 4, columns, 4) > 127).any(axis=(1, 3))
    assert cells.shape == (1, 1, rows, columns)
    assert (cells[0, 0].numpy() == expected).all()


@given(sides, sides)
def test_a_strip_is_refused_beyond_its_limit_only(width: int, height: int) -> None:
    short, long = sorted((width, height))
    assert is_strip((width, height)) == (long > LONGEST * short)
    if long <= LONGEST_STRIP * short:
        check_shape((width, height), "top")
        return
    with pytest.raises(InvalidInput, match=f"{width}×{height}") as caught:
        check_shape((width, height), "top")
    assert caught.value.field == "top"


@given(st.integers(100, 2_000), st.integers(100, 2_000), st.floats(0.2, 3))
def test_a_mask_of_the_shape_of_its_picture_may_have_any_size(
    width: int, height: int, scale: float
) -> None:
    size = round(width * scale), round(height * scale)
    assume(min(size) >= 100)
    check_mask(size, (width, height))
    with pytest.raises(InvalidInput, match="same shape") as caught:
        check_mask((size[0], round(size[1] * 1.2)), (width, height))
    assert caught.value.field == "mask"


def embedding(count: int) -> tuple[torch.Tensor, ...]:
    return (torch.zeros(count),)  # four bytes a number


def test_the_least_recently_used_embedding_goes_first() -> None:
    cache = EmbeddingCache(limit=4 * 30)
    for key in "abc":
        cache.get(key, lambda: embedding(10))
    cache.get("a", lambda: embedding(10))
    cache.get("d", lambda: embedding(10))
    assert cache.encoded == 4
    for key in "acd":
        cache.get(key, lambda: embedding(10))
    assert cache.encoded == 4, "only b was dropped"
    cache.get("b", lambda: embedding(10))
    assert cache.encoded == 5


def test_an_embedding_over_the_limit_is_kept_alone_and_a_cleared_cache_is_empty() -> None:
    cache = EmbeddingCache(limit=8)
    first = cache.get("large", lambda: embedding(100))
    assert cache.get("large", lambda: embedding(1)) is first
    cache.clear()
    assert cache.get("large", lambda: embedding(1))[0].numel() == 1


@pytest.mark.parametrize(
    ("family", "mode"), [(family, mode) for family, item in FAMILIES.items() for mode in item.modes]
)
def test_a_request_takes_what_the_mode_supports_and_nothing_else(family: str, mode: str) -> None:
    supported = FAMILIES[family].modes[mode].parameters
    image = noise(8, 8)
    everything = {
        "width": 64, "height": 32, "num_inference_steps": 3, "prompt": "a", "negative_prompt": "b",
        "guidance_scale": 2.0, "true_cfg_scale": 3.0, "clip_skip": 1, "max_sequence_length": 77,
        "sampler": "euler", "strength": 0.25, "image": image, "mask": image.convert("L"),
        "seed": 99, "mode": "other", "unknown": 1,
    }  # fmt: skip
    request = RenderRequest.of(mode, everything, supported, seed=5, report=print)
    assert (request.mode, request.seed) == (mode, 5)
    plain = RenderRequest(mode, 5, print, 64, 32, 3)
    for name in everything.keys() - {"seed", "mode", "unknown"}:
        expected = everything[name] if name in supported else getattr(plain, name)
        assert getattr(request, name) == expected, name
    if "image" in supported:
        assert request.picture is image
        assert request.references == [image]
    empty = RenderRequest.of(mode, {**everything, "sampler": None}, supported, seed=5, report=print)
    assert empty.sampler is None
