"""The generation parameters in the texts of other tools, under the names of an infotext.

Only plain values are read: prompts, and the settings that this studio has a parameter for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from core.store.infotext import read_infotext
from core.store.json_text import read_json

# Names in each tool's JSON, as names of an infotext.
_SWARMUI = {
    "prompt": "prompt",
    "negativeprompt": "negative_prompt",
    "steps": "Steps",
    "sampler": "Sampler",
    "cfgscale": "CFG scale",
    "seed": "Seed",
    "model": "Model",
}
_INVOKEAI = {
    "positive_prompt": "prompt",
    "negative_prompt": "negative_prompt",
    "steps": "Steps",
    "scheduler": "Sampler",
    "cfg_scale": "CFG scale",
    "seed": "Seed",
}
_NOVELAI = {
    "prompt": "prompt",
    "uc": "negative_prompt",
    "steps": "Steps",
    "sampler": "Sampler",
    "scale": "CFG scale",
    "seed": "Seed",
}
_FOOOCUS = {
    "prompt": "prompt",
    "negative_prompt": "negative_prompt",
    "steps": "Steps",
    "sampler": "Sampler",
    "guidance_scale": "CFG scale",
    "seed": "Seed",
    "base_model": "Model",
}
_COMFYUI = {
    "steps": "Steps",
    "sampler_name": "Sampler",
    "cfg": "CFG scale",
    "seed": "Seed",
    "noise_seed": "Seed",
}
_PROMPTS = ("prompt", "negative_prompt")
_MOST_HOPS = 8  # between a sampler of ComfyUI and the node that holds its text


def generation_of(
    source: str | None, parameters: str | None, texts: Mapping[str, str]
) -> dict[str, Any] | None:
    """`prompt`, `negative_prompt` and `settings` (all text); None where the texts hold none.

    `parameters` is an infotext, or the JSON of a tool that writes it under that name.
    """
    if parameters is not None and not parameters.lstrip().startswith("{"):
        return asdict(read_infotext(parameters))
    data: Any = None
    if source == "swarmui":
        data = _object(_object(read_json(parameters or "")).get("sui_image_params"))
        return _generation(data, _SWARMUI)
    if source == "fooocus":
        return _generation(_object(read_json(parameters or "")), _FOOOCUS)
    if source == "invokeai":
        data = _object(read_json(texts.get("invokeai_metadata", "")))
        return _generation(data, _INVOKEAI, Model=_object(data.get("model")).get("name"))
    if source == "novelai":
        return _generation(_object(read_json(texts.get("Comment", ""))), _NOVELAI)
    if source == "comfyui":
        return _of_graph(_object(read_json(texts.get("prompt", ""))))
    return None


def _generation(
    data: Mapping[str, Any], names: Mapping[str, str], **more: Any
) -> dict[str, Any] | None:
    values = {ours: _text(data[theirs]) for theirs, ours in names.items() if theirs in data}
    values |= {name: _text(value) for name, value in more.items()}
    width, height = _text(data.get("width")), _text(data.get("height"))
    if width and height:
        values["Size"] = f"{width}x{height}"
    prompts = {name: values.pop(name, None) or "" for name in _PROMPTS}
    settings = {name: value for name, value in values.items() if value is not None}
    return {**prompts, "settings": settings} if any(prompts.values()) or settings else None


def _of_graph(graph: Mapping[str, Any]) -> dict[str, Any] | None:
    """Read the first sampler of a graph of ComfyUI, `{id: {class_type, inputs}}`."""
    for node in graph.values():
        inputs = _object(_object(node).get("inputs"))
        if "positive" in inputs and "steps" in inputs:
            data = {name: inputs[name] for name in _COMFYUI if name in inputs}
            texts = {
                "prompt": _prompt_at(graph, inputs["positive"]),
                "negative_prompt": _prompt_at(graph, inputs.get("negative")),
            }
            return _generation({**data, **texts}, {**_COMFYUI, **{name: name for name in _PROMPTS}})
    return None


def _prompt_at(graph: Mapping[str, Any], link: Any) -> str | None:
    """The text that a link `[id, output]` leads to, through nodes that pass it on."""
    for _ in range(_MOST_HOPS):
        if isinstance(link, str):
            return link
        if not isinstance(link, list) or not link or not isinstance(link[0], str | int):
            return None
        inputs = _object(_object(graph.get(str(link[0]))).get("inputs"))
        names = ("text", "text_g", "clip_l", "string", "value", "conditioning", "positive")
        link = next((inputs[name] for name in names if name in inputs), None)
    return None


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str | None:
    """A text or a number as text."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value)
