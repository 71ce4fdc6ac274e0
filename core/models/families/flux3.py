"""FLUX.3 klein and its base. The distilled one also reads the time that each step jumps to.

Names and widths: diffusers 0.42.1. The language model that rewrites prompts is not used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
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
from core.models.families.flux2 import FLUX2_KLEIN
from core.models.families.parameters import (
    FLOW_DRAWING,
    IMG2IMG,
    RESCALED,
    SIGMAS,
    SQUARE,
    painting,
)
from core.models.families.samplers import FLOW
from core.models.families.signature import Axis, Blocks, Present, Signature

_MODES = "{image,image_cond}"
_BLOCKS = {
    "content_mode_blocks.image.#": "mode_blocks.image.#",
    "content_mode_blocks.image_cond.#": "mode_blocks.image_cond.#",
    "txt_mode_blocks.#": "txt_mode_blocks.#",
    "single_blocks.#": "single_transformer_blocks.#",
}
_INSIDE = {
    "q_proj": "attn.to_q",
    "k_proj": "attn.to_k",
    "v_proj": "attn.to_v",
    "attn_out": "attn.to_out.0",
    "mlp_in": "ff.linear_in",
    "mlp_out": "ff.linear_out",
}
_NAMES = {
    f"{block}.{name}": (f"{own}.{target}",)
    for block, own in _BLOCKS.items()
    for name, target in _INSIDE.items()
}
_MODULATIONS = "{early_stream_modulations,single_stream_modulations}.{image,image_cond,txt}"
_ORIGINAL = Signature(
    "original",
    needs=(
        "emb_in.image.weight",
        "txt_in.weight",
        "early_stream_modulations.image.lin.weight",
        "single_blocks.0.q_proj.weight",
    ),
    modules=(
        *_NAMES,
        *(f"{block}.norm.{{query_norm,key_norm}}" for block in _BLOCKS),
        "txt_in",
        f"emb_in.{_MODES}",
        "{time_in,ref_time_in}.{in_layer,out_layer}",
        f"{_MODULATIONS}.lin",
        "final_layer.image.{linear,adaLN_modulation.#}",
    ),
    measures={
        "width": Axis("emb_in.image.weight", 0),
        "channels": Axis("emb_in.image.weight", 1),
        "joint": Axis("txt_in.weight", 1),
        "head": Axis("single_blocks.0.norm.query_norm.scale", 0),
        "inner": Axis("single_blocks.0.mlp_out.weight", 1),
        "blocks": Blocks("txt_mode_blocks."),
        "single": Blocks("single_blocks."),
        "flow_map": Present("ref_time_in.in_layer.weight"),
    },
)
_DIFFUSERS = Signature(
    "diffusers",
    needs=(
        "x_embedders.image.weight",
        "context_embedder.weight",
        "early_stream_modulations.image.linear.weight",
        "single_transformer_blocks.0.attn.to_q.weight",
    ),
    modules=(
        *(target for targets in _NAMES.values() for target in targets),
        *(f"{own}.attn.{{norm_q,norm_k,to_out.#}}" for own in _BLOCKS.values()),
        "{context_embedder,proj_out,norm_out.linear}",
        f"x_embedders.{_MODES}",
        "{timestep_embedder,target_timestep_embedder}.{linear_1,linear_2}",
        f"{_MODULATIONS}.linear",
    ),
    measures={
        "width": Axis("x_embedders.image.weight", 0),
        "channels": Axis("x_embedders.image.weight", 1),
        "joint": Axis("context_embedder.weight", 1),
        "head": Axis("single_transformer_blocks.0.attn.norm_q.weight", 0),
        "inner": Axis("single_transformer_blocks.0.ff.linear_out.weight", 1),
        "blocks": Blocks("txt_mode_blocks."),
        "single": Blocks("single_transformer_blocks."),
        "flow_map": Present("target_timestep_embedder.linear_1.weight"),
    },
)
_SHAPE = {
    "width": 3072,
    "channels": 128,
    "joint": 20480,
    "blocks": 5,
    "single": 28,
    "flow_map": 1,
}
_WIDE = {"fp8": 19_279_000}
_COUNTS = {"transformer": 5_548_682_000, "text_encoder": 4_437_816_000, "vae": 84_046_000}


def _network(measures: Mapping[str, int]) -> dict[str, Any]:
    head = measures.get("head", 128)
    return {
        "in_channels": measures["channels"],
        "num_layers": measures["blocks"],
        "num_single_layers": measures["single"],
        "attention_head_dim": head,
        "num_attention_heads": measures["width"] // head,
        "joint_attention_dim": measures["joint"],
        "mlp_ratio": measures.get("inner", 3 * measures["width"]) / measures["width"],
        "axes_dims_rope": (head // 4,) * 4,
        "flow_map": bool(measures["flow_map"]),
    }


def _modes(pipeline: str, parameters: tuple[str, ...]) -> dict[str, Mode]:
    return {
        "generate": Mode(pipeline, "flux3", (*parameters, *SIGMAS)),
        "img2img": Mode(pipeline, "flux3", (*parameters, *IMG2IMG), {"strength": 0.6}),
        "edit": Mode(pipeline, "flux3", (*parameters, "image"), references=10),
        **painting(pipeline, "flux3", parameters, 0.85),
    }


_PROCESSORS = ("AutoProcessor", "Qwen3VLProcessor")
_UNGUIDED = tuple(n for n in FLOW_DRAWING if n not in ("guidance_scale", "negative_prompt"))
FLUX3_KLEIN = Family(
    id="flux3-klein",
    label="FLUX.3 klein",
    architecture="flux3",
    class_names=("Flux3DistilledModularPipeline",),
    core="transformer",
    network=_network,
    scheduler={"shift": 6.93},
    components={
        # Folders bring none: diffusers makes it by settings of its own, those of `scheduler`.
        "scheduler": replace(FLUX2_KLEIN.components["scheduler"], optional=True),
        # The text model alone, as Krea 2 loads it, so that both share it.
        "text_encoder": Component(
            (("transformers", "Qwen3VLModel"), ("transformers", "Qwen3VLForConditionalGeneration")),
            ("qwen3-vl-4b",),
        ),
        "tokenizer": Component(
            (
                *FLUX2_KLEIN.components["tokenizer"].classes,
                *(("transformers", name) for name in _PROCESSORS),
            ),
            ("tokenizer-qwen",),
        ),
        "transformer": Component((("diffusers", "Flux3Transformer2DModel"),)),
        "vae": FLUX2_KLEIN.components["vae"],
        "prompt_upsampler": Component(
            (("transformers", "Qwen3_5ForConditionalGeneration"),), optional=True, loaded=False
        ),
        "prompt_upsampler_processor": Component(
            tuple(("transformers", name) for name in _PROCESSORS), optional=True, loaded=False
        ),
    },
    modes=_modes("Flux3DistilledModularPipeline", _UNGUIDED),
    sizes=Sizes(multiple=16, smallest=64, largest=2048, pixels=4 << 20),
    defaults={**SQUARE, "num_inference_steps": 16},
    variants=(Variant("flux3-klein", "FLUX.3 klein", _SHAPE, _COUNTS, wide=_WIDE),),
    signatures=(_ORIGINAL, _DIFFUSERS),
    lora=Lora(
        targets=("to_q", "to_k", "to_v", "to_out.0"),
        prefixes={},
        names=_NAMES,
        widths=(Width(r"_(attn_to_[qkv]|attn_to_out_0|[qkv]_proj|attn_out)$", "width", 1, 1),),
        blocks={
            "blocks": r"^(?:content_|txt_)?mode_blocks_(?:image_cond_|image_)?(\d+)_",
            "single": r"^single_(?:transformer_)?blocks_(\d+)_",
        },
        words=("flux3", "flux.3", "flux-3", "flux_3"),
    ),
    prompts=PromptEncoding(
        {"tokenizer": 8192},
        "<|im_start|>user\n{prompt}<|im_end|>\n<|im_start|>assistant\n",
    ),
    samplers=FLOW,
    wide=r"norm|adaLN_modulation|^proj_out\.|^final_layer\.image\.linear",
    quantization=FLUX2_KLEIN.quantization,
    untrainable="the studio has no trainer for it yet",
)
_BASE = "Flux3ModularPipeline"
FLUX3_KLEIN_BASE = replace(
    FLUX3_KLEIN,
    id="flux3-klein-base",
    label="FLUX.3 klein base",
    class_names=(_BASE,),
    modes=_modes(_BASE, (*FLOW_DRAWING, *RESCALED)),
    defaults={**SQUARE, "num_inference_steps": 50, "guidance_scale": 3.5},
    variants=(
        Variant(
            "flux3-klein-base",
            "FLUX.3 klein base",
            {**_SHAPE, "flow_map": 0},
            {**_COUNTS, "transformer": 5_538_458_000},
            wide=_WIDE,
        ),
    ),
)
