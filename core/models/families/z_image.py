"""Z-Image: the base and its distillation Turbo, which have the same shapes.

Names and widths: diffusers 0.42.1 and the files of Tongyi-MAI.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.models.families import training
from core.models.families.family import (
    Checkpoint,
    Component,
    Family,
    Lora,
    Mode,
    PromptEncoding,
    Sizes,
    Variant,
    Width,
)
from core.models.families.flux1 import FLUX1
from core.models.families.flux2 import FLUX2_KLEIN
from core.models.families.parameters import CONTROL, FLOW_DRAWING, IMG2IMG, SIGMAS, SQUARE, painting
from core.models.families.samplers import FLOW
from core.models.families.signature import Axis, Blocks, Signature

_STACKS = "{layers,noise_refiner,context_refiner}.#"
_EMBEDDERS = (
    "{x_pad_token,cap_pad_token,t_embedder.mlp.#,cap_embedder.#}",
    f"{_STACKS}.feed_forward.{{w1,w2,w3}}",
    f"{_STACKS}.{{attention_norm1,attention_norm2,ffn_norm1,ffn_norm2}}",
    f"{_STACKS}.adaLN_modulation.#",
)
_LAST = "layers.0.adaLN_modulation.0.weight"
_ORIGINAL = Signature(
    "original",
    needs=("x_embedder.weight", "cap_embedder.1.weight", "layers.0.attention.qkv.weight", _LAST),
    modules=(
        *_EMBEDDERS,
        "{x_embedder,final_layer.linear,final_layer.adaLN_modulation.#,norm_final}",
        f"{_STACKS}.attention.{{qkv,out,q_norm,k_norm}}",
    ),
    measures={
        "width": Axis("x_embedder.weight", 0),
        "channels": Axis("x_embedder.weight", 1),
        "joint": Axis("cap_embedder.1.weight", 1),
        "head": Axis("layers.0.attention.q_norm.weight", 0),
        "blocks": Blocks("layers."),
        "refiners": Blocks("noise_refiner."),
    },
)
_DIFFUSERS = Signature(
    "diffusers",
    needs=(
        "all_x_embedder.2-1.weight",
        "cap_embedder.1.weight",
        "layers.0.attention.to_q.weight",
        _LAST,
    ),
    modules=(
        *_EMBEDDERS,
        "all_x_embedder.2-1",
        "all_final_layer.2-1.{linear,adaLN_modulation.#}",
        f"{_STACKS}.attention.{{to_q,to_k,to_v,to_out.#,norm_q,norm_k}}",
    ),
    measures={
        "width": Axis("all_x_embedder.2-1.weight", 0),
        "channels": Axis("all_x_embedder.2-1.weight", 1),
        "joint": Axis("cap_embedder.1.weight", 1),
        "head": Axis("layers.0.attention.norm_q.weight", 0),
        "blocks": Blocks("layers."),
        "refiners": Blocks("noise_refiner."),
    },
)
_SHAPE = {"width": 3840, "channels": 64, "joint": 2560, "blocks": 30}
_COUNTS = {"transformer": 6_155_000_000, "text_encoder": 4_022_000_000, "vae": 83_820_000}
_CALL = {"max_sequence_length": 512}
_WIDE = {"fp8": 10_901_000}


def _network(measures: Mapping[str, int]) -> dict[str, Any]:
    head = measures.get("head", 128)
    eighth = head // 8
    return {
        "in_channels": measures["channels"] // 4,
        "dim": measures["width"],
        "n_layers": measures["blocks"],
        "n_refiner_layers": measures.get("refiners", 2),
        "n_heads": measures["width"] // head,
        "n_kv_heads": measures["width"] // head,
        "cap_feat_dim": measures["joint"],
        "axes_dims": [head - 6 * eighth, 3 * eighth, 3 * eighth],
        "axes_lens": [1536, 512, 512],
    }


_QKV = ("to_q", "to_k", "to_v")
_NAMES = {
    "x_embedder": ("all_x_embedder.2-1",),
    "final_layer.linear": ("all_final_layer.2-1.linear",),
    "final_layer.adaLN_modulation.1": ("all_final_layer.2-1.adaLN_modulation.1",),
} | {
    f"{stack}.#.attention.{name}": tuple(f"{stack}.#.attention.{target}" for target in targets)
    for stack in ("layers", "noise_refiner", "context_refiner")
    for name, targets in (("qkv", _QKV), ("out", ("to_out.0",)))
}

Z_IMAGE = Family(
    id="z-image",
    label="Z-Image",
    architecture="z-image",
    class_names=("ZImagePipeline", "ZImageImg2ImgPipeline", "ZImageInpaintPipeline"),
    core="transformer",
    network=_network,
    scheduler={"shift": 6.0},
    components={
        "scheduler": FLUX2_KLEIN.components["scheduler"],
        "text_encoder": Component(
            (("transformers", "Qwen3ForCausalLM"), ("transformers", "Qwen3Model")), ("qwen3-4b",)
        ),
        "tokenizer": FLUX2_KLEIN.components["tokenizer"],
        "transformer": Component((("diffusers", "ZImageTransformer2DModel"),)),
        "vae": FLUX1.components["vae"],
    },
    modes={
        "generate": Mode("ZImagePipeline", "z_image", (*FLOW_DRAWING, *CONTROL, *SIGMAS)),
        "img2img": Mode(
            "ZImageImg2ImgPipeline", "z_image", (*FLOW_DRAWING, *IMG2IMG), {"strength": 0.6}
        ),
        **painting("ZImageInpaintPipeline", "z_image", (*FLOW_DRAWING, *CONTROL), 0.85),
    },
    sizes=Sizes(multiple=16, smallest=64, largest=2048, pixels=4 << 20),
    defaults={**SQUARE, "num_inference_steps": 40, "guidance_scale": 5.0},
    variants=(
        Variant("z-image", "Z-Image", _SHAPE, _COUNTS, call=_CALL, wide=_WIDE),
        Variant(
            "z-image-turbo",
            "Z-Image Turbo",
            _SHAPE,
            _COUNTS,
            distilled=True,
            hints=("turbo",),
            defaults={"num_inference_steps": 8, "guidance_scale": 1.0},
            scheduler={"shift": 3.0},
            call=_CALL,
            wide=_WIDE,
        ),
    ),
    signatures=(_ORIGINAL, _DIFFUSERS),
    checkpoints=(
        Checkpoint(
            "model.diffusion_model.",
            {
                "text_encoder": ("text_encoders.qwen3_4b.transformer.",),
                "vae": ("vae.", "first_stage_model."),
            },
        ),
    ),
    lora=Lora(
        targets=(*_QKV, "to_out.0", "w1", "w2", "w3"),
        prefixes={},
        names=_NAMES,
        widths=(
            Width(r"_attention_(to_[qkv]|to_out_0|out)$", "width", 1, 1),
            Width(r"_attention_qkv$", "width", 1, 3),
        ),
        blocks={"blocks": r"^layers_(\d+)_"},
        words=("z-image", "zimage", "z_image"),
    ),
    prompts=PromptEncoding(
        {"tokenizer": 512}, "<|im_start|>user\n{prompt}<|im_end|>\n<|im_start|>assistant\n"
    ),
    samplers=FLOW,
    wide=r"norm|t_embedder|cap_embedder|pad_token",
    quantization=FLUX2_KLEIN.quantization,
    training=training.Z_IMAGE,
)
