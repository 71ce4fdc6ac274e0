"""The ControlNets of Qwen-Image and Z-Image.

Names and shapes: diffusers 0.42.1, the files of InstantX (Qwen-Image) and of alibaba-pai (Z-Image).
Union models of both take every type of control image without its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core.models.controls.kind import ControlKind, ControlPipeline
from core.models.families.signature import Axis, Blocks, Measure, Present, Signature

_QWEN_HINT, _QWEN_LATENTS = "controlnet_x_embedder.weight", 64
_QWEN_MEASURES: Mapping[str, Measure] = {
    "width": Axis(_QWEN_HINT, 0),
    "hint": Axis(_QWEN_HINT, 1),
    "channels": Axis("img_in.weight", 1),
    "joint": Axis("txt_in.weight", 1),
    "head": Axis("transformer_blocks.0.attn.norm_q.weight", 0),
    "blocks": Blocks("transformer_blocks."),
}


def _qwen_image(measures: Mapping[str, int]) -> dict[str, Any]:
    head = measures.get("head", 128)
    seven = head * 7 // 16
    return {
        "in_channels": measures["channels"],
        "num_layers": measures["blocks"],
        "attention_head_dim": head,
        "num_attention_heads": measures["width"] // head,
        "joint_attention_dim": measures["joint"],
        "axes_dims_rope": (head - 2 * seven, seven, seven),
        "extra_condition_channels": measures["hint"] - measures["channels"],
    }


def _qwen_signature(hint: int) -> Signature:
    return Signature(
        "diffusers",
        needs=(_QWEN_HINT, "txt_norm.weight", "controlnet_blocks.0.weight"),
        modules=(),
        shapes={_QWEN_HINT: (None, hint)},
        measures=_QWEN_MEASURES,
    )


QWEN_IMAGE = ControlKind(
    id="controlnet-qwen-image",
    label="ControlNet for Qwen-Image",
    architecture="qwen-image",
    network="QwenImageControlNetModel",
    pipelines={"generate": ControlPipeline("QwenImageControlNetPipeline")},
    signatures=(_qwen_signature(_QWEN_LATENTS),),
    config=_qwen_image,
    alike=("joint_attention_dim", "in_channels"),
    same=("width",),
    together=False,
    several="QwenImageMultiControlNetModel",
    own_generator=True,
)
_WHOLE = {"strength": ("strength",)}  # its pipeline draws the white of the mask from noise
_PAINTED = ControlPipeline(
    "QwenImageControlNetInpaintPipeline",
    image="",
    ignored=_WHOLE,
    renamed={"image": "control_image", "mask_image": "control_mask"},
)
QWEN_IMAGE_INPAINT = replace(
    QWEN_IMAGE,
    id="controlnet-qwen-image-inpaint",
    label="Inpainting ControlNet for Qwen-Image",
    pipelines={"inpaint": _PAINTED, "outpaint": _PAINTED},
    signatures=(_qwen_signature(_QWEN_LATENTS + 4),),  # the mask in squares of 2 by 2
    several="",
    alone=True,
    own_generator=False,
    global_random=True,
)

_Z_HINT = "control_all_x_embedder.2-1.weight"
Z_LAYERS = 30  # of Z-Image; the control layers stand at equal distances from the first on


def _z_image(measures: Mapping[str, int]) -> dict[str, Any]:
    head = measures.get("head", 128)
    heads = measures["width"] // head
    blocks, refiners = measures["blocks"], measures.get("refiners", 2)
    own = {
        "control_layers_places": list(range(0, Z_LAYERS, -(-Z_LAYERS // blocks)))[:blocks],
        "control_in_dim": measures["hint"] // 4,
        "dim": measures["width"],
        "n_refiner_layers": refiners,
        "n_heads": heads,
        "n_kv_heads": heads,
    }
    if measures["refining"]:
        own |= {
            "control_refiner_layers_places": list(range(refiners)),
            "add_control_noise_refiner": "control_noise_refiner",
        }
    return own


def _z_signature(hint: int) -> Signature:
    return Signature(
        "diffusers",
        needs=(_Z_HINT, "control_layers.0.before_proj.weight"),
        modules=(),
        shapes={_Z_HINT: (None, hint)},
        measures={
            "width": Axis(_Z_HINT, 0),
            "hint": Axis(_Z_HINT, 1),
            "head": Axis("control_layers.0.attention.norm_q.weight", 0),
            "blocks": Blocks("control_layers."),
            "refiners": Blocks("control_noise_refiner."),
            "refining": Present("control_noise_refiner.0.after_proj.weight"),
        },
    )


Z_IMAGE = ControlKind(
    id="controlnet-z-image",
    label="ControlNet for Z-Image",
    architecture="z-image",
    network="ZImageControlNetModel",
    pipelines={"generate": ControlPipeline("ZImageControlNetPipeline")},
    signatures=(_z_signature(64),),
    config=_z_image,
    alike=("dim",),
    same=("width",),
    alone=True,
    timed=False,
    binds=True,
)
_Z_PAINTED = ControlPipeline("ZImageControlNetInpaintPipeline", ignored=_WHOLE)
Z_IMAGE_2 = replace(
    Z_IMAGE,
    id="controlnet-z-image-2",
    label="ControlNet 2 for Z-Image",
    pipelines={**Z_IMAGE.pipelines, "inpaint": _Z_PAINTED, "outpaint": _Z_PAINTED},
    signatures=(_z_signature(132),),  # latents of control image and picture, and the mask
)
