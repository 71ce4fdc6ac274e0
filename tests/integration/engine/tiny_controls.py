"""Tiny ControlNets of the real classes, saved as a hub's folders have them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from diffusers import (
    ControlNetModel,
    ControlNetUnionModel,
    FluxControlNetModel,
    QwenImageControlNetModel,
    SD3ControlNetModel,
    ZImageControlNetModel,
)

from tests.integration.engine.tiny_models import tiny

HINT = {"conditioning_embedding_out_channels": (4, 4, 8, 8)}
NETS = {
    "sd15": "sd15",
    "sd15-second": "sd15",
    "sdxl": "sdxl",
    "sdxl-union": "sdxl",
    "sd3": "sd3",
    "flux1": "flux1",
    "flux1-union": "flux1",
    "qwen-image": "qwen-image",
    "qwen-image-inpaint": "qwen-image",
    "z-image": "z-image",
    "z-image-2": "z-image",
}


def control_net(name: str) -> Any:
    """A network of random weights, also where training starts from zeros."""
    torch.manual_seed(len(name))
    core = tiny(NETS[name])
    if name == "sdxl-union":
        net = _union(core.unet)
    elif name.startswith("sd1") or name == "sdxl":
        net = ControlNetModel.from_unet(core.unet, **HINT)
    elif name == "sd3":
        net = SD3ControlNetModel.from_transformer(
            core.transformer, num_layers=1, num_extra_conditioning_channels=0
        )
    elif name.startswith("qwen"):
        extra = 4 if name.endswith("inpaint") else 0
        net = _qwen_image(core.transformer, extra_condition_channels=extra)
    elif name.startswith("z-image"):
        net = _z_image(core.transformer, refining=name.endswith("2"))
    else:
        net = _flux1(core.transformer, modes=7 if name.endswith("union") else None)
    for parameter in net.parameters():
        if not parameter.any():
            torch.nn.init.normal_(parameter, std=0.2)
    return net.eval()


def save(folder: Path, name: str) -> Path:
    """The network in its folder."""
    control_net(name).save_pretrained(folder / name)
    return folder / name


def _union(unet: Any) -> Any:
    config = ControlNetModel.from_unet(unet, **HINT).config
    own = {name: config[name] for name in config if not name.startswith("_")}
    own.pop("mid_block_type")
    width = {"num_trans_channel": 8, "num_proj_channel": 8, "num_trans_head": 2}
    return ControlNetUnionModel(**own, **width)


def _flux1(transformer: Any, modes: int | None) -> Any:
    config = transformer.config
    names = (
        "in_channels",
        "num_layers",
        "num_single_layers",
        "attention_head_dim",
        "num_attention_heads",
        "joint_attention_dim",
        "pooled_projection_dim",
        "guidance_embeds",
        "axes_dims_rope",
    )
    return FluxControlNetModel(**{name: config[name] for name in names}, num_mode=modes)


def _qwen_image(transformer: Any, **more: Any) -> Any:
    names = (
        "in_channels",
        "num_layers",
        "attention_head_dim",
        "num_attention_heads",
        "joint_attention_dim",
        "axes_dims_rope",
    )
    return QwenImageControlNetModel(**{name: transformer.config[name] for name in names}, **more)


def _z_image(transformer: Any, *, refining: bool) -> Any:
    refiner = {
        "control_refiner_layers_places": [0],
        "add_control_noise_refiner": "control_noise_refiner",
    }
    names = ("dim", "n_refiner_layers", "n_heads", "n_kv_heads")
    return ZImageControlNetModel(
        control_layers_places=[0],
        control_in_dim=33 if refining else 16,
        **(refiner if refining else {}),
        **{name: transformer.config[name] for name in names},
    )
