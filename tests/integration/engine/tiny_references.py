"""Tiny reference adapters of the real structures, and a tiny image encoder, saved as published."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from diffusers.models.embeddings import IPAdapterPlusImageProjection
from diffusers.pipelines.flux.modeling_flux import ReduxImageEncoder
from safetensors.torch import save_file
from transformers import (
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
    SiglipVisionConfig,
    SiglipVisionModel,
)

from core.models.references.kinds import VIT_H, VIT_L
from core.settings import ROOT
from tests.integration.engine.tiny_models import tiny

WIDTH, PROJECTED = 16, 12  # of the image encoder
ADAPTERS = {
    "base-sd15": "sd15",
    "second-sd15": "sd15",
    "plus-sd15": "sd15",
    "full-face-sd15": "sd15",
    "base-sdxl": "sdxl",
    "flux1": "flux1",
}
_FLUX = {"k": "ip_adapter_double_stream_k_proj", "v": "ip_adapter_double_stream_v_proj"}


def image_encoder() -> Any:
    """A CLIP vision model of random weights."""
    torch.manual_seed(5)
    config = CLIPVisionConfig(
        hidden_size=WIDTH,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=32,
        patch_size=8,
        projection_dim=PROJECTED,
    )
    return CLIPVisionModelWithProjection(config).eval()


def siglip() -> Any:
    """A SigLIP vision model of random weights."""
    torch.manual_seed(6)
    config = SiglipVisionConfig(
        hidden_size=WIDTH,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=32,
        patch_size=8,
    )
    return SiglipVisionModel(config).eval()


def redux(joint: int = 32) -> Any:
    """An embedder of FLUX.1 Redux of random weights; real texts have a width of 4096."""
    torch.manual_seed(8)
    return ReduxImageEncoder(WIDTH, joint).eval()


def save_redux(models: Path, name: str = "redux", joint: int = 32) -> Path:
    """The embedder in a file as published, and its image encoder."""
    siglip().save_pretrained(models / "companions/siglip-redux/image_encoder")
    folder = models / "ipadapter"
    folder.mkdir(parents=True, exist_ok=True)
    save_file(redux(joint).state_dict(), folder / f"{name}.safetensors")
    return folder / f"{name}.safetensors"


def save_encoders(models: Path) -> None:
    """The image encoders of the catalogue, in their folders."""
    places = {
        VIT_H: "companions/clip-vision-vit-h/models/image_encoder",
        VIT_L: "companions/clip-vit-large-patch14",
    }
    for folder in places.values():
        image_encoder().save_pretrained(models / folder)
    for name in ("merges.txt", "vocab.json"):
        (models / places[VIT_L] / name).write_text("{}", encoding="utf-8")


def adapter(name: str) -> dict[str, dict[str, torch.Tensor]]:
    """The state of an adapter as diffusers takes it."""
    torch.manual_seed(len(name))
    model = ADAPTERS[name]
    core = tiny(model).transformer if model == "flux1" else tiny(model).unet
    joint = core.config.joint_attention_dim if model == "flux1" else core.config.cross_attention_dim
    return {"image_proj": _projection(name, joint), "ip_adapter": _layers(core, model, joint)}


def save_adapter(folder: Path, name: str) -> Path:
    """The adapter in a file with the names of the published ones."""
    state = adapter(name)
    flux = ADAPTERS[name] == "flux1"
    tensors = {
        f"{'ip_adapter_proj_model' if flux else 'image_proj'}.{key}": tensor
        for key, tensor in state["image_proj"].items()
    }
    for key, tensor in state["ip_adapter"].items():
        number, layer, part = key.split(".")
        original = f"double_blocks.{number}.processor.{_FLUX[layer[3]]}.{part}"
        tensors[original if flux else f"ip_adapter.{key}"] = tensor
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.safetensors"
    save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, path)
    return path


def _layers(core: Any, model: str, joint: int) -> dict[str, torch.Tensor]:
    layers: dict[str, torch.Tensor] = {}
    if model == "flux1":
        for number, _ in enumerate(core.transformer_blocks):
            for layer in ("to_k_ip", "to_v_ip"):
                layers[f"{number}.{layer}.weight"] = torch.randn(core.inner_dim, joint)
                layers[f"{number}.{layer}.bias"] = torch.randn(core.inner_dim)
        return layers
    names = [name for name in core.attn_processors if not name.endswith("attn1.processor")]
    for index, name in enumerate(names):
        hidden = core.get_submodule(name.removesuffix(".processor")).inner_dim
        for layer in ("to_k_ip", "to_v_ip"):
            layers[f"{2 * index + 1}.{layer}.weight"] = torch.randn(hidden, joint)
    return layers


def _projection(name: str, joint: int) -> dict[str, torch.Tensor]:
    if name.startswith("plus"):
        return _resampler(joint)
    if name.startswith("full"):
        return {
            "proj.0.weight": torch.randn(WIDTH, WIDTH),
            "proj.0.bias": torch.randn(WIDTH),
            "proj.2.weight": torch.randn(joint, WIDTH),
            "proj.2.bias": torch.randn(joint),
            "proj.3.weight": torch.randn(joint),
            "proj.3.bias": torch.randn(joint),
        }
    return {
        "proj.weight": torch.randn(4 * joint, PROJECTED),
        "proj.bias": torch.randn(4 * joint),
        "norm.weight": torch.randn(joint),
        "norm.bias": torch.randn(joint),
    }


def _resampler(joint: int) -> dict[str, torch.Tensor]:
    """The names of the published Plus files for the layers of diffusers."""
    made = IPAdapterPlusImageProjection(
        embed_dims=WIDTH, output_dims=joint, hidden_dims=64, depth=4, heads=1, num_queries=3
    )
    state = {}
    for key, tensor in made.state_dict().items():
        for theirs, ours in (
            (".ln0.", ".0.norm1."),
            (".ln1.", ".0.norm2."),
            (".attn.to_q.", ".0.to_q."),
            (".attn.to_out.0.", ".0.to_out."),
            (".ff.0.", ".1.0."),
            (".ff.1.net.0.proj.", ".1.1."),
            (".ff.1.net.2.", ".1.3."),
        ):
            key = key.replace(theirs, ours)
        if ".attn.to_k." in key:
            values = made.state_dict()[key.replace("to_k", "to_v")]
            key, tensor = key.replace(".attn.to_k.", ".0.to_kv."), torch.cat([tensor, values])
        if ".attn.to_v." not in key:
            state[key] = tensor
    return state


PRESETS = ROOT / "presets"
