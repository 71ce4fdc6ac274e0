"""Each dialect restores a set-up: prompts, settings, model and LoRAs by name or hash."""

import gzip
import json
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from core.operations.declaration import registry as declarations
from core.store.limits import UploadLimits
from core.store.metadata import read_metadata
from core.store.png import encode_png
from core.store.stealth import MAX_BYTES, hidden_texts
from core.store.uploads import decode_upload
from core.workflows.comfy.model_files import UncheckedFiles
from core.workflows.importing import import_metadata

REGISTRY = declarations.load()
PICTURE = Image.new("RGB", (8, 8), "red")
LORA = {"name": "ink", "weight": 0.8}
NOVELAI = {
    "Title": "AI generated image",
    "Description": "a red house",
    "Software": "NovelAI",
    "Source": "NovelAI Diffusion V4 37442FCA",
    "Comment": json.dumps(
        {
            "prompt": "a red house",
            "uc": "blur",
            "steps": 20,
            "sampler": "k_dpmpp_2m",
            "noise_schedule": "karras",
            "scale": 7.5,
            "seed": 9,
            "width": 832,
            "height": 1216,
        }
    ),
}
A1111 = (
    "a red house <lora:ink:0.8>\nNegative prompt: blur\nSteps: 20, Sampler: DPM++ 2M, "
    "Schedule type: Karras, CFG scale: 7.5, Seed: 9, Size: 832x1216, Model hash: 31e35c80fc, "
    'Model: dream, Clip skip: 2, Lora hashes: "ink: 0123456789ab", Version: v1.10.1'
)
SWARMUI = {
    "sui_image_params": {
        "prompt": "a red house",
        "negativeprompt": "blur",
        "model": "SDXL/dream",
        "steps": 20,
        "cfgscale": 7.5,
        "seed": 9,
        "width": 832,
        "height": 1216,
        "sampler": "dpmpp_2m",
        "scheduler": "karras",
        "loras": ["styles/ink"],
        "loraweights": ["0.8"],
    },
    "sui_models": [{"name": "SDXL/dream.safetensors", "param": "model", "hash": "0x31e35c80fc"}],
}
INVOKEAI = {
    "positive_prompt": "a red house",
    "negative_prompt": "blur",
    "steps": 20,
    "cfg_scale": 7.5,
    "seed": 9,
    "width": 832,
    "height": 1216,
    "scheduler": "dpmpp_2m_k",
    "model": {"key": "k", "hash": "blake3:31e35c80fc", "name": "dream", "base": "sdxl"},
    "loras": [{"model": {"name": "ink", "hash": "blake3:0"}, "weight": 0.8}],
}
FOOOCUS = {
    "prompt": "a red house",
    "negative_prompt": "blur",
    "steps": 20,
    "guidance_scale": 7.5,
    "seed": "9",
    "resolution": "(832, 1216)",
    "sampler": "dpmpp_2m",
    "scheduler": "karras",
    "base_model": "dream",
    "base_model_hash": "31e35c80fc",
    "loras": [["ink", 0.8, "0123456789"]],
}
FILES: dict[str, dict[str, str]] = {
    "a1111": {"parameters": A1111},
    "swarmui": {"parameters": json.dumps(SWARMUI)},
    "invokeai": {"invokeai_metadata": json.dumps(INVOKEAI)},
    "fooocus": {"parameters": json.dumps(FOOOCUS), "fooocus_scheme": "fooocus"},
    "fooocus in EXIF": {"parameters": json.dumps(FOOOCUS)},
    "novelai": NOVELAI,
}


def props(metadata: dict[str, Any]) -> dict[str, Any]:
    workflow = import_metadata(metadata, REGISTRY, UncheckedFiles()).workflow
    return {brick.type: brick.props for brick in workflow.bricks}


@pytest.mark.parametrize("tool", FILES)
def test_a_dialect_restores_its_whole_set_up(tool: str) -> None:
    metadata = read_metadata(encode_png(PICTURE, FILES[tool]))
    assert metadata["source"] == tool.partition(" ")[0]
    wall = props(metadata)
    assert wall["prompt"] == {"prompt": "a red house", "negative_prompt": "blur"}
    assert wall["settings"] == {"width": 832, "height": 1216, "seed": 9}
    generate = wall["generate"]
    assert (generate["num_inference_steps"], generate["guidance_scale"]) == (20, 7.5)
    assert generate["sampler"] == "dpmpp_2m_karras"
    if tool != "novelai":
        assert generate["model"] == "dream"
        assert wall["lora_stack"]["loras"] == [LORA]


def test_a_model_is_looked_up_by_name_and_by_the_hash_of_its_file() -> None:
    asked: list[tuple[str, str, str]] = []

    class Files(UncheckedFiles):
        def find(self, kind: Any, name: str, digest: str = "") -> Any:
            asked.append((kind, name, digest))
            return super().find(kind, name, digest)

    for tool in ("a1111", "swarmui", "fooocus"):
        asked.clear()
        metadata = read_metadata(encode_png(PICTURE, FILES[tool]))
        import_metadata(metadata, REGISTRY, Files())
        digests = [digest for kind, name, digest in asked if kind == "model" and "dream" in name]
        assert digests == ["31e35c80fc"]


def test_older_files_of_invokeai_are_read() -> None:
    record = {
        "model_weights": "dream",
        "image": {
            "prompt": [{"prompt": "a red house", "weight": 1}],
            "steps": 20,
            "cfg_scale": 7.5,
            "seed": 9,
            "width": 832,
            "height": 1216,
            "sampler": "k_lms",
        },
    }
    line = '"a red house" -s 20 -S 9 -W 832 -H 1216 -C 7.5 -A k_lms'
    for texts in ({"sd-metadata": json.dumps(record)}, {"Dream": line}):
        wall = props(read_metadata(encode_png(PICTURE, texts)))
        assert wall["prompt"]["prompt"] == "a red house"
        assert wall["settings"] == {"width": 832, "height": 1216, "seed": 9}
        assert wall["generate"]["sampler"] == "lms"


def test_a_flux_image_of_forge_restores_its_distilled_guidance() -> None:
    text = (
        "a house\nSteps: 20, Sampler: Euler, Schedule type: Simple, CFG scale: 1, "
        "Distilled CFG Scale: 3.5, Seed: 9, Size: 512x512"
    )
    generate = props(read_metadata(encode_png(PICTURE, {"parameters": text})))["generate"]
    assert generate == {"num_inference_steps": 20, "guidance_scale": 3.5}


def hiding(mark: bytes, content: bytes, mode: str = "RGBA") -> Image.Image:
    """An image with a text in the lowest bits of its columns."""
    data = mark + (8 * len(content)).to_bytes(4, "big") + content
    bits = [byte >> place & 1 for byte in data for place in range(7, -1, -1)]
    image = Image.new(mode, (64, 96), "teal")
    bands = [3] if mode == "RGBA" else [0, 1, 2]
    pixels: Any = image.load()
    for place, bit in enumerate(bits):
        pixel, band = divmod(place, len(bands))
        column, row = divmod(pixel, image.height)
        values = list(pixels[column, row])
        values[bands[band]] = values[bands[band]] & 0xFE | bit
        pixels[column, row] = tuple(values)
    return image


@pytest.mark.parametrize(
    ("mark", "mode"),
    [
        (b"stealth_pnginfo", "RGBA"),
        (b"stealth_pngcomp", "RGBA"),
        (b"stealth_rgbinfo", "RGB"),
        (b"stealth_rgbcomp", "RGB"),
    ],
)
@pytest.mark.parametrize(("tool", "text"), [("novelai", json.dumps(NOVELAI)), ("a1111", A1111)])
def test_metadata_in_the_pixels_is_read_with_an_upload(
    mark: bytes, mode: str, tool: str, text: str
) -> None:
    content = gzip.compress(text.encode()) if mark.endswith(b"comp") else text.encode()
    data = encode_png(hiding(mark, content, mode))
    assert read_metadata(data) == {}
    metadata = decode_upload(data, UploadLimits()).metadata
    assert metadata["source"] == tool
    assert props(metadata)["settings"]["seed"] == 9


@pytest.mark.parametrize(
    ("mark", "content"),
    [
        (b"stealth_pngcomp", b"not packed"),
        (b"stealth_pngcomp", gzip.compress(b"x" * (4 * MAX_BYTES))),
        (b"stealth_pnginfo", b""),
        (b"stealth_pnginfo", b"\xff\xfe{"),
        (b"stealth_nothing", b"a text"),
    ],
)
def test_damaged_hidden_metadata_is_left_out(mark: bytes, content: bytes) -> None:
    image = hiding(mark, content)
    assert sum(map(len, hidden_texts(image).values())) <= MAX_BYTES
    assert decode_upload(encode_png(image), UploadLimits()).metadata.get("qpyt") is None


def test_a_length_beyond_the_image_and_tiny_images_are_no_metadata() -> None:
    image = hiding(b"stealth_pnginfo", b"")
    image.putpixel((1, 24), (0, 128, 128, 255))  # the highest bit of the length
    assert hidden_texts(image) == {}
    for mode in ("RGBA", "RGB", "L", "P"):
        assert hidden_texts(Image.new(mode, (1, 1))) == {}


def test_fooocus_in_a_jpeg_is_read_from_its_comment() -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + json.dumps(FOOOCUS).encode("utf-16-be")
    buffer = BytesIO()
    PICTURE.save(buffer, "JPEG", exif=exif)
    assert props(read_metadata(buffer.getvalue()))["generate"]["model"] == "dream"
