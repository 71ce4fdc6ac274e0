"""Metadata as other tools write it: read from their files, and kept when a file is stored anew."""

import json
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from core.store.exif import metadata_options
from core.store.foreign import generation_of
from core.store.metadata import NAMES, read_metadata, texts_of
from core.store.png import encode_png

PICTURE = Image.new("RGB", (8, 8), "red")
A1111 = (
    "a red house, (night:1.2)\nNegative prompt: blur\n"
    "Steps: 20, Sampler: Euler a, CFG scale: 7.5, Seed: 9, Size: 512x768, Model: dream"
)
GRAPH = {
    "3": {
        "class_type": "KSampler",
        "inputs": {
            "seed": 9,
            "steps": 20,
            "cfg": 7.5,
            "sampler_name": "euler",
            "positive": ["6", 0],
            "negative": ["7", 0],
        },
    },
    "6": {"class_type": "ControlNetApply", "inputs": {"conditioning": ["8", 0]}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "blur"}},
    "8": {"class_type": "CLIPTextEncode", "inputs": {"text": "a red house", "clip": ["4", 1]}},
}
SWARM = {
    "sui_image_params": {
        "prompt": "a red house",
        "negativeprompt": "blur",
        "steps": 20,
        "cfgscale": 7.5,
        "seed": 9,
        "width": 512,
        "height": 768,
        "model": "dream",
    }
}
INVOKE = {
    "positive_prompt": "a red house",
    "negative_prompt": "blur",
    "steps": 20,
    "cfg_scale": 7.5,
    "seed": 9,
    "model": {"name": "dream", "hash": "blake3:0"},
}
NOVEL = {"prompt": "a red house", "uc": "blur", "steps": 20, "scale": 7.5, "seed": 9}
FOOOCUS = {
    "prompt": "a red house",
    "negative_prompt": "blur",
    "steps": 20,
    "guidance_scale": 7.5,
    "seed": "9",
    "base_model": "dream",
}
TOOLS: dict[str, dict[str, str]] = {
    "a1111": {"parameters": A1111},
    "comfyui": {"prompt": json.dumps(GRAPH), "workflow": '{"nodes": [NaN]}'},
    "swarmui": {"parameters": json.dumps(SWARM)},
    "invokeai": {"invokeai_metadata": json.dumps(INVOKE), "invokeai_graph": "{}"},
    "novelai": {
        "Title": "AI generated image",
        "Software": "NovelAI",
        "Source": "NovelAI Diffusion V4",
        "Description": "a red house",
        "Comment": json.dumps(NOVEL),
    },
    "fooocus": {"parameters": json.dumps(FOOOCUS), "fooocus_scheme": "fooocus"},
}


@pytest.mark.parametrize("tool", TOOLS)
def test_a_file_of_each_tool_gives_its_source_its_texts_and_its_generation(tool: str) -> None:
    metadata = read_metadata(encode_png(PICTURE, TOOLS[tool]))
    assert metadata["source"] == tool
    assert texts_of(metadata) == TOOLS[tool]
    generation = metadata["generation"]
    assert generation["prompt"].startswith("a red house")
    assert generation["negative_prompt"] == "blur"
    wanted = {"Steps": "20", "CFG scale": "7.5", "Seed": "9"}
    assert generation["settings"].items() >= wanted.items()


@pytest.mark.parametrize("tool", TOOLS)
def test_a_file_that_is_written_anew_says_the_same(tool: str) -> None:
    metadata = read_metadata(encode_png(PICTURE, TOOLS[tool]))
    again = encode_png(PICTURE, texts_of(metadata))
    assert read_metadata(again) == metadata
    for form in ("JPEG", "WEBP"):
        options, omitted = metadata_options(texts_of(metadata))
        assert omitted == []
        buffer = BytesIO()
        PICTURE.save(buffer, form, **options)
        assert read_metadata(buffer.getvalue()) == metadata


def test_a_webp_of_comfyui_is_read() -> None:
    exif = Image.Exif()
    exif[0x0110] = f"prompt:{json.dumps(GRAPH)}"
    exif[0x010F] = 'Workflow:{"nodes": []}'
    buffer = BytesIO()
    PICTURE.save(buffer, "WEBP", exif=exif)
    metadata = read_metadata(buffer.getvalue())
    assert metadata["source"] == "comfyui"
    assert metadata["texts"]["workflow"] == '{"nodes": []}'
    assert metadata["generation"]["prompt"] == "a red house"


def test_a_gif_with_an_infotext_is_read_and_other_comments_are_not() -> None:
    for comment, source in ((A1111, "a1111"), ("Created with a painting program", None)):
        buffer = BytesIO()
        PICTURE.save(buffer, "GIF", comment=comment.encode())
        assert read_metadata(buffer.getvalue()).get("source") == source


@pytest.mark.parametrize(
    "texts",
    [
        {"Comment": "Created with GIMP"},
        {"Title": "Beach", "Software": "Adobe ImageReady", "Description": "Holidays"},
    ],
)
def test_texts_of_ordinary_programs_are_no_generation(texts: dict[str, str]) -> None:
    assert read_metadata(encode_png(PICTURE, texts)) == {}


@pytest.mark.parametrize("form", ["JPEG", "WEBP"])
def test_a_photo_with_names_of_its_camera_and_a_comment_is_no_generation(form: str) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Canon", "EOS 5D"
    exif.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0Screenshot"
    buffer = BytesIO()
    PICTURE.save(buffer, form, exif=exif)
    assert read_metadata(buffer.getvalue()) == {}


json_texts = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=9,
).map(json.dumps)


def damaged(graph: Any) -> Any:
    """A graph whose links lead in a circle or nowhere."""
    return {
        "a": {"inputs": {"positive": ["b", 0], "negative": ["none", 0], "steps": graph}},
        "b": {"inputs": {"text": ["c", 0]}},
        "c": {"inputs": {"text": ["b", 0]}},
    }


def test_a_graph_of_circles_ends() -> None:
    assert generation_of("comfyui", None, {"prompt": json.dumps(damaged([]))}) is None


@given(st.sampled_from([*TOOLS, None]), json_texts | st.text(max_size=50))
def test_no_text_breaks_the_reading(source: str | None, text: str) -> None:
    generation_of(source, text, dict.fromkeys(NAMES, text))
    wrapped = json.dumps({"sui_image_params": text, "a": {"inputs": {"positive": text}}})
    generation_of(source, wrapped, dict.fromkeys(NAMES, wrapped))
