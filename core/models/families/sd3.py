"""Stable Diffusion 3.5: large, large turbo and medium.

Widths and layouts: diffusers 0.42.1 and Stability AI's reference code (sd3.5). Turbo has large's
shapes and no mark in its config, so only a name distinguishes them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from core.models.families import lora_names, training
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
from core.models.families.parameters import (
    CONTROL,
    FLOW_DRAWING,
    IMG2IMG,
    LATENTS,
    SIGMAS,
    SQUARE,
    painting,
)
from core.models.families.samplers import FLOW
from core.models.families.signature import Axis, Blocks, Present, Signature

_ORIGINAL = Signature(
    "original",
    needs=(
        "x_embedder.proj.weight",
        "context_embedder.weight",
        "joint_blocks.0.x_block.attn.qkv.weight",
    ),
    modules=(
        "{pos_embed,x_embedder.proj,context_embedder,register_length}",
        "{t_embedder,y_embedder}.mlp.#",
        "joint_blocks.#.{x_block,context_block}.attn.{qkv,proj,ln_q,ln_k}",
        "joint_blocks.#.x_block.attn2.{qkv,proj,ln_q,ln_k}",
        "joint_blocks.#.{x_block,context_block}.mlp.{fc1,fc2}",
        "joint_blocks.#.{x_block,context_block}.adaLN_modulation.#",
        "final_layer.{linear,adaLN_modulation.#}",
    ),
    measures={
        "width": Axis("context_embedder.weight", 0),
        "joint": Axis("context_embedder.weight", 1),
        "blocks": Blocks("joint_blocks."),
        "positions": Axis("pos_embed", 1),
        "normed": Present("joint_blocks.0.x_block.attn.ln_q.weight"),
        "dual": Blocks("joint_blocks.", "x_block.attn2.qkv.weight"),
        "head": Axis("joint_blocks.0.x_block.attn.ln_q.weight", 0),
        "channels": Axis("x_embedder.proj.weight", 1),
        "pooled": Axis("y_embedder.mlp.0.weight", 1),
    },
)
_DIFFUSERS = Signature(
    "diffusers",
    needs=(
        "pos_embed.proj.weight",
        "context_embedder.weight",
        "time_text_embed.text_embedder.linear_1.weight",
        "transformer_blocks.0.attn.add_q_proj.weight",
    ),
    modules=(
        "pos_embed.{pos_embed,proj}",
        "{context_embedder,proj_out,norm_out.linear}",
        "time_text_embed.{timestep_embedder,text_embedder}.{linear_1,linear_2}",
        "transformer_blocks.#.{norm1,norm1_context}.linear",
        "transformer_blocks.#.{attn,attn2}.{to_q,to_k,to_v,to_out.#,norm_q,norm_k}",
        "transformer_blocks.#.attn.{add_q_proj,add_k_proj,add_v_proj,to_add_out}",
        "transformer_blocks.#.attn.{norm_added_q,norm_added_k}",
        "transformer_blocks.#.{ff,ff_context}.net.{#,#.proj}",
    ),
    measures={
        "width": Axis("context_embedder.weight", 0),
        "joint": Axis("context_embedder.weight", 1),
        "blocks": Blocks("transformer_blocks."),
        "positions": Axis("pos_embed.pos_embed", 1),
        "normed": Present("transformer_blocks.0.attn.norm_q.weight"),
        "dual": Blocks("transformer_blocks.", "attn2.to_q.weight"),
        "head": Axis("transformer_blocks.0.attn.norm_q.weight", 0),
        "channels": Axis("pos_embed.proj.weight", 1),
        "pooled": Axis("time_text_embed.text_embedder.linear_1.weight", 1),
    },
)
_LARGE = {"width": 2432, "joint": 4096, "blocks": 38, "normed": 1, "dual": 0}
_MEDIUM = {"width": 1536, "joint": 4096, "blocks": 24, "normed": 1, "dual": 13}
_ENCODERS = {
    "text_encoder": 123_000_000,
    "text_encoder_2": 695_000_000,
    "text_encoder_3": 4_762_000_000,
    "vae": 83_820_000,
}
_COUNTS_LARGE = {"transformer": 8_057_000_000, **_ENCODERS}
_COUNTS_MEDIUM = {"transformer": 2_243_000_000, **_ENCODERS}
_WIDE_LARGE = {"fp8": 2_686_667_000, "nf4": 2_933_000}
_WIDE_MEDIUM = {"fp8": 767_476_000, "nf4": 1_349_000}
_PARAMS = (*FLOW_DRAWING, "max_sequence_length", "clip_skip")
_CLIP_TOKENIZER = (("transformers", "CLIPTokenizer"), ("transformers", "CLIPTokenizerFast"))
_CLIP_MODEL = (("transformers", "CLIPTextModelWithProjection"),)


def _network(measures: Mapping[str, int]) -> dict[str, Any]:
    head = measures.get("head", 64)
    return {
        "num_layers": measures["blocks"],
        "num_attention_heads": measures["width"] // head,
        "attention_head_dim": head,
        "in_channels": measures["channels"],
        "out_channels": measures["channels"],
        "joint_attention_dim": measures["joint"],
        "caption_projection_dim": measures["width"],
        "pooled_projection_dim": measures.get("pooled", 2048),
        "pos_embed_max_size": math.isqrt(measures["positions"]),
        "qk_norm": "rms_norm" if measures["normed"] else None,
        "dual_attention_layers": tuple(range(measures["dual"])),
    }


SD3 = Family(
    id="sd3",
    label="Stable Diffusion 3.5",
    architecture="sd3",
    class_names=(
        "StableDiffusion3Pipeline",
        "StableDiffusion3Img2ImgPipeline",
        "StableDiffusion3InpaintPipeline",
    ),
    core="transformer",
    network=_network,
    scheduler={"shift": 3.0},
    components={
        "scheduler": Component((("diffusers", "FlowMatchEulerDiscreteScheduler"),)),
        "text_encoder": Component(_CLIP_MODEL, ("clip-l",)),
        "tokenizer": Component(_CLIP_TOKENIZER, ("tokenizer-clip",)),
        "text_encoder_2": Component(_CLIP_MODEL, ("clip-g",)),
        "tokenizer_2": Component(_CLIP_TOKENIZER, ("tokenizer-clip",), padding="!"),
        "text_encoder_3": Component(
            (("transformers", "T5EncoderModel"),), ("t5-xxl",), optional=True
        ),
        "tokenizer_3": Component(
            (("transformers", "T5TokenizerFast"), ("transformers", "T5Tokenizer")),
            ("tokenizer-t5",),
            optional=True,
        ),
        "transformer": Component((("diffusers", "SD3Transformer2DModel"),)),
        "vae": Component((("diffusers", "AutoencoderKL"),), ("vae-sd3",)),
        "image_encoder": Component(
            (("transformers", "SiglipVisionModel"),), optional=True, loaded=False
        ),
        "feature_extractor": Component(
            (("transformers", "SiglipImageProcessor"),), optional=True, loaded=False
        ),
    },
    modes={
        "generate": Mode(
            "StableDiffusion3Pipeline", "sd3", (*_PARAMS, *SIGMAS, *CONTROL, *LATENTS)
        ),
        "img2img": Mode(
            "StableDiffusion3Img2ImgPipeline",
            "sd3",
            (*_PARAMS, *IMG2IMG, *LATENTS),
            {"strength": 0.6},
        ),
        **painting("StableDiffusion3InpaintPipeline", "sd3", _PARAMS, 0.6),
    },
    sizes=Sizes(multiple=16, smallest=64, largest=2048, pixels=2 << 20),
    defaults={**SQUARE, "num_inference_steps": 28, "guidance_scale": 4.5},
    variants=(
        Variant(
            "sd35-large",
            "Stable Diffusion 3.5 large",
            _LARGE,
            _COUNTS_LARGE,
            wide=_WIDE_LARGE,
            call={"max_sequence_length": 256},
        ),
        Variant(
            "sd35-large-turbo",
            "Stable Diffusion 3.5 large turbo",
            _LARGE,
            _COUNTS_LARGE,
            wide=_WIDE_LARGE,
            distilled=True,
            hints=("turbo",),
            defaults={"num_inference_steps": 4, "guidance_scale": 1.0},
            call={"max_sequence_length": 256},
        ),
        Variant(
            "sd35-medium",
            "Stable Diffusion 3.5 medium",
            _MEDIUM,
            _COUNTS_MEDIUM,
            wide=_WIDE_MEDIUM,
            defaults={"num_inference_steps": 40},
            call={"max_sequence_length": 256},
        ),
    ),
    signatures=(_ORIGINAL, _DIFFUSERS),
    checkpoints=(
        Checkpoint(
            "model.diffusion_model.",
            {
                "text_encoder": ("text_encoders.clip_l.transformer.",),
                "text_encoder_2": ("text_encoders.clip_g.transformer.",),
                "text_encoder_3": ("text_encoders.t5xxl.transformer.",),
                "vae": ("first_stage_model.", "vae."),
            },
        ),
    ),
    lora=Lora(
        targets=(
            "attn.to_q",
            "attn.to_k",
            "attn.to_v",
            "attn.to_out.0",
            "attn.add_q_proj",
            "attn.add_k_proj",
            "attn.add_v_proj",
            "attn.to_add_out",
        ),
        prefixes={
            "text_encoder": ("lora_te1_", "text_encoder.", lora_names.CLIP_L),
            "text_encoder_2": ("lora_te2_", "text_encoder_2.", lora_names.CLIP_G),
            "text_encoder_3": ("lora_te3_", "text_encoder_3.", lora_names.T5),
        },
        names=lora_names.SD3,
        widths=(
            Width(r"(x|context)_block_attn2?_qkv$", "width", 1, 3),
            Width(r"(x|context)_block_attn2?_proj$", "width", 1, 1),
            Width(r"block_mlp_fc1$", "width", 1, 4),
            Width(r"attn2?_to_[qkv]$", "width", 1, 1),
            Width(r"attn_add_[qkv]_proj$", "width", 1, 1),
            Width(r"attn2?_(to_out_0|to_add_out)$", "width", 1, 1),
            Width(r"ff(_context)?_net_0_proj$", "width", 1, 4),
            Width(r"ff(_context)?_net_2$", "width", 4, 1),
        ),
        blocks={"blocks": r"^(?:joint_blocks|transformer_blocks)_(\d+)_"},
        words=("sd3", "stable-diffusion-v3", "stable-diffusion-3"),
    ),
    # Without T5, only the two CLIP encoders read the prompt.
    prompts=PromptEncoding({"tokenizer_3": 256, "tokenizer": 77}),
    samplers=FLOW,
    training=training.SD3,
    quantization=(
        {"text_encoder_3": "fp8"},
        {"text_encoder_3": "nf4"},
        {"transformer": "fp8", "text_encoder_3": "fp8"},
        {"transformer": "nf4", "text_encoder_3": "nf4"},
    ),
)
