"""Anima: the network of Cosmos-Predict2, and between text encoder and network a conditioner.

The conditioner reads the tokens of T5 beside the states of Qwen3. Names and widths: diffusers
0.42.1 and the files of CircleStone Labs, which hold network and conditioner in one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
from core.models.families.flux2 import FLUX2_KLEIN
from core.models.families.krea2 import KREA2
from core.models.families.parameters import (
    FLOW_DRAWING,
    IMG2IMG,
    RESCALED,
    SIGMAS,
    SQUARE,
    painting,
)
from core.models.families.samplers import FLOW
from core.models.families.signature import Axis, Blocks, Signature

_OWN, _BLOCK = "blocks.#", "transformer_blocks.#"
_INSIDE = {
    **{
        f"{theirs}.{name}": f"{ours}.{target}"
        for theirs, ours in (("self_attn", "attn1"), ("cross_attn", "attn2"))
        for name, target in {
            "q_proj": "to_q",
            "k_proj": "to_k",
            "v_proj": "to_v",
            "output_proj": "to_out.0",
        }.items()
    },
    **{
        f"adaln_modulation_{theirs}.{number}": f"{ours}.linear_{number}"
        for theirs, ours in (("self_attn", "norm1"), ("cross_attn", "norm2"), ("mlp", "norm3"))
        for number in (1, 2)
    },
    "mlp.layer1": "ff.net.0.proj",
    "mlp.layer2": "ff.net.2",
}
_ALONE = {
    "x_embedder.proj.1": "patch_embed.proj",
    "t_embedder.1.linear_1": "time_embed.t_embedder.linear_1",
    "t_embedder.1.linear_2": "time_embed.t_embedder.linear_2",
    "final_layer.linear": "proj_out",
    "final_layer.adaln_modulation.1": "norm_out.linear_1",
    "final_layer.adaln_modulation.2": "norm_out.linear_2",
}
_NAMES = {name: (target,) for name, target in _ALONE.items()} | {
    f"{_OWN}.{name}": (f"{_BLOCK}.{target}",) for name, target in _INSIDE.items()
}
# 16 channels and a mask, in patches of 2 × 2: other networks of Cosmos take more.
_PATCH = (None, 68)
_ORIGINAL = Signature(
    "original",
    needs=(
        "x_embedder.proj.1.weight",
        "blocks.0.adaln_modulation_self_attn.1.weight",
        "llm_adapter.out_proj.weight",  # or it is Cosmos-Predict2, with which Anima draws noise
    ),
    shapes={"x_embedder.proj.1.weight": _PATCH},
    modules=(
        *_NAMES,
        "{x_embedder.proj.#,t_embedder.#.linear_1,t_embedder.#.linear_2,t_embedding_norm}",
        f"{_OWN}.{{self_attn,cross_attn}}.{{q_norm,k_norm}}",
        f"{_OWN}.{{adaln_modulation_self_attn,adaln_modulation_cross_attn,adaln_modulation_mlp}}.#",
        "final_layer.adaln_modulation.#",
        "pos_embedder.{seq,dim_spatial_range,dim_temporal_range}",
        "{accum_video_sample_counter,accum_image_sample_counter,accum_iteration}",
        "accum_train_in_hours",
        "llm_adapter.out_proj",
    ),
    measures={
        "width": Axis("x_embedder.proj.1.weight", 0),
        "joint": Axis("blocks.0.cross_attn.k_proj.weight", 1),
        "head": Axis("blocks.0.self_attn.q_norm.weight", 0),
        "inner": Axis("blocks.0.mlp.layer1.weight", 0),
        "modulation": Axis("blocks.0.adaln_modulation_self_attn.1.weight", 0),
        "blocks": Blocks("blocks."),
    },
)
_DIFFUSERS = Signature(
    "diffusers",
    needs=(
        "patch_embed.proj.weight",
        "time_embed.t_embedder.linear_1.weight",
        "transformer_blocks.0.attn2.to_k.weight",
    ),
    shapes={"patch_embed.proj.weight": _PATCH},
    lacks=("learnable_pos_embed.pos_emb_t",),
    word="anima",  # or it is Cosmos-Predict2, as above; the conditioner is another file
    modules=(
        "{patch_embed.proj,time_embed.norm,proj_out,norm_out.linear_1,norm_out.linear_2}",
        "time_embed.t_embedder.{linear_1,linear_2}",
        f"{_BLOCK}.{{attn1,attn2}}.{{to_q,to_k,to_v,to_out.#,norm_q,norm_k}}",
        f"{_BLOCK}.{{norm1,norm2,norm3}}.{{linear_1,linear_2}}",
        f"{_BLOCK}.ff.net.{{#.proj,#}}",
    ),
    measures={
        "width": Axis("patch_embed.proj.weight", 0),
        "joint": Axis("transformer_blocks.0.attn2.to_k.weight", 1),
        "head": Axis("transformer_blocks.0.attn1.norm_q.weight", 0),
        "inner": Axis("transformer_blocks.0.ff.net.0.proj.weight", 0),
        "modulation": Axis("transformer_blocks.0.norm1.linear_1.weight", 0),
        "blocks": Blocks("transformer_blocks."),
    },
)


def _network(measures: Mapping[str, int]) -> dict[str, Any]:
    head, width = measures.get("head", 128), measures["width"]
    return {
        "in_channels": 16,
        "out_channels": 16,
        "num_attention_heads": width // head,
        "attention_head_dim": head,
        "num_layers": measures["blocks"],
        "mlp_ratio": measures.get("inner", 4 * width) / width,
        "text_embed_dim": measures["joint"],
        "adaln_lora_dim": measures.get("modulation", 256),
        "rope_scale": (1.0, 4.0, 4.0),
        "extra_pos_embed_type": None,
    }


_PIPELINE = "AnimaModularPipeline"
_PARAMS = (*FLOW_DRAWING, *RESCALED)
_PREFIXES = ("net.", "model.diffusion_model.", "diffusion_model.", "")
_CONDITIONER = "llm_adapter"
_SHAPE = {"width": 2048, "joint": 1024, "blocks": 28}
_WIDE = {"fp8": 178_020_000}
_COUNTS = {
    "transformer": 1_956_405_000,
    "text_conditioner": 134_664_000,
    "text_encoder": 596_050_000,
    "vae": 126_893_000,
}
ANIMA = Family(
    id="anima",
    label="Anima",
    architecture="anima",
    class_names=(_PIPELINE,),
    core="transformer",
    network=_network,
    scheduler={"shift": 3.0},
    components={
        "scheduler": KREA2.components["scheduler"],
        "text_encoder": Component((("transformers", "Qwen3Model"),), ("qwen3-0.6b",)),
        "tokenizer": KREA2.components["tokenizer"],
        "t5_tokenizer": Component(
            (("transformers", "T5TokenizerFast"), ("transformers", "T5Tokenizer")),
            ("tokenizer-t5",),
        ),
        "text_conditioner": Component(
            (("diffusers", "AnimaTextConditioner"),), ("anima-text-conditioner",)
        ),
        "transformer": Component((("diffusers", "CosmosTransformer3DModel"),)),
        "vae": KREA2.components["vae"],
    },
    modes={
        "generate": Mode(_PIPELINE, "anima", (*_PARAMS, *SIGMAS)),
        "img2img": Mode(_PIPELINE, "anima", (*_PARAMS, *IMG2IMG), {"strength": 0.6}),
        **painting(_PIPELINE, "anima", _PARAMS, 0.85),
    },
    sizes=Sizes(multiple=16, smallest=64, largest=2048, pixels=4 << 20),
    defaults={**SQUARE, "num_inference_steps": 40, "guidance_scale": 4.0},
    variants=(
        Variant("anima", "Anima", _SHAPE, _COUNTS, wide=_WIDE),
        Variant(
            "anima-turbo",
            "Anima Turbo",
            _SHAPE,
            _COUNTS,
            distilled=True,
            hints=("turbo",),
            defaults={"num_inference_steps": 8, "guidance_scale": 1.0},
            wide=_WIDE,
        ),
    ),
    signatures=(_ORIGINAL, _DIFFUSERS),
    checkpoints=tuple(
        Checkpoint(prefix, {"text_conditioner": (f"{prefix}{_CONDITIONER}.",)})
        for prefix in _PREFIXES
    ),
    lora=Lora(
        targets=("to_q", "to_k", "to_v", "to_out.0"),
        prefixes={
            "text_conditioner": (
                "text_conditioner.",
                f"diffusion_model.{_CONDITIONER}.",
                f"lora_unet_{_CONDITIONER}_",
                f"lycoris_{_CONDITIONER}_",
            )
        },
        names=_NAMES,
        widths=(
            Width(r"_(attn1_to_[qkv]|attn[12]_to_out_0|attn2_to_q)$", "width", 1, 1),
            Width(r"_attn2_to_[kv]$", "joint", 1),
            Width(r"_(self_attn_[qkv]_proj|cross_attn_q_proj|attn_output_proj)$", "width", 1, 1),
            Width(r"_cross_attn_[kv]_proj$", "joint", 1),
        ),
        blocks={"blocks": r"^(?:transformer_)?blocks_(\d+)_"},
        words=("anima",),
    ),
    prompts=PromptEncoding({"tokenizer": 512}),
    samplers=FLOW,
    untrainable="the studio has no trainer for it yet",
    wide=r"norm|adaln_modulation|patch_embed|^proj_out\.|^x_embedder\.proj|^final_layer\.linear",
    quantization=FLUX2_KLEIN.quantization,
)
