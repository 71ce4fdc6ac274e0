"""The ControlNets that are recognised and run.

Names and shapes: diffusers 0.42.1 and the published files. Modes of the union models: the cards of
xinsir (SDXL) and of InstantX and Shakker (FLUX.1).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from core.models.controls.kind import ControlKind, ControlPipeline
from core.models.controls.qwen_kinds import QWEN_IMAGE, QWEN_IMAGE_INPAINT, Z_IMAGE, Z_IMAGE_2
from core.models.families.signature import Axis, Blocks, Measure, Present, Signature

_HINT = "controlnet_cond_embedding.conv_in.weight"
_ADDED = "add_embedding.linear_1.weight"
_TASKS = "task_embedding"
_FIRST_CROSS = "down_blocks.{}.attentions.0.transformer_blocks.0.attn2.to_k.weight"
_ORIGINAL_CROSS = "input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"


def _unet_pipelines(prefix: str, generate: str = "image") -> Mapping[str, ControlPipeline]:
    return {
        "generate": ControlPipeline(f"{prefix}Pipeline", generate),
        "img2img": ControlPipeline(f"{prefix}Img2ImgPipeline"),
        "inpaint": ControlPipeline(f"{prefix}InpaintPipeline"),
        "outpaint": ControlPipeline(f"{prefix}InpaintPipeline"),
    }


def _sd15(measures: Mapping[str, int]) -> dict[str, Any]:
    return {"cross_attention_dim": measures["joint"]}


def _sdxl(measures: Mapping[str, int]) -> dict[str, Any]:
    return {
        "cross_attention_dim": measures["joint"],
        "block_out_channels": (320, 640, 1280),
        "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        "attention_head_dim": (5, 10, 20),
        "transformer_layers_per_block": (1, 2, 10),
        "use_linear_projection": True,
        "addition_embed_type": "text_time",
        "addition_time_embed_dim": 256,
        "projection_class_embeddings_input_dim": 2816,
    }


def _sdxl_union(measures: Mapping[str, int]) -> dict[str, Any]:
    return {**_sdxl(measures), "num_control_type": measures["types"]}


def _sd3(measures: Mapping[str, int]) -> dict[str, Any]:
    head = measures.get("head", 64)
    joined = measures.get("joint")
    return {
        "num_layers": measures["blocks"],
        "num_attention_heads": measures["width"] // head,
        "attention_head_dim": head,
        "extra_conditioning_channels": measures["channels"] - 16,
        "joint_attention_dim": joined,
        "caption_projection_dim": measures["width"],
        "pooled_projection_dim": measures["pooled"],
        "pos_embed_type": "sincos" if measures["positioned"] else None,
        "use_pos_embed": bool(measures["positioned"]),
        "pos_embed_max_size": 192,
        "qk_norm": "rms_norm" if measures["normed"] else None,
        "force_zeros_for_pooled_projection": joined is not None,
    }


def _flux1(measures: Mapping[str, int]) -> dict[str, Any]:
    head = measures.get("head", 128)
    return {
        "num_layers": measures["double"],
        "num_single_layers": measures["single"],
        "num_attention_heads": measures["width"] // head,
        "attention_head_dim": head,
        "in_channels": measures["channels"],
        "joint_attention_dim": measures["joint"],
        "pooled_projection_dim": measures["pooled"],
        "guidance_embeds": bool(measures["guidance"]),
        "num_mode": measures.get("types"),
        "conditioning_embedding_channels": measures.get("hint"),
    }


# Guess mode, and weights of layers, need the residuals of a UNet.
_UNET_MODES = ("balanced", "prompt", "control")
_CROSS_15, _CROSS_XL = _FIRST_CROSS.format(0), _FIRST_CROSS.format(1)
_SDXL_MEASURES = {"joint": Axis(_CROSS_XL, 1), "width": Axis("conv_in.weight", 0)}
_FLUX_MODES = {
    "canny": 0,
    "tile": 1,
    "depth": 2,
    "blur": 3,
    "pose": 4,
    "grey": 5,
    "low_quality": 6,
}
_SDXL_MODES = {
    "pose": 0,
    "depth": 1,
    "softedge": 2,
    "canny": 3,
    "normal": 4,
    "segment": 5,
    "tile": 6,
    "repaint": 7,
}

SD15 = ControlKind(
    id="controlnet-sd15",
    label="ControlNet for Stable Diffusion 1.5",
    architecture="sd15",
    network="ControlNetModel",
    pipelines=_unet_pipelines("StableDiffusionControlNet"),
    signatures=(
        Signature(
            "diffusers",
            needs=(_HINT, _CROSS_15),
            lacks=(_ADDED, _TASKS),
            modules=(),
            measures={"joint": Axis(_CROSS_15, 1), "width": Axis("conv_in.weight", 0)},
        ),
        Signature(
            "original",
            needs=("zero_convs.0.0.weight", "input_hint_block.0.weight", _ORIGINAL_CROSS),
            lacks=("label_emb.0.0.weight",),
            modules=(),
            measures={
                "joint": Axis(_ORIGINAL_CROSS, 1),
                "width": Axis("input_blocks.0.0.weight", 0),
            },
        ),
    ),
    modes=_UNET_MODES,
    config=_sd15,
    alike=("cross_attention_dim",),
)
SDXL = ControlKind(
    id="controlnet-sdxl",
    label="ControlNet for SDXL",
    architecture="sdxl",
    network="ControlNetModel",
    pipelines=_unet_pipelines("StableDiffusionXLControlNet"),
    signatures=(
        Signature(
            "diffusers",
            needs=(_HINT, _ADDED, _CROSS_XL),
            lacks=(_TASKS,),
            modules=(),
            measures=_SDXL_MEASURES,
        ),
    ),
    modes=_UNET_MODES,
    config=_sdxl,
    alike=("cross_attention_dim", "projection_class_embeddings_input_dim"),
)
SDXL_UNION = ControlKind(
    id="controlnet-sdxl-union",
    label="Union ControlNet for SDXL",
    architecture="sdxl",
    network="ControlNetUnionModel",
    pipelines=_unet_pipelines("StableDiffusionXLControlNetUnion", "control_image"),
    signatures=(
        Signature(
            "diffusers",
            needs=(_HINT, _ADDED, _CROSS_XL, _TASKS),
            modules=(),
            measures={**_SDXL_MEASURES, "types": Axis(_TASKS, 0)},
        ),
    ),
    modes=_UNET_MODES,
    config=_sdxl_union,
    alike=("cross_attention_dim", "projection_class_embeddings_input_dim"),
    types=_SDXL_MODES,
    types_measure="types",
    together=False,
    listed=True,
)
SD3 = ControlKind(
    id="controlnet-sd3",
    label="ControlNet for Stable Diffusion 3.5",
    architecture="sd3",
    network="SD3ControlNetModel",
    pipelines={"generate": ControlPipeline("StableDiffusion3ControlNetPipeline")},
    signatures=(
        Signature(
            "diffusers",
            needs=("pos_embed_input.proj.weight", "controlnet_blocks.0.weight"),
            modules=(),
            measures={
                "width": Axis("pos_embed_input.proj.weight", 0),
                "channels": Axis("pos_embed_input.proj.weight", 1),
                "joint": Axis("context_embedder.weight", 1),
                "pooled": Axis("time_text_embed.text_embedder.linear_1.weight", 1),
                "blocks": Blocks("transformer_blocks."),
                "head": Axis("transformer_blocks.0.attn.norm_q.weight", 0),
                "normed": Present("transformer_blocks.0.attn.norm_q.weight"),
                "positioned": Present("pos_embed.proj.weight"),
            },
        ),
    ),
    config=_sd3,
    alike=("pooled_projection_dim",),
    same=("width",),
    global_random=True,
)
_FLUX_MEASURES: Mapping[str, Measure] = {
    "width": Axis("x_embedder.weight", 0),
    "channels": Axis("x_embedder.weight", 1),
    "joint": Axis("context_embedder.weight", 1),
    "pooled": Axis("time_text_embed.text_embedder.linear_1.weight", 1),
    "head": Axis("transformer_blocks.0.attn.norm_q.weight", 0),
    "double": Blocks("transformer_blocks."),
    "single": Blocks("single_transformer_blocks."),
    "guidance": Present("time_text_embed.guidance_embedder.linear_1.weight"),
    "hint": Axis("input_hint_block.conv_out.weight", 0),
    "types": Axis("controlnet_mode_embedder.weight", 0),
}
_TRUE_CFG = {
    "true_cfg_scale": (
        "true_cfg_scale",
        "negative_prompt_embeds",
        "negative_pooled_prompt_embeds",
    )
}
_BESIDE_IMAGE: Mapping[str, Any] = {"ignored": _TRUE_CFG, "references": False}
FLUX1 = ControlKind(
    id="controlnet-flux1",
    label="ControlNet for FLUX.1",
    architecture="flux1",
    network="FluxControlNetModel",
    pipelines={
        "generate": ControlPipeline("FluxControlNetPipeline"),
        "img2img": ControlPipeline("FluxControlNetImg2ImgPipeline", **_BESIDE_IMAGE),
        "inpaint": ControlPipeline("FluxControlNetInpaintPipeline", **_BESIDE_IMAGE),
        "outpaint": ControlPipeline("FluxControlNetInpaintPipeline", **_BESIDE_IMAGE),
    },
    signatures=(
        Signature(
            "diffusers",
            needs=("controlnet_x_embedder.weight", "controlnet_blocks.0.weight"),
            lacks=("txt_norm.weight",),
            modules=(),
            measures=_FLUX_MEASURES,
        ),
    ),
    config=_flux1,
    alike=("joint_attention_dim", "pooled_projection_dim", "in_channels"),
    types=_FLUX_MODES,
    types_measure="types",
    same=("width",),
    own_generator=True,
)
FLUX1_LORA = ControlKind(
    id="control-lora-flux1",
    label="Control LoRA for FLUX.1",
    architecture="flux1",
    network="",
    pipelines={
        "generate": ControlPipeline("FluxControlPipeline", ignored=_TRUE_CFG),
        "img2img": ControlPipeline("FluxControlImg2ImgPipeline", ignored=_TRUE_CFG),
        "inpaint": ControlPipeline("FluxControlInpaintPipeline", ignored=_TRUE_CFG),
        "outpaint": ControlPipeline("FluxControlInpaintPipeline", ignored=_TRUE_CFG),
    },
    signatures=(),
    config=dict,
    same=("width",),
    alone=True,
    timed=False,
    widens="x_embedder",
)
_ADDED_TO = "lora.{}transformer_blocks.".format
FLUX2_ADAPTER = ControlKind(
    id="control-adapter-flux2",
    label="Control adapter for FLUX.2",
    architecture="flux2",
    network="ControlAdapter",
    pipelines={
        mode: ControlPipeline("") for mode in ("generate", "img2img", "inpaint", "outpaint")
    },
    signatures=(
        Signature(
            "diffusers",
            needs=("stem.0.weight", "sites.0.weight", f"{_ADDED_TO('')}0.attn.to_q.down.weight"),
            modules=(),
            measures={
                "width": Axis("sites.0.weight", 0),
                "rank": Axis(f"{_ADDED_TO('')}0.attn.to_q.down.weight", 0),
                "mlp": Axis(f"{_ADDED_TO('')}0.ff.linear_out.down.weight", 1),
                "double": Blocks(_ADDED_TO("")),
                "single": Blocks(_ADDED_TO("single_")),
            },
        ),
    ),
    config=dict,
    alike=("num_layers", "num_single_layers"),
    same=("width", "double", "single"),
    hooked=True,
)

_ALL = (
    SD15,
    SDXL,
    SDXL_UNION,
    SD3,
    FLUX1,
    FLUX1_LORA,
    FLUX2_ADAPTER,
    QWEN_IMAGE,
    QWEN_IMAGE_INPAINT,
    Z_IMAGE,
    Z_IMAGE_2,
)
CONTROLS: Mapping[str, ControlKind] = MappingProxyType({kind.id: kind for kind in _ALL})
