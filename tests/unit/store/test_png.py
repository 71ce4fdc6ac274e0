"""PNG files carry metadata, and reading it back is safe."""

import json
import struct
import zlib
from io import BytesIO
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from core.store.json_text import read_json
from core.store.metadata import TEXT_LIMIT, read_metadata
from core.store.png import a1111_parameters, encode_png, image_metadata

PICTURE = Image.new("RGB", (4, 3), "red")
SNAPSHOT: dict[str, Any] = {
    "operation": "generate",
    "params": {
        "prompt": "a red house, at night",
        "negative_prompt": "",
        "num_inference_steps": 8,
        "guidance_scale": 3.0,
    },
    "model": {"id": "nano", "fingerprint": "0123456789abcdef"},
    "scheduler": "Euler",
    "versions": {"qpyt": "0.1"},
}
any_text = st.text(st.characters(), max_size=300)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=10,
)


def chunk(name: bytes, content: bytes) -> bytes:
    return (
        struct.pack(">I", len(content))
        + name
        + content
        + struct.pack(">I", zlib.crc32(name + content))
    )


def with_chunks(*extra: bytes) -> bytes:
    """A whole image with more chunks after its header."""
    plain = encode_png(PICTURE)
    return plain[:33] + b"".join(extra) + plain[33:]


@given(any_text)
def test_a_text_comes_back_without_what_png_cannot_hold(text: str) -> None:
    kept = text.replace("\0", "").encode("utf-8", "replace").decode()
    metadata = read_metadata(encode_png(PICTURE, {"parameters": text}))
    assert metadata["parameters"] == kept


@given(any_text)
def test_pillow_reads_the_same_text(text: str) -> None:
    kept = text.replace("\0", "").encode("utf-8", "replace").decode()
    with Image.open(BytesIO(encode_png(PICTURE, {"parameters": text}))) as image:
        image.load()
        assert image.info["parameters"] == kept


@given(st.dictionaries(st.text(max_size=9), json_values, max_size=4))
def test_a_snapshot_comes_back_exactly(extra: dict[str, Any]) -> None:
    snapshot = {**extra, **SNAPSHOT}
    try:
        json.dumps(snapshot, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return  # lone surrogates in a key: dropped as a whole, see below
    metadata = read_metadata(encode_png(PICTURE, image_metadata(snapshot, 7, (4, 3))))
    assert metadata["qpyt"] == {**snapshot, "image_seed": 7}
    assert metadata["source"] == "qpyt"


def test_parameters_speak_the_words_of_other_tools() -> None:
    assert a1111_parameters(SNAPSHOT, 7, (128, 96)) == (
        "a red house, at night\nSteps: 8, Sampler: Euler, CFG scale: 3.0, Seed: 7, Size: 128x96, "
        "Model hash: 0123456789, Model: nano, Version: Qpyt Studio 0.1"
    )


def test_the_sampler_and_skipped_layers_are_named_as_other_tools_name_them() -> None:
    snapshot = {
        **SNAPSHOT,
        "params": {**SNAPSHOT["params"], "sampler": "dpmpp_2m_karras", "clip_skip": 1},
        "sampler": "DPM++ 2M Karras",
    }
    infotext = a1111_parameters(snapshot, 7, (4, 3)) or ""
    assert "Sampler: DPM++ 2M Karras," in infotext
    assert "Clip skip: 2," in infotext


def test_a_finisher_is_named_as_other_tools_name_an_upscaler() -> None:
    finished = {**SNAPSHOT, "finisher": {"file": "finisher.onnx", "drawn": [128, 128]}}
    infotext = a1111_parameters(finished, 7, (512, 512)) or ""
    assert "Size: 512x512," in infotext
    assert "Postprocess upscaler: finisher.onnx," in infotext


def test_what_drew_nothing_claims_no_model_sampler_or_seed() -> None:
    cut_out = {"operation": "rembg", "params": {"model": "nano"}, "versions": {"qpyt": "0.1"}}
    assert a1111_parameters(cut_out, None, (4, 3)) is None
    assert image_metadata(cut_out, None, (4, 3)).keys() == {"qpyt"}
    larger = {**cut_out, "history": [SNAPSHOT]}
    assert image_metadata(larger, None, (4, 3), "an owl\nSteps: 8")["parameters"] == (
        "an owl\nSteps: 8"
    ), "other tools read how its input was drawn"
    drawn_anew = {**SNAPSHOT, "history": [SNAPSHOT]}
    texts = image_metadata(drawn_anew, 9, (4, 3), "an owl\nSteps: 8")
    assert "Seed: 9" in texts["parameters"]


def test_generation_is_read_from_parameters() -> None:
    parameters = a1111_parameters(SNAPSHOT, 7, (4, 3))
    assert parameters is not None
    metadata = read_metadata(encode_png(PICTURE, {"parameters": parameters}))
    assert metadata["source"] == "a1111"
    assert metadata["generation"]["prompt"] == "a red house, at night"
    assert metadata["generation"]["settings"]["Seed"] == "7"


def test_a_compressed_bomb_is_left_out_and_named() -> None:
    bomb = zlib.compress(b"a" * (50 << 20))
    itxt = chunk(b"iTXt", b"workflow\0\1\0\0\0" + bomb)
    ztxt = chunk(b"zTXt", b"parameters\0\0" + bomb)
    metadata = read_metadata(with_chunks(itxt, ztxt))
    assert metadata == {"omitted": ["workflow", "parameters"]}


def test_many_texts_stay_within_the_total() -> None:
    names = ("workflow", "prompt", "Comment", "Description", "Dream")
    full = [chunk(b"tEXt", name.encode() + b"\0" + b"x" * (TEXT_LIMIT - 100)) for name in names]
    metadata = read_metadata(with_chunks(*full))
    assert len(metadata["texts"]) == 2
    assert len(metadata["omitted"]) == 3


def test_unknown_names_are_not_copied() -> None:
    info = PngInfo()
    info.add_text("secret", "x")
    info.add_text("workflow", "{}")
    buffer = BytesIO()
    PICTURE.save(buffer, "PNG", pnginfo=info)
    assert read_metadata(buffer.getvalue()) == {"source": "comfyui", "texts": {"workflow": "{}"}}


@pytest.mark.parametrize(
    "bad", ["", "{", "[" * 100_000, '{"a": "\\ud800"}', "9" * 10_000, "nul", '"\\ud800"']
)
def test_bad_json_is_none(bad: str) -> None:
    assert read_json(bad) is None


def test_numbers_that_are_not_json_become_null() -> None:
    assert read_json('{"a": NaN, "b": [Infinity, 1e999, 1.5]}') == {
        "a": None,
        "b": [None, None, 1.5],
    }


@pytest.mark.parametrize("order", ["utf-16-be", "utf-16-le"])
@pytest.mark.parametrize("form", ["JPEG", "WEBP"])
def test_the_comment_of_jpeg_and_webp_is_read(form: str, order: str) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9286] = (
        b"UNICODE\0" + "ein Haus, é\nSteps: 8, Seed: 7, Size: 4x3".encode(order)
    )
    buffer = BytesIO()
    PICTURE.save(buffer, form, exif=exif)
    metadata = read_metadata(buffer.getvalue())
    assert metadata["generation"]["prompt"] == "ein Haus, é"
    assert metadata["generation"]["settings"]["Seed"] == "7"


@given(st.binary(max_size=400), st.integers(0, 400))
def test_reading_never_fails_on_damage(noise: bytes, position: int) -> None:
    whole = encode_png(PICTURE, image_metadata(SNAPSHOT, 7, (4, 3)))
    read_metadata(whole[:position] + noise + whole[position + len(noise) :])
    read_metadata(noise)


def test_a_photo_takes_fewer_bytes_than_by_the_usual_compression() -> None:
    random = Random(0)
    pixels = bytes(
        (x + 2 * y) // 3 + channel * 20 + random.randrange(8)
        for y in range(96)
        for x in range(128)
        for channel in range(3)
    )
    photo, usual = Image.frombytes("RGB", (128, 96), pixels), BytesIO()
    photo.save(usual, "PNG", compress_level=1)
    encoded = encode_png(photo)
    assert len(encoded) < 0.95 * len(usual.getvalue())
    with Image.open(BytesIO(encoded)) as image:
        assert image.tobytes() == pixels
