"""Qwen-Image 2.1 and its distillation Turbo, which have the same shapes.

Names and widths: diffusers 0.42.1 and the files of Qwen and of ComfyUI, which differ in the gate of
the feed-forward layers. The schedules are those of the published folders.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.models.families.family import (
    Component,
    Family,
    Lora,
    Mode,
    PromptEncoding,
    Sizes,
    Variant,
    Width,
)
from core.models.families.parameters import FLOW_DRAWING, IMG2IMG, SIGMAS, SQUARE, painting
from core.models.families.qwen_image import QWEN_IMAGE
from core.models.families.samplers import FLOW
from core.models.families.signature import Axis, Blocks, Signature

_BLOCK = "transformer_blocks.#"
_ATTENTION = "transformer_blocks.0.attn"


def _signature(layout: str, gate: str, *gates: str) -> Signature:
    """The layout whose feed-forward layers begin with these modules."""
    return Signature(
        layout,
        needs=(
            "txt_in.text_norm.weight",
            "img_in.weight",
            f"transformer_blocks.0.img_mlp.{gate}.weight",
        ),
        modules=(
            "{img_in,proj_out,modulation.#,norm_out.linear}",
            "txt_in.{text_norm,in_layer,out_layer}",
            "time_text_embed.timestep_embedder.{linear_1,linear_2}",
            f"{_BLOCK}.attn.{{to_q,to_k,to_v,to_out.#,norm_q,norm_k}}",
            *(f"{_BLOCK}.img_mlp.{name}" for name in (gate, *gates, "out")),
        ),
        measures={
            "width": Axis("img_in.weight", 0),
            "channels": Axis("img_in.weight", 1),
            "joint": Axis("txt_in.in_layer.weight", 1),
            "inner": Axis("transformer_blocks.0.img_mlp.out.weight", 1),
            "head": Axis(f"{_ATTENTION}.norm_q.weight", 0),
            "blocks": Blocks("transformer_blocks."),
        },
    )


_SHAPE = {"width": 4096, "channels": 64, "joint": 4096, "blocks": 32}
_WIDE = {"fp8": 17_052_000}
_COUNTS = {"transformer": 7_115_125_000, "text_encoder": 8_767_124_000, "vae": 337_740_000}
_TURBO_SIGMAS = (1.0, 0.978453, 0.95418, 0.926626, 0.89508, 0.845148, 0.704534, 0.414568)


def _network(measures: Mapping[str, int]) -> dict[str, Any]:
    head, width = measures.get("head", 128), measures["width"]
    seven = head * 7 // 16
    return {
        "in_channels": measures["channels"],
        "out_channels": measures["channels"],
        "num_layers": measures["blocks"],
        "attention_head_dim": head,
        "num_attention_heads": width // head,
        "context_in_dim": measures["joint"],
        "mlp_ratio": measures.get("inner", 3 * width) // width,
        "axes_dims_rope": (head - 2 * seven, seven, seven),
    }


_PIPELINE = "QwenImage21Pipeline"
_ADAPTER = "qwen_image21"
_PARAMS = (*(name for name in FLOW_DRAWING if name != "guidance_scale"), "true_cfg_scale")
_FEED = f"{_BLOCK}.img_mlp"
QWEN_IMAGE_21 = Family(
    id="qwen-image-21",
    label="Qwen-Image 2.1",
    architecture="qwen-image-21",
    class_names=(_PIPELINE,),
    core="transformer",
    network=_network,
    scheduler=QWEN_IMAGE.scheduler,
    components={
        "scheduler": QWEN_IMAGE.components["scheduler"],
        "text_encoder": Component(
            (("transformers", "Qwen3VLForConditionalGeneration"),), ("qwen3-vl-8b",)
        ),
        # Its folder holds the tokenizer.
        "processor": Component((("transformers", "Qwen3VLProcessor"),), ("tokenizer-qwen",)),
        "transformer": Component((("diffusers", "QwenImage21Transformer2DModel"),)),
        "vae": Component((("diffusers", "AutoencoderKLQwenImage21"),), ("vae-qwen-image-21",)),
    },
    modes={
        "generate": Mode(_PIPELINE, _ADAPTER, (*_PARAMS, *SIGMAS)),
        "edit": Mode(_PIPELINE, _ADAPTER, (*_PARAMS, "image"), references=10),
        "img2img": Mode(_PIPELINE, _ADAPTER, (*_PARAMS, *IMG2IMG), {"strength": 0.6}),
        **painting(_PIPELINE, _ADAPTER, _PARAMS, 0.85),
    },
    sizes=Sizes(multiple=32, smallest=64, largest=2752, pixels=2400 * 1792),
    defaults={**SQUARE, "num_inference_steps": 40, "true_cfg_scale": 1.0},
    variants=(
        Variant("qwen-image-21", "Qwen-Image 2.1", _SHAPE, _COUNTS, wide=_WIDE),
        Variant(
            "qwen-image-21-turbo",
            "Qwen-Image 2.1 Turbo",
            _SHAPE,
            _COUNTS,
            distilled=True,
            hints=("turbo",),
            defaults={"num_inference_steps": len(_TURBO_SIGMAS)},
            call={"sigmas": _TURBO_SIGMAS},
            scheduler={"use_dynamic_shifting": False, "shift_terminal": None},
            wide=_WIDE,
        ),
    ),
    signatures=(
        _signature("diffusers", "gate_layer", "proj"),
        _signature("comfyui", "gate_up"),
    ),
    lora=Lora(
        targets=("to_q", "to_k", "to_v", "to_out.0", "gate_layer", "proj", "img_mlp.out"),
        prefixes={},
        names={f"{_FEED}.gate_up": (f"{_FEED}.gate_layer", f"{_FEED}.proj")},
        widths=(
            Width(r"_attn_(to_[qkv]|to_out_0)$", "width", 1, 1),
            Width(r"_img_mlp_(proj|gate_layer)$", "width", 1, 3),
            Width(r"_img_mlp_gate_up$", "width", 1, 6),
        ),
        blocks={"blocks": r"^transformer_blocks_(\d+)_"},
        never=(r"_attn_add_q_proj$", r"_txt_mlp_"),
        words=("qwen-image-2.1", "qwen_image_2.1", "qwen-image-21", "qwen_image_21", "qwen21"),
    ),
    prompts=PromptEncoding(
        {"processor": 1024},
        "<|im_start|>user\n{prompt}<|im_end|>\n<|im_start|>assistant\n",
        long_prompt="whole",
    ),
    samplers=FLOW,
    wide=r"norm|^proj_out\.",
    quantization=QWEN_IMAGE.quantization,
    untrainable="the studio has no trainer for it yet",
)
