"""Saved files: their pixels, and the metadata that is read back from them."""

import json
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from core.errors import InvalidInput
from core.pictures.formats import ENDINGS, Encoded, Format, encode
from core.store.limits import UploadLimits
from core.store.metadata import read_metadata
from core.store.png import encode_png, image_metadata
from core.store.uploads import decode_upload
from tests.unit.pictures.making import noise

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200).map(str.strip)


def snapshot(prompt: str) -> dict[str, Any]:
    """The snapshot of a generated image."""
    return {"operation": "generate", "params": {"prompt": prompt, "seed": 7}, "versions": {}}


def saved(png: bytes, form: Format, metadata: bool = True, **options: Any) -> Encoded:
    """The file that `save` would write."""
    stored = read_metadata(png) if metadata else None
    return encode(png, form, **{"quality": 90, "lossless": False, **options}, metadata=stored)


@given(texts, st.sampled_from(sorted(ENDINGS)))
def test_metadata_is_read_back_from_every_format(prompt: str, form: Format) -> None:
    image = noise(8, 8)
    png = encode_png(image, image_metadata(snapshot(prompt), 7, image.size))
    encoded = read_metadata(saved(png, form).data)
    assert encoded["qpyt"]["params"]["prompt"] == prompt
    assert encoded["qpyt"]["image_seed"] == 7
    assert encoded["parameters"] == read_metadata(png)["parameters"]
    assert decode_upload(saved(png, form).data, UploadLimits()).metadata["qpyt"] == encoded["qpyt"]


@pytest.mark.parametrize("form", ENDINGS)
def test_without_metadata_a_file_says_nothing(form: Format) -> None:
    png = encode_png(noise(8, 8), image_metadata(snapshot("a secret owl"), 7, (8, 8)))
    data = saved(png, form, metadata=False).data
    assert read_metadata(data) == {}
    assert b"secret" not in data
    assert "secret".encode("utf-16-be") not in data


def test_png_and_lossless_webp_keep_every_pixel() -> None:
    image = noise(31, 17, "RGBA")
    for encoded in (
        saved(encode_png(image), "png"),
        saved(encode_png(image), "png", metadata=False),
        saved(encode_png(image), "webp", lossless=True),
    ):
        assert Image.open(BytesIO(encoded.data)).convert("RGBA").tobytes() == image.tobytes()
        assert encoded.lost == {}


def test_jpeg_lays_transparency_on_white_and_says_so() -> None:
    image = Image.new("RGBA", (16, 16), (255, 0, 0, 0))
    encoded = saved(encode_png(image), "jpeg")
    assert Image.open(BytesIO(encoded.data)).getpixel((8, 8)) == (255, 255, 255)
    assert "transparency_dropped" in encoded.lost


def test_a_higher_quality_takes_more_bytes() -> None:
    png = encode_png(noise(64, 64))
    for form in ("jpeg", "webp"):
        assert len(saved(png, form, quality=20).data) < len(saved(png, form, quality=95).data)


def test_metadata_too_long_for_the_format_is_dropped_with_a_warning() -> None:
    infotext = "p\nSteps: 8, Seed: 7, Size: 8x8"
    long = json.dumps(snapshot("x" * 70_000))
    encoded = saved(encode_png(noise(8, 8), {"qpyt": long, "parameters": infotext}), "jpeg")
    assert "metadata_dropped" in encoded.lost
    assert read_metadata(encoded.data)["parameters"] == infotext


@pytest.mark.parametrize("form", ["jpeg", "webp"])
def test_a_history_too_long_for_the_format_loses_its_middle_first(form: Format) -> None:
    steps = [snapshot(f"{number}" + "x" * 9_000) for number in range(10)]
    long = {**snapshot("the last"), "history": steps}
    encoded = saved(encode_png(noise(8, 8), {"qpyt": json.dumps(long)}), form)
    read = read_metadata(encoded.data)["qpyt"]
    assert read["params"]["prompt"] == "the last"
    assert (read["history"][0], read["history"][-1]) == (steps[0], steps[-1])
    assert "metadata_dropped" in encoded.lost


def test_an_image_too_large_for_webp_is_refused_by_field() -> None:
    with pytest.raises(InvalidInput) as caught:
        saved(encode_png(Image.new("RGB", (16_400, 1))), "webp")
    assert caught.value.field == "format"
