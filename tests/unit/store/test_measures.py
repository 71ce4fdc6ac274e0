"""Measures of pixels, against values computed by hand."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from core.errors import BadUpload
from core.store.decoding.likeness import distance, likeness_of
from core.store.decoding.measures import exposure, measure, sharpness


def drawing(shift: int = 0) -> Image.Image:
    image = Image.new("L", (128, 96), 200)
    draw = ImageDraw.Draw(image)
    draw.ellipse((20 + shift, 20, 70 + shift, 70), fill=40)
    draw.rectangle((80, 50, 120, 90), fill=90)
    return image


def test_the_laplacian_of_one_bright_pixel_has_the_variance_of_the_formula() -> None:
    pixels = np.zeros((5, 5), dtype=np.uint8)
    pixels[2, 2] = 10
    values = [0, 10, 0, 10, -40, 10, 0, 10, 0]  # the 3 × 3 interior
    assert sharpness(Image.fromarray(pixels)) == round(float(np.var(values)), 2)


def test_a_flat_image_has_no_sharpness_and_blur_lowers_it() -> None:
    assert sharpness(Image.new("L", (9, 9), 77)) == 0
    sharp, soft = drawing(), drawing().filter(ImageFilter.GaussianBlur(3))
    assert sharpness(soft) < sharpness(sharp) / 10


def test_exposure_counts_levels() -> None:
    pixels = np.array([[0, 0], [255, 85]], dtype=np.uint8)
    measured = exposure(Image.fromarray(pixels))
    assert measured == {
        "brightness": round(340 / 4 / 255, 4),
        "contrast": round(float(pixels.std()) / 255, 4),
        "black": 0.5,
        "white": 0.25,
    }


def test_the_distance_of_hashes_counts_bits_unless_the_colours_differ() -> None:
    original = likeness_of(drawing().convert("RGB"))
    scaled = likeness_of(drawing().resize((400, 300)).convert("RGB"))
    near = distance(original, scaled)
    assert near is not None
    assert near <= 4
    assert distance(f"{0x0F:016x}808080", f"{0:016x}809880") == 4
    assert distance(f"{0:016x}808080", f"{0:016x}809980") is None


def test_a_transparent_image_is_measured_on_white(tmp_path: Path) -> None:
    Image.new("RGBA", (32, 32), (0, 0, 0, 0)).save(tmp_path / "a.png")
    assert measure(tmp_path / "a.png")["white"] == 1


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\n", b"GIF89a"])
def test_a_damaged_image_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(BadUpload):
        measure(tmp_path / "a.png")
