"""Loaders of models, text encoders, VAEs and LoRAs, and patches of models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from core.operations.diffusion.lora_use import WEIGHT_MAX
from core.workflows.comfy.reading import NodeType, Reading
from core.workflows.comfy.values import ClipValue, LoraWeight, ModelValue, UpscalerValue, VaeValue

LAYERS_MAX = 4
_NOT_FLOW = ("stable_diffusion", "sdxl", "stable_cascade", "stable_audio")
_ENCODERS = "The studio completes a model with the text encoders of its family."


def checkpoint(r: Reading) -> tuple[Any, ...]:
    """A checkpoint with all its parts."""
    name = r.file("model", r.text("ckpt_name"))
    return ModelValue(name), ClipValue(), VaeValue()


def transformer(r: Reading) -> tuple[Any, ...]:
    """A transformer alone: the families that come so are flow models."""
    return (ModelValue(r.file("model", r.text("unet_name")), flow=True),)


def text_encoders(r: Reading) -> tuple[Any, ...]:
    """Text encoders, which the model's record chooses here."""
    r.note(_ENCODERS)
    kind = r.text("type")
    several = "clip_name3" in r.node.inputs
    return (ClipValue(flow=several or (bool(kind) and kind not in _NOT_FLOW)),)


def vae(r: Reading) -> tuple[Any, ...]:
    """A VAE by name."""
    from core.workflows.comfy.model_files import plain_name

    return (VaeValue(plain_name(r.text("vae_name")) or None, r.node.id),)


def lora(r: Reading) -> tuple[Any, ...]:
    """A LoRA on a model and its text encoders."""
    clip = r.find("clip", ClipValue) or ClipValue()
    weight = r.number("strength_model", 1.0, -WEIGHT_MAX, WEIGHT_MAX)
    clip_weight = r.number("strength_clip", weight, -WEIGHT_MAX, WEIGHT_MAX)
    if clip_weight != weight:
        r.note(f"One weight, {weight:g}, holds for the model and the text encoders.")
    return _with_lora(r, r.model(), r.text("lora_name"), weight), clip


def loras(r: Reading) -> tuple[Any, ...]:
    """A list of LoRAs, each with a switch, as rgthree's loader has it."""
    model = r.model()
    for entry in _entries(r):
        weight = entry.get("strength")
        if entry.get("on") is False or not isinstance(weight, int | float):
            continue
        bounded = float(min(max(weight, -WEIGHT_MAX), WEIGHT_MAX))
        model = _with_lora(r, model, str(entry["lora"]), bounded)
    return model, r.find("clip", ClipValue) or ClipValue()


def _entries(r: Reading) -> Iterator[Mapping[str, Any]]:
    for item in [*r.node.inputs.values(), *r.node.loose]:
        if isinstance(item, Mapping) and isinstance(item.get("lora"), str):
            yield item


def _with_lora(r: Reading, model: ModelValue, file: str, weight: float) -> ModelValue:
    name = r.file("lora", file)
    if not name:
        return model
    return replace(model, loras=(*model.loras, LoraWeight(name, weight)))


def skip_layers(r: Reading) -> tuple[Any, ...]:
    """The last layer of CLIP that counts: -1 is the last of all."""
    clip = r.find("clip", ClipValue) or ClipValue()
    skipped = -1 - r.integer("stop_at_clip_layer", -1, -1 - LAYERS_MAX, -1)
    return (replace(clip, skip=skipped or None),)


def flow_shift(r: Reading) -> tuple[Any, ...]:
    """The shift of a flow model's schedule."""
    shift = r.number("shift", 3.0, 0, 100)
    return (replace(r.model(), flow=True, shift=shift),)


def flow_shift_by_size(r: Reading) -> tuple[Any, ...]:
    """A shift that follows the image's size, as the schedules of these models do by themselves."""
    r.note("The model's own schedule shifts by the image's size.")
    return (replace(r.model(), flow=True),)


def sampling(r: Reading) -> tuple[Any, ...]:
    """The prediction type of a model, which its record has."""
    r.note("The model's own record sets the prediction type and the noise schedule.")
    return (r.model(),)


def differential(r: Reading) -> tuple[Any, ...]:
    """Soft masks."""
    r.note("The soft edge of a mask blends the result, and does not change the noise.")
    return (r.model(),)


def upscaler(r: Reading) -> tuple[Any, ...]:
    """An upscaling network."""
    from core.workflows.comfy.model_files import plain_name

    return (UpscalerValue(plain_name(r.text("model_name"))),)


NODES = (
    NodeType("CheckpointLoaderSimple", "Model of the generator", checkpoint, ("ckpt_name",)),
    NodeType(
        "CheckpointLoader", "Model of the generator", checkpoint, ("config_name", "ckpt_name")
    ),
    NodeType("UNETLoader", "Model of the generator", transformer, ("unet_name", "weight_dtype")),
    NodeType("UnetLoaderGGUF", "Model of the generator", transformer, ("unet_name",)),
    NodeType("CLIPLoader", "Part of the model", text_encoders, ("clip_name", "type", "device")),
    NodeType(
        "DualCLIPLoader",
        "Part of the model",
        text_encoders,
        ("clip_name1", "clip_name2", "type", "device"),
    ),
    NodeType(
        "TripleCLIPLoader",
        "Part of the model",
        text_encoders,
        ("clip_name1", "clip_name2", "clip_name3"),
    ),
    NodeType(
        "QuadrupleCLIPLoader",
        "Part of the model",
        text_encoders,
        ("clip_name1", "clip_name2", "clip_name3", "clip_name4"),
    ),
    NodeType("VAELoader", "VAE of the generator", vae, ("vae_name",)),
    NodeType("LoraLoader", "LoRAs", lora, ("lora_name", "strength_model", "strength_clip")),
    NodeType("LoraLoaderModelOnly", "LoRAs", lora, ("lora_name", "strength_model")),
    NodeType("Power Lora Loader (rgthree)", "LoRAs", loras),
    NodeType("CLIPSetLastLayer", "CLIP skip", skip_layers, ("stop_at_clip_layer",)),
    NodeType("ModelSamplingSD3", "Sampler of the generator", flow_shift, ("shift",)),
    NodeType("ModelSamplingAuraFlow", "Sampler of the generator", flow_shift, ("shift",)),
    NodeType(
        "ModelSamplingFlux",
        "Sampler of the generator",
        flow_shift_by_size,
        ("max_shift", "base_shift", "width", "height"),
    ),
    NodeType("ModelSamplingDiscrete", "Model's record", sampling, ("sampling", "zsnr")),
    NodeType(
        "ModelSamplingContinuous*",
        "Model's record",
        sampling,
        ("sampling", "sigma_max", "sigma_min"),
    ),
    NodeType("ModelSampling*", "Model's record", sampling, ("shift",)),
    NodeType("DifferentialDiffusion", "Inpaint", differential, ("strength",)),
    NodeType("UpscaleModelLoader", "Upscale", upscaler, ("model_name",)),
)
