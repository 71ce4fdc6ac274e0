"""Qwen-Image, Qwen-Image-Edit and Qwen-Image-Layered: nearly all releases have the same shapes.

Names and widths: diffusers 0.42.1 and the files of Qwen. The published single files have diffusers'
names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core.models.families import training
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
from core.models.families.krea2 import KREA2
from core.models.families.parameters import (
    CACHED,
    CONTROL,
    FLOW_DRAWING,
    IMG2IMG,
    SIGMAS,
    SQUARE,
    painting,
)
from core.models.families.samplers import FLOW
from core.models.families.signature import Axis, Blocks, Present, Signature

_BLOCK = "transformer_blocks.#"
_DIFFUSERS = Signature(
    "diffusers",
    needs=("txt_norm.weight", "img_in.weight", f"{_BLOCK}.img_mod.1.weight".replace("#", "0")),
    modules=(
        "{img_in,txt_in,txt_norm,proj_out,norm_out.linear}",
        "time_text_embed.{timestep_embedder.linear_1,timestep_embedder.linear_2}",
        "time_text_embed.addition_t_embedding",
        f"{_BLOCK}.{{img_mod,txt_mod}}.#",
        f"{_BLOCK}.attn.{{to_q,to_k,to_v,to_out.#,to_add_out,norm_q,norm_k}}",
        f"{_BLOCK}.attn.{{add_q_proj,add_k_proj,add_v_proj,norm_added_q,norm_added_k}}",
        f"{_BLOCK}.{{img_mlp,txt_mlp}}.net.{{#,#.proj}}",
        "__index_timestep_zero__",
    ),
    measures={
        "width": Axis("img_in.weight", 0),
        "channels": Axis("img_in.weight", 1),
        "joint": Axis("txt_in.weight", 1),
        "out": Axis("proj_out.weight", 0),
        "head": Axis("transformer_blocks.0.attn.norm_q.weight", 0),
        "blocks": Blocks("transformer_blocks."),
        "layered": Present("time_text_embed.addition_t_embedding.weight"),
        # Edit 2511: references have the time 0. Only some single files are marked so.
        "zero_cond": Present("__index_timestep_zero__", may_lack=True),
    },
)
_SHAPE = {
    "width": 3072,
    "channels": 64,
    "joint": 3584,
    "blocks": 60,
    "layered": 0,
    "zero_cond": 0,
}
_COUNTS = {"transformer": 20_430_000_000, "text_encoder": 8_292_000_000, "vae": 126_893_000}
_PARAMS = (
    *(name for name in FLOW_DRAWING if name != "guidance_scale"),
    *CACHED,
    "true_cfg_scale",
)


def _network(measures: Mapping[str, int]) -> dict[str, Any]:
    head = measures.get("head", 128)
    seven = head * 7 // 16
    return {
        "in_channels": measures["channels"],
        "out_channels": measures.get("out", 64) // 4,
        "num_layers": measures["blocks"],
        "attention_head_dim": head,
        "num_attention_heads": measures["width"] // head,
        "joint_attention_dim": measures["joint"],
        "axes_dims_rope": (head - 2 * seven, seven, seven),
        "zero_cond_t": bool(measures.get("zero_cond")),
        "use_additional_t_cond": bool(measures.get("layered")),
        "use_layer3d_rope": bool(measures.get("layered")),
    }


_QWEN_IMAGE = Variant(
    "qwen-image",
    "Qwen-Image",
    _SHAPE,
    _COUNTS,
    call={"max_sequence_length": 1024},
    wide={"fp8": 19_111_000},
)
QWEN_IMAGE = Family(
    id="qwen-image",
    label="Qwen-Image",
    architecture="qwen-image",
    class_names=("QwenImagePipeline", "QwenImageImg2ImgPipeline", "QwenImageInpaintPipeline"),
    core="transformer",
    network=_network,
    scheduler={
        "use_dynamic_shifting": True,
        "base_shift": 0.5,
        "max_shift": 0.9,
        "base_image_seq_len": 256,
        "max_image_seq_len": 8192,
        "shift": 1.0,
        "shift_terminal": 0.02,
        "time_shift_type": "exponential",
    },
    components={
        **KREA2.components,
        "text_encoder": Component(
            (("transformers", "Qwen2_5_VLForConditionalGeneration"),), ("qwen2.5-vl-7b",)
        ),
        "transformer": Component((("diffusers", "QwenImageTransformer2DModel"),)),
    },
    modes={
        "generate": Mode("QwenImagePipeline", "qwen_image", (*_PARAMS, *CONTROL, *SIGMAS)),
        "img2img": Mode(
            "QwenImageImg2ImgPipeline", "qwen_image", (*_PARAMS, *IMG2IMG), {"strength": 0.6}
        ),
        **painting("QwenImageInpaintPipeline", "qwen_image", (*_PARAMS, *CONTROL), 0.85),
    },
    sizes=Sizes(multiple=16, smallest=64, largest=2048, pixels=4 << 20),
    defaults={**SQUARE, "num_inference_steps": 50, "true_cfg_scale": 4.0},
    variants=(
        _QWEN_IMAGE,
        replace(_QWEN_IMAGE, id="qwen-image-2512", label="Qwen-Image 2512", hints=("2512",)),
    ),
    signatures=(_DIFFUSERS,),
    lora=Lora(
        targets=("to_q", "to_k", "to_v", "to_out.0", "add_q_proj", "add_k_proj", "add_v_proj"),
        prefixes={},
        names={},
        widths=(
            Width(r"_attn_(to_[qkv]|add_[qkv]_proj|to_out_0|to_add_out)$", "width", 1, 1),
            Width(r"_(img|txt)_mlp_net_0_proj$", "width", 1, 4),
        ),
        blocks={"blocks": r"^transformer_blocks_(\d+)_"},
        words=("qwen-image", "qwen_image", "qwenimage"),
    ),
    prompts=PromptEncoding({"tokenizer": 1024}, "{prompt}<|im_end|>\n<|im_start|>assistant\n"),
    samplers=FLOW,
    wide=r"norm|pos_embed",
    quantization=KREA2.quantization,
    training=training.QWEN_IMAGE,
)

_PROCESSOR = Component((("transformers", "Qwen2VLProcessor"),), optional=True, loaded=False)
_EDIT = replace(
    _QWEN_IMAGE, id="qwen-image-edit", label="Qwen-Image-Edit", hints=("edit",), call={}
)
_PLUS = "QwenImageEditPlusPipeline"
QWEN_IMAGE_EDIT_PLUS = replace(
    QWEN_IMAGE,
    id="qwen-image-edit-plus",
    label="Qwen-Image-Edit Plus",
    class_names=(_PLUS,),
    components={**QWEN_IMAGE.components, "processor": _PROCESSOR},
    modes={
        "edit": Mode(_PLUS, "qwen_image_edit", (*_PARAMS, "image"), references=3),
        **painting(_PLUS, "qwen_image_edit", _PARAMS, 0.85),
    },
    defaults={**QWEN_IMAGE.defaults, "num_inference_steps": 40},
    variants=(
        replace(_EDIT, id="qwen-image-edit-2509", label="Qwen-Image-Edit 2509", hints=("2509",)),
        replace(
            _EDIT,
            id="qwen-image-edit-2511",
            label="Qwen-Image-Edit 2511",
            traits={**_SHAPE, "zero_cond": 1},
            hints=("2511",),
        ),
    ),
    prompts=replace(QWEN_IMAGE.prompts, long_prompt="whole"),
    training=None,
    untrainable="its text encoder reads the image before the edit with each caption",
)

_ONE = "QwenImageEditPipeline"
QWEN_IMAGE_EDIT = replace(
    QWEN_IMAGE_EDIT_PLUS,
    id="qwen-image-edit",
    label="Qwen-Image-Edit",
    class_names=(_ONE,),
    modes={
        "edit": Mode(_ONE, "qwen_image_edit", (*_PARAMS, "image"), references=1),
        **painting(_ONE, "qwen_image_edit", _PARAMS, 0.85),
    },
    defaults=QWEN_IMAGE.defaults,
    variants=(_EDIT,),
)

_LAYERED = "QwenImageLayeredPipeline"
_ONE_IMAGE = ("regions", "measure_drift")
QWEN_IMAGE_LAYERED = replace(
    QWEN_IMAGE_EDIT_PLUS,
    id="qwen-image-layered",
    label="Qwen-Image-Layered",
    class_names=(_LAYERED,),
    # The pipeline computes the shift as the root of the number of tokens.
    scheduler={"use_dynamic_shifting": True, "time_shift_type": "linear"},
    components={
        **QWEN_IMAGE_EDIT_PLUS.components,
        "vae": Component((("diffusers", "AutoencoderKLQwenImage"),), ("vae-qwen-image-layered",)),
    },
    modes={
        "layers": Mode(
            _LAYERED,
            "qwen_image_layered",
            (*(n for n in _PARAMS if n not in _ONE_IMAGE), "image", "layers", "resolution"),
        )
    },
    defaults=QWEN_IMAGE.defaults,
    variants=(
        replace(
            _QWEN_IMAGE,
            id="qwen-image-layered",
            label="Qwen-Image-Layered",
            traits={**_SHAPE, "layered": 1},
            parameters={**_COUNTS, "vae": 126_898_000},
            call={"max_sequence_length": 512},
        ),
    ),
    prompts=replace(QWEN_IMAGE.prompts, windows={"tokenizer": 512}),
    untrainable="it learns from images that are split into layers",
)
