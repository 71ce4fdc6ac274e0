"""Prompts: text encoders, guidance, references, and prompts made of others."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from core.operations.declaration.fields import TEXT_MAX
from core.workflows.comfy.reading import NodeType, Reading
from core.workflows.comfy.values import ClipValue, Conditioning, ImageValue, LatentValue

_EMBEDDING = re.compile(r"\bembedding:", re.IGNORECASE)
GUIDANCE_MAX = 30.0


def text(*names: str) -> Any:
    """A reader of the first text among some inputs; a note where others say something else."""

    def read(r: Reading) -> tuple[Any, ...]:
        texts = [given for name in names if (given := r.text(name).strip())]
        first = texts[0] if texts else ""
        if any(other != first for other in texts):
            r.note("The text encoders get one prompt; the longest of their texts is kept.")
            first = max(texts, key=len)
        return (_prompt(r, first),)

    return read


def flux(r: Reading) -> tuple[Any, ...]:
    """Two texts and the guidance of a distilled model."""
    (prompt,) = text("t5xxl", "clip_l")(r)
    return (replace(prompt, guidance=r.number("guidance", 3.5, 0, GUIDANCE_MAX), flow=True),)


def stable_diffusion_3(r: Reading) -> tuple[Any, ...]:
    """Three texts of a flow model."""
    (prompt,) = text("t5xxl", "clip_g", "clip_l")(r)
    return (replace(prompt, flow=True),)


def refiner(r: Reading) -> tuple[Any, ...]:
    """A text and an aesthetic score."""
    if r.number("ascore", 6.0, 0, 1000) not in (6.0, 2.5):
        r.note("The aesthetic score is the model's own.")
    return (_prompt(r, r.text("text").strip()),)


def edit(r: Reading) -> tuple[Any, ...]:
    """An instruction with the images that it is about."""
    images = [r.find(name, ImageValue) for name in ("image", "image1", "image2", "image3")]
    prompt = _prompt(r, r.text("prompt").strip())
    return (replace(prompt, references=tuple(filter(None, images)), flow=True),)


def guidance(r: Reading) -> tuple[Any, ...]:
    """The guidance of a distilled model."""
    value = r.number("guidance", 3.5, 0, GUIDANCE_MAX)
    return (replace(r.prompt("conditioning"), guidance=value, flow=True),)


def zeroed(r: Reading) -> tuple[Any, ...]:
    """A prompt without words."""
    return (replace(r.prompt("conditioning"), text="", zeroed=True),)


def joined(r: Reading) -> tuple[Any, ...]:
    """Two prompts as one."""
    names = ("conditioning_1", "conditioning_2", "conditioning_to", "conditioning_from")
    prompts = [prompt for name in names if (prompt := r.find(name, Conditioning))]
    if not prompts:
        return (Conditioning(),)
    r.note("Both texts stand in one prompt, separated by a comma.")
    texts = dict.fromkeys(prompt.text for prompt in prompts if prompt.text)
    return (replace(prompts[0], text=", ".join(texts)[:TEXT_MAX], zeroed=False),)


def reference(r: Reading) -> tuple[Any, ...]:
    """A prompt about an image."""
    prompt, latent = r.prompt("conditioning"), r.find("latent", LatentValue)
    if latent is None or latent.image is None:
        return (prompt,)
    return (replace(prompt, references=(*prompt.references, latent.image), flow=True),)


def constant(r: Reading) -> tuple[Any, ...]:
    """A value for the inputs of other nodes."""
    return (r.value("value"),)


def _prompt(r: Reading, words: str) -> Conditioning:
    if _EMBEDDING.search(words):
        r.note("Embeddings are not loaded: their names stay in the text.")
    if len(words) > TEXT_MAX:
        r.note(f"The prompt is cut to {TEXT_MAX} characters.")
    clip = r.find("clip", ClipValue) or ClipValue()
    return Conditioning(words[:TEXT_MAX], skip=clip.skip, flow=clip.flow)


_SIZES = ("width", "height", "crop_w", "crop_h", "target_width", "target_height")
NODES = (
    NodeType("CLIPTextEncode", "Prompt", text("text"), ("text",)),
    NodeType(
        "CLIPTextEncodeSDXL", "Prompt", text("text_g", "text_l"), (*_SIZES, "text_g", "text_l")
    ),
    NodeType("CLIPTextEncodeSDXLRefiner", "Prompt", refiner, ("ascore", "width", "height", "text")),
    NodeType(
        "CLIPTextEncodeSD3",
        "Prompt",
        stable_diffusion_3,
        ("clip_l", "clip_g", "t5xxl", "empty_padding"),
    ),
    NodeType("CLIPTextEncodeFlux", "Prompt, guidance", flux, ("clip_l", "t5xxl", "guidance")),
    NodeType(
        "CLIPTextEncodeHiDream",
        "Prompt",
        stable_diffusion_3,
        ("clip_l", "clip_g", "t5xxl", "llama"),
    ),
    NodeType(
        "CLIPTextEncodeLumina2", "Prompt", text("user_prompt"), ("system_prompt", "user_prompt")
    ),
    NodeType("TextEncodeQwenImageEdit", "Prompt, images of Edit", edit, ("prompt",)),
    NodeType("TextEncodeQwenImageEditPlus", "Prompt, images of Edit", edit, ("prompt",)),
    NodeType("FluxGuidance", "Guidance (CFG)", guidance, ("guidance",)),
    NodeType("ConditioningZeroOut", "No negative prompt", zeroed),
    NodeType("ConditioningCombine", "Prompt", joined),
    NodeType("ConditioningConcat", "Prompt", joined),
    NodeType("ConditioningAverage", "Prompt", joined, ("conditioning_to_strength",)),
    NodeType("ReferenceLatent", "Image of Edit", reference),
    NodeType("PrimitiveInt", "Value of a field", constant, ("value",)),
    NodeType("PrimitiveFloat", "Value of a field", constant, ("value",)),
    NodeType("PrimitiveString", "Value of a field", constant, ("value",)),
    NodeType("PrimitiveStringMultiline", "Value of a field", constant, ("value",)),
    NodeType("PrimitiveBoolean", "Value of a field", constant, ("value",)),
)
