"""Chroma: FLUX.1 without the modulation in its blocks, one text encoder, real guidance.

Widths and pipelines: diffusers 0.42.1 and the files of Lodestone Rock (Chroma1). The base has the
shapes of the large one, so only a file's name distinguishes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core.models.families import lora_names, training
from core.models.families.family import (
    Checkpoint,
    Component,
    Family,
    Mode,
    PromptEncoding,
    Variant,
)
from core.models.families.flux1 import FLUX1
from core.models.families.parameters import CACHED, FLOW_DRAWING, IMG2IMG, SIGMAS, SQUARE, painting
from core.models.families.samplers import FLOW
from core.models.families.signature import Axis, Blocks, Signature

_GUIDE = "distilled_guidance_layer.in_proj.weight"
_ORIGINAL = Signature(
    "original",
    needs=("img_in.weight", "double_blocks.0.img_attn.norm.key_norm.scale", _GUIDE),
    modules=(
        "{img_in,txt_in}",
        "distilled_guidance_layer.{in_proj,out_proj,norms.#}",
        "distilled_guidance_layer.layers.#.{in_layer,out_layer}",
        "double_blocks.#.{img_attn,txt_attn}.{qkv,proj,norm.query_norm,norm.key_norm}",
        "double_blocks.#.{img_mlp,txt_mlp}.#",
        "single_blocks.#.{linear1,linear2,norm.query_norm,norm.key_norm}",
        "final_layer.linear",
    ),
    measures={
        "width": Axis("img_in.weight", 0),
        "channels": Axis("img_in.weight", 1),
        "joint": Axis("txt_in.weight", 1),
        "out": Axis("final_layer.linear.weight", 0),
        "head": Axis("double_blocks.0.img_attn.norm.key_norm.scale", 0),
        "double": Blocks("double_blocks."),
        "single": Blocks("single_blocks."),
        "guide_width": Axis(_GUIDE, 0),
        "guide_channels": Axis(_GUIDE, 1),
        "guide": Blocks("distilled_guidance_layer.layers."),
    },
)
_DIFFUSERS = Signature(
    "diffusers",
    needs=("x_embedder.weight", "transformer_blocks.0.attn.add_q_proj.weight", _GUIDE),
    modules=(
        "{x_embedder,context_embedder,proj_out}",
        "distilled_guidance_layer.{in_proj,out_proj,norms.#}",
        "distilled_guidance_layer.layers.#.{linear_1,linear_2}",
        "transformer_blocks.#.attn.{to_q,to_k,to_v,to_out.#,to_add_out}",
        "transformer_blocks.#.attn.{add_q_proj,add_k_proj,add_v_proj}",
        "transformer_blocks.#.attn.{norm_q,norm_k,norm_added_q,norm_added_k}",
        "transformer_blocks.#.{ff,ff_context}.net.{#,#.proj}",
        "single_transformer_blocks.#.{proj_mlp,proj_out}",
        "single_transformer_blocks.#.attn.{norm_q,norm_k,to_q,to_k,to_v}",
    ),
    measures={
        "width": Axis("x_embedder.weight", 0),
        "channels": Axis("x_embedder.weight", 1),
        "joint": Axis("context_embedder.weight", 1),
        "out": Axis("proj_out.weight", 0),
        "head": Axis("transformer_blocks.0.attn.norm_q.weight", 0),
        "double": Blocks("transformer_blocks."),
        "single": Blocks("single_transformer_blocks."),
        "guide_width": Axis(_GUIDE, 0),
        "guide_channels": Axis(_GUIDE, 1),
        "guide": Blocks("distilled_guidance_layer.layers."),
    },
)
_PARAMS = (*FLOW_DRAWING, *CACHED, "max_sequence_length")
_HD = Variant(
    "chroma1-hd",
    "Chroma1 HD",
    {"width": 3072, "channels": 64, "joint": 4096, "double": 19, "single": 38},
    {"transformer": 8_900_000_000, "text_encoder": 4_762_000_000, "vae": 83_820_000},
    call={"max_sequence_length": 512},
)


def _network(measures: Mapping[str, int]) -> dict[str, Any]:
    head = measures["head"]
    return {
        "in_channels": measures["channels"],
        "out_channels": measures.get("out", measures["channels"]),
        "num_layers": measures["double"],
        "num_single_layers": measures["single"],
        "num_attention_heads": measures["width"] // head,
        "attention_head_dim": head,
        "joint_attention_dim": measures["joint"],
        "axes_dims_rope": (head // 8, head * 7 // 16, head * 7 // 16),
        "approximator_num_channels": measures.get("guide_channels", 64),
        "approximator_hidden_dim": measures.get("guide_width", 5120),
        "approximator_layers": measures["guide"],
    }


CHROMA = Family(
    id="chroma",
    label="Chroma",
    architecture="chroma",
    class_names=("ChromaPipeline", "ChromaImg2ImgPipeline", "ChromaInpaintPipeline"),
    core="transformer",
    network=_network,
    scheduler={"shift": 3.0},
    components={
        "scheduler": FLUX1.components["scheduler"],
        "text_encoder": FLUX1.components["text_encoder_2"],
        "tokenizer": FLUX1.components["tokenizer_2"],
        "transformer": Component((("diffusers", "ChromaTransformer2DModel"),)),
        "vae": FLUX1.components["vae"],
        "image_encoder": FLUX1.components["image_encoder"],
        "feature_extractor": FLUX1.components["feature_extractor"],
    },
    modes={
        "generate": Mode("ChromaPipeline", "chroma", (*_PARAMS, *SIGMAS)),
        "img2img": Mode("ChromaImg2ImgPipeline", "chroma", (*_PARAMS, *IMG2IMG), {"strength": 0.6}),
        **painting("ChromaInpaintPipeline", "chroma", _PARAMS, 0.85),
    },
    sizes=FLUX1.sizes,
    defaults={**SQUARE, "num_inference_steps": 40, "guidance_scale": 3.0},
    variants=(
        _HD,
        replace(
            _HD,
            id="chroma1-base",
            label="Chroma1 Base",
            hints=("base",),
            defaults={"width": 512, "height": 512},
        ),
    ),
    signatures=(_ORIGINAL, _DIFFUSERS),
    checkpoints=(
        Checkpoint(
            "model.diffusion_model.",
            {
                "text_encoder": ("text_encoders.t5xxl.transformer.",),
                "vae": ("vae.", "first_stage_model."),
            },
        ),
    ),
    lora=replace(
        FLUX1.lora,
        prefixes={
            "text_encoder": ("lora_te1_", "lora_te3_", "lora_te_", "text_encoder.", lora_names.T5)
        },
        names=lora_names.CHROMA,
        # Trained modules have the names and the sides of FLUX.1's.
        words=("chroma1", "chroma-", "chroma_", "chroma/", "chroma ", "lodestone"),
        only_by_words=True,
    ),
    prompts=PromptEncoding({"tokenizer": 512}),
    samplers=FLOW,
    training=training.CHROMA,
    quantization=(
        {"text_encoder": "fp8"},
        {"transformer": "fp8", "text_encoder": "fp8"},
        {"transformer": "fp8", "text_encoder": "nf4"},
        {"transformer": "nf4", "text_encoder": "nf4"},
    ),
)
