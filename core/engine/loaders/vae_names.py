"""Rename a VAE's tensors from the original to diffusers: SD, SDXL, SD3.5, FLUX.1 and FLUX.2.

All of them are the autoencoder of the latent diffusion paper's code; FLUX.2 adds the statistics of
a batch norm (`bn.`), and keeps its two 1×1 convolutions inside encoder and decoder.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import torch

_PLAIN = (
    (r"^(encoder|decoder)\.mid\.block_1\.", r"\1.mid_block.resnets.0."),
    (r"^(encoder|decoder)\.mid\.block_2\.", r"\1.mid_block.resnets.1."),
    (r"^(encoder|decoder)\.mid\.attn_1\.norm\.", r"\1.mid_block.attentions.0.group_norm."),
    (r"^(encoder|decoder)\.mid\.attn_1\.([qkv])\.", r"\1.mid_block.attentions.0.to_\2."),
    (r"^(encoder|decoder)\.mid\.attn_1\.proj_out\.", r"\1.mid_block.attentions.0.to_out.0."),
    (r"^(encoder|decoder)\.norm_out\.", r"\1.conv_norm_out."),
    (r"^encoder\.down\.(\d+)\.block\.(\d+)\.", r"encoder.down_blocks.\1.resnets.\2."),
    (r"^encoder\.down\.(\d+)\.downsample\.", r"encoder.down_blocks.\1.downsamplers.0."),
    (r"^encoder\.quant_conv\.", r"quant_conv."),
    (r"^decoder\.post_quant_conv\.", r"post_quant_conv."),
    (r"\.nin_shortcut\.", r".conv_shortcut."),
    # Names that older versions of diffusers wrote.
    (r"\.attentions\.0\.query\.", r".attentions.0.to_q."),
    (r"\.attentions\.0\.key\.", r".attentions.0.to_k."),
    (r"\.attentions\.0\.value\.", r".attentions.0.to_v."),
    (r"\.attentions\.0\.proj_attn\.", r".attentions.0.to_out.0."),
)
_UP = re.compile(r"^decoder\.up\.(\d+)\.(block|upsample)\.")
_ATTENTION = re.compile(r"\.attentions\.0\.to_(?:q|k|v|out\.0)\.weight$")


def to_diffusers(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The state under diffusers' names; names that are diffusers' already stay."""
    levels = _levels(state)
    converted = {}
    for name, tensor in state.items():
        renamed = rename(name, levels)
        if _ATTENTION.search(renamed) and tensor.dim() == 4:
            tensor = tensor[:, :, 0, 0]  # a 1×1 convolution is a linear layer
        converted[renamed] = tensor
    return converted


def rename(name: str, levels: int) -> str:
    """One name; `levels` counts the decoder's, which the original counts in reverse."""
    up = _UP.match(name)
    if up:
        index, inside = levels - 1 - int(up[1]), name[up.end() :]
        if up[2] == "block":
            block, _, rest = inside.partition(".")
            name = f"decoder.up_blocks.{index}.resnets.{block}.{rest}"
        else:
            name = f"decoder.up_blocks.{index}.upsamplers.0.{inside}"
    for pattern, replacement in _PLAIN:
        name = re.sub(pattern, replacement, name)
    return name


def _levels(names: Iterable[str]) -> int:
    levels = [int(up[1]) for name in names if (up := _UP.match(name))]
    return max(levels, default=-1) + 1
