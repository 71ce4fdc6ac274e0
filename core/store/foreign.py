"""The generation parameters in the texts of other tools, under the names of an infotext.

Only plain values are read: prompts, and the settings that this studio has a parameter for.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
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
    "scheduler": "Schedule type",
    "fluxguidancescale": "Distilled CFG Scale",
}
_INVOKEAI = {
    "positive_prompt": "prompt",
    "negative_prompt": "negative_prompt",
    "steps": "Steps",
    "scheduler": "Sampler",
    "cfg_scale": "CFG scale",
    "guidance": "Distilled CFG Scale",
    "seed": "Seed",
}
_DREAM = {"s": "Steps", "S": "Seed", "C": "CFG scale", "A": "Sampler"}
_NOVELAI = {
    "prompt": "prompt",
    "uc": "negative_prompt",
    "steps": "Steps",
    "sampler": "Sampler",
    "scale": "CFG scale",
    "seed": "Seed",
    "noise_schedule": "Schedule type",
}
_FOOOCUS = {
    "prompt": "prompt",
    "negative_prompt": "negative_prompt",
    "steps": "Steps",
    "sampler": "Sampler",
    "guidance_scale": "CFG scale",
    "seed": "Seed",
    "scheduler": "Schedule type",
    "clip_skip": "Clip skip",
    "base_model": "Model",
    "base_model_hash": "Model hash",
}
_COMFYUI = {
    "steps": "Steps",
    "sampler_name": "Sampler",
    "scheduler": "Schedule type",
    "cfg": "CFG scale",
    "seed": "Seed",
    "noise_seed": "Seed",
}
_PAIR = re.compile(r"(\d{1,5})\D{1,4}(\d{1,5})")
_OPTION = re.compile(r"-([A-Za-z])\s{0,4}([\w.]{1,40})")
_PROMPTS = ("prompt", "negative_prompt")
_MOST_HOPS = 8  # between a sampler of ComfyUI and the node that holds its text


def generation_of(
    source: str | None, parameters: str | None, texts: Mapping[str, str]
) -> dict[str, Any] | None:
    """`prompt`, `negative_prompt`, `settings` (all text) and `loras`; None where there are none.

    `parameters` is an infotext, or the JSON of a tool that writes it under that name.
    """
    if parameters is not None and not parameters.lstrip().startswith("{"):
        return asdict(read_infotext(parameters))
    read = _READERS.get(source or "")
    return read(parameters or "", texts) if read else None


def tool_of_json(text: str) -> str | None:
    """The tool that writes such JSON as its parameters; None for any other text."""
    data = _object(read_json(text))
    if "sui_image_params" in data:
        return "swarmui"
    if "base_model" in data or data.get("metadata_scheme") == "fooocus":
        return "fooocus"
    nodes = [data, _object(data.get("prompt"))]
    graph = any("class_type" in _object(item) for entry in nodes for item in entry.values())
    return "comfyui" if graph else None


def _swarmui(parameters: str, _: Mapping[str, str]) -> dict[str, Any] | None:
    record = _object(read_json(parameters))
    data = _object(record.get("sui_image_params"))
    models = [_object(model) for model in _list(record.get("sui_models"))]
    hashes = {
        _stem(_text(model.get("name")) or ""): _text(model.get("hash")) or "" for model in models
    }
    names = [_text(name) or "" for name in _list(data.get("loras"))]
    weights = [*_list(data.get("loraweights")), *[None] * len(names)]
    loras = [
        _lora(name, weight, hashes.get(_stem(name), ""))
        for name, weight in zip(names, weights, strict=False)
        if name
    ]
    digest = hashes.get(_stem(_text(data.get("model")) or "")) or None
    return _generation(data, _SWARMUI, loras, **{"Model hash": digest})


def _fooocus(parameters: str, _: Mapping[str, str]) -> dict[str, Any] | None:
    data = dict(_object(read_json(parameters)))
    size = _PAIR.search(_text(data.get("resolution")) or "")
    if size:
        data |= {"width": int(size[1]), "height": int(size[2])}
    entries = [item for item in _list(data.get("loras")) if isinstance(item, list) and item]
    for name, value in data.items():  # as older files have them: "name : weight"
        if name.startswith("lora_combined_") and isinstance(value, str):
            entries.append([part.strip() for part in value.rsplit(":", 1)])
    loras = [_lora(*map(_plain, [*entry, None, None][:3])) for entry in entries]
    return _generation(data, _FOOOCUS, loras)


def _invokeai(_: str, texts: Mapping[str, str]) -> dict[str, Any] | None:
    if "invokeai_metadata" not in texts:
        return _older_invokeai(texts)
    data = _object(read_json(texts["invokeai_metadata"]))
    model = _object(data.get("model"))
    loras = []
    for entry in map(_object, _list(data.get("loras"))):
        part = _object(entry.get("model") or entry.get("lora"))
        name = _text(part.get("name") or part.get("model_name"))
        if name:
            loras.append(_lora(name, entry.get("weight"), _text(part.get("hash")) or ""))
    skipped = data.get("clip_skip")
    layer = skipped + 1 if isinstance(skipped, int) and skipped else None
    name = _text(model.get("name") or model.get("model_name"))
    more = {"Model": name, "Model hash": _text(model.get("hash")), "Clip skip": layer}
    return _generation(data, _INVOKEAI, loras, **more)


def _older_invokeai(texts: Mapping[str, str]) -> dict[str, Any] | None:
    """`sd-metadata`, a record, or `Dream`, a command line."""
    record = _object(read_json(texts.get("sd-metadata", "")))
    image = dict(_object(record.get("image")))
    if image:
        prompts = _list(image.get("prompt"))
        if prompts:
            image["prompt"] = _object(prompts[0]).get("prompt")
        image |= {"positive_prompt": image.get("prompt"), "scheduler": image.get("sampler")}
        return _generation(image, _INVOKEAI, Model=record.get("model_weights"))
    line = texts.get("Dream", "")
    prompt, _quote, options = line.strip().removeprefix('"').rpartition('"')
    values = dict(_OPTION.findall(options if prompt else line))
    data = {**values, "prompt": prompt, "width": values.get("W"), "height": values.get("H")}
    return _generation(data, {"prompt": "prompt", **_DREAM})


def _novelai(_: str, texts: Mapping[str, str]) -> dict[str, Any] | None:
    data = dict(_object(read_json(texts.get("Comment", ""))))
    caption = _object(_object(data.get("v4_prompt")).get("caption"))
    parts = [_object(part).get("char_caption") for part in _list(caption.get("char_captions"))]
    prompt = _text(data.get("prompt")) or _text(caption.get("base_caption"))
    prompts = [part for part in (prompt, *parts) if isinstance(part, str) and part]
    data["prompt"] = ", ".join(prompts) or texts.get("Description")
    return _generation(data, _NOVELAI, Model=texts.get("Source"))


def _comfyui(parameters: str, texts: Mapping[str, str]) -> dict[str, Any] | None:
    data = _object(read_json(texts.get("prompt") or parameters))
    return _of_graph(_object(data.get("prompt")) or data)


_READERS: Mapping[str, Callable[[str, Mapping[str, str]], dict[str, Any] | None]] = {
    "swarmui": _swarmui,
    "fooocus": _fooocus,
    "invokeai": _invokeai,
    "novelai": _novelai,
    "comfyui": _comfyui,
}


def _lora(name: Any, weight: Any, digest: Any) -> dict[str, Any]:
    """A LoRA of an image: its name, weight and the hash of its file, where they are known."""
    try:
        number = float(weight)
    except (TypeError, ValueError):
        number = 1.0
    finite = number if math.isfinite(number) else 1.0
    return {"name": str(name), "weight": finite, "hash": str(digest or "")}


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float) else None


def _stem(name: str) -> str:
    return name.rpartition("/")[2].removesuffix(".safetensors")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _generation(
    data: Mapping[str, Any],
    names: Mapping[str, str],
    loras: Sequence[Mapping[str, Any]] = (),
    **more: Any,
) -> dict[str, Any] | None:
    values = {ours: _text(data[theirs]) for theirs, ours in names.items() if theirs in data}
    values |= {name: _text(value) for name, value in more.items()}
    width, height = _text(data.get("width")), _text(data.get("height"))
    if width and height:
        values["Size"] = f"{width}x{height}"
    prompts = {name: values.pop(name, None) or "" for name in _PROMPTS}
    settings = {name: value for name, value in values.items() if value is not None}
    if not any(prompts.values()) and not settings:
        return None
    return {**prompts, "settings": settings, **({"loras": list(loras)} if loras else {})}


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
