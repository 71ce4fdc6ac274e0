"""FLUX.1: dev and schnell, Kontext, Fill. One network, three pipelines.

Widths and pipelines: diffusers 0.42.1 and the reference code of Black Forest Labs (flux). Kontext
has dev's shapes to the number, so only a file's name distinguishes them.
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
    Lora,
    Mode,
    PromptEncoding,
    Sizes,
    Variant,
    Width,
)
from core.models.families.parameters import (
    ATTENDED,
    CACHED,
    CONTROL,
    FLOW_DRAWING,
    IMG2IMG,
    LATENTS,
    REFERENCE,
    SIGMAS,
    SQUARE,
    painting,
)
from core.models.families.samplers import FLOW
from core.models.families.signature import Axis, Blocks, Present, Signature

_ORIGINAL = Signature(
    "original",
    needs=(
        "img_in.weight",
        "double_blocks.0.img_attn.norm.key_norm.scale",
        "double_blocks.0.img_mod.lin.weight",
        "vector_in.in_layer.weight",
    ),
    lacks=("distilled_guidance_layer.in_proj.weight",),
    shapes={"vector_in.in_layer.weight": (None, 768)},
    modules=(
        "{img_in,txt_in}",
        "{time_in,vector_in,guidance_in}.{in_layer,out_layer}",
        "double_blocks.#.{img_mod,txt_mod}.lin",
        "double_blocks.#.{img_attn,txt_attn}.{qkv,proj,norm.query_norm,norm.key_norm}",
        "double_blocks.#.{img_mlp,txt_mlp}.#",
        "single_blocks.#.{linear1,linear2,modulation.lin,norm.query_norm,norm.key_norm}",
        "final_layer.{linear,adaLN_modulation.#}",
    ),
    measures={
        "width": Axis("img_in.weight", 0),
        "channels": Axis("img_in.weight", 1),
        "joint": Axis("txt_in.weight", 1),
        "pooled": Axis("vector_in.in_layer.weight", 1),
        "out": Axis("final_layer.linear.weight", 0),
        "head": Axis("double_blocks.0.img_attn.norm.key_norm.scale", 0),
        "double": Blocks("double_blocks."),
        "single": Blocks("single_blocks."),
        "guidance": Present("guidance_in.in_layer.weight"),
    },
)
_DIFFUSERS = Signature(
    "diffusers",
    needs=(
        "x_embedder.weight",
        "time_text_embed.text_embedder.linear_1.weight",
        "transformer_blocks.0.attn.add_q_proj.weight",
        "single_transformer_blocks.0.proj_mlp.weight",
    ),
    shapes={"time_text_embed.text_embedder.linear_1.weight": (None, 768)},
    modules=(
        "{x_embedder,context_embedder,proj_out,norm_out.linear}",
        "time_text_embed.{timestep_embedder,guidance_embedder,text_embedder}.{linear_1,linear_2}",
        "transformer_blocks.#.{norm1,norm1_context}.linear",
        "transformer_blocks.#.attn.{to_q,to_k,to_v,to_out.#,to_add_out}",
        "transformer_blocks.#.attn.{add_q_proj,add_k_proj,add_v_proj}",
        "transformer_blocks.#.attn.{norm_q,norm_k,norm_added_q,norm_added_k}",
        "transformer_blocks.#.{ff,ff_context}.net.{#,#.proj}",
        "single_transformer_blocks.#.{norm.linear,proj_mlp,proj_out}",
        "single_transformer_blocks.#.attn.{norm_q,norm_k,to_q,to_k,to_v}",
    ),
    measures={
        "width": Axis("x_embedder.weight", 0),
        "channels": Axis("x_embedder.weight", 1),
        "joint": Axis("context_embedder.weight", 1),
        "pooled": Axis("time_text_embed.text_embedder.linear_1.weight", 1),
        "out": Axis("proj_out.weight", 0),
        "head": Axis("transformer_blocks.0.attn.norm_q.weight", 0),
        "double": Blocks("transformer_blocks."),
        "single": Blocks("single_transformer_blocks."),
        "guidance": Present("time_text_embed.guidance_embedder.linear_1.weight"),
    },
)
_SHIFTED = {
    "shift": 3.0,
    "use_dynamic_shifting": True,
    "base_shift": 0.5,
    "max_shift": 1.15,
    "base_image_seq_len": 256,
    "max_image_seq_len": 4096,
}
SHAPE = {"width": 3072, "joint": 4096, "double": 19, "single": 38}
_DEV = {**SHAPE, "channels": 64, "guidance": 1}
PARAMETERS = {
    "transformer": 11_901_000_000,
    "text_encoder": 123_000_000,
    "text_encoder_2": 4_762_000_000,
    "vae": 83_820_000,
}
WIDE = {"fp8": 3_247_664_000, "nf4": 3_085_000}
CALL = {"max_sequence_length": 512}
_PARAMS = (*ATTENDED, *CACHED, "true_cfg_scale", "max_sequence_length")


def _pipeline(pipeline: str, extra: tuple[str, ...] = (), **defaults: Any) -> Mode:
    return Mode(pipeline, "flux1", (*_PARAMS, *extra), defaults)


def _network(measures: Mapping[str, int]) -> dict[str, Any]:
    return {
        "in_channels": measures["channels"],
        "out_channels": measures.get("out", 64),
        "num_layers": measures["double"],
        "num_single_layers": measures["single"],
        "num_attention_heads": measures["width"] // measures["head"],
        "attention_head_dim": measures["head"],
        "joint_attention_dim": measures["joint"],
        "pooled_projection_dim": measures.get("pooled", 768),
        "guidance_embeds": bool(measures["guidance"]),
    }


FLUX1 = Family(
    id="flux1",
    label="FLUX.1",
    architecture="flux1",
    class_names=("FluxPipeline", "FluxImg2ImgPipeline", "FluxInpaintPipeline"),
    core="transformer",
    network=_network,
    scheduler=_SHIFTED,
    components={
        "scheduler": Component((("diffusers", "FlowMatchEulerDiscreteScheduler"),)),
        "text_encoder": Component((("transformers", "CLIPTextModel"),), ("clip-l",)),
        "tokenizer": Component(
            (("transformers", "CLIPTokenizer"), ("transformers", "CLIPTokenizerFast")),
            ("tokenizer-clip",),
        ),
        "text_encoder_2": Component((("transformers", "T5EncoderModel"),), ("t5-xxl",)),
        "tokenizer_2": Component(
            (("transformers", "T5TokenizerFast"), ("transformers", "T5Tokenizer")),
            ("tokenizer-t5",),
        ),
        "transformer": Component((("diffusers", "FluxTransformer2DModel"),)),
        "vae": Component((("diffusers", "AutoencoderKL"),), ("vae-flux1",)),
        "image_encoder": Component(
            (("transformers", "CLIPVisionModelWithProjection"),), optional=True, loaded=False
        ),
        "feature_extractor": Component(
            (("transformers", "CLIPImageProcessor"),), optional=True, loaded=False
        ),
    },
    modes={
        "generate": _pipeline("FluxPipeline", (*CONTROL, *REFERENCE, *SIGMAS, *LATENTS)),
        "img2img": _pipeline(
            "FluxImg2ImgPipeline", (*IMG2IMG, *CONTROL, *REFERENCE, *LATENTS), strength=0.6
        ),
        **painting("FluxInpaintPipeline", "flux1", (*_PARAMS, *CONTROL, *REFERENCE), 0.85),
    },
    sizes=Sizes(multiple=16, smallest=64, largest=2048, pixels=4 << 20),
    defaults={**SQUARE, "num_inference_steps": 28, "guidance_scale": 3.5, "true_cfg_scale": 1.0},
    variants=(
        Variant("flux1-dev", "FLUX.1 dev", _DEV, PARAMETERS, call=CALL, wide=WIDE),
        Variant(
            "flux1-krea-dev",
            "FLUX.1 Krea dev",
            _DEV,
            PARAMETERS,
            hints=("krea",),
            defaults={"guidance_scale": 4.5},
            call=CALL,
            wide=WIDE,
        ),
        Variant(
            "flux1-schnell",
            "FLUX.1 schnell",
            {**SHAPE, "channels": 64, "guidance": 0},
            PARAMETERS,
            distilled=True,
            defaults={"num_inference_steps": 4},
            call={"max_sequence_length": 256},
            scheduler={"shift": 1.0, "use_dynamic_shifting": False},
            wide=WIDE,
        ),
    ),
    signatures=(_ORIGINAL, _DIFFUSERS),
    checkpoints=(
        Checkpoint(
            "model.diffusion_model.",
            {
                "text_encoder": ("text_encoders.clip_l.transformer.",),
                "text_encoder_2": ("text_encoders.t5xxl.transformer.",),
                "vae": ("vae.", "first_stage_model."),
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
            "ff.net.0.proj",
            "ff.net.2",
            "ff_context.net.0.proj",
            "ff_context.net.2",
        ),
        prefixes={
            "text_encoder": ("lora_te1_", "text_encoder.", lora_names.CLIP_L),
            # Two trainers number T5 differently.
            "text_encoder_2": ("lora_te2_", "lora_te3_", "text_encoder_2.", lora_names.T5),
        },
        names=lora_names.FLUX1,
        widths=(
            Width(r"(img|txt)_attn_qkv$", "width", 1, 3),
            Width(r"(img|txt)_attn_proj$", "width", 1, 1),
            Width(r"transformer_blocks_\d+_attn_to_[qkv]$", "width", 1, 1),
            Width(r"attn_add_[qkv]_proj$", "width", 1, 1),
            Width(r"attn_(to_out_0|to_add_out)$", "width", 1, 1),
            Width(r"mlp_0$", "width", 1, 4),
            Width(r"mlp_2$", "width", 4, 1),
            Width(r"_linear1$", "width", 1, 7),
            Width(r"_linear2$", "width", 5, 1),
            Width(r"ff(_context)?_net_0_proj$", "width", 1, 4),
            Width(r"ff(_context)?_net_2$", "width", 4, 1),
            Width(r"_proj_mlp$", "width", 1, 4),
            Width(r"single_transformer_blocks_\d+_proj_out$", "width", 5, 1),
            Width(r"(img|txt)_mod_lin$", "width", 1, 6),
            Width(r"modulation_lin$", "width", 1, 3),
            Width(r"norm1(_context)?_linear$", "width", 1, 6),
        ),
        blocks={
            "double": r"^(?:double_blocks|transformer_blocks)_(\d+)_",
            "single": r"^single_(?:transformer_)?blocks_(\d+)_",
        },
        control_channels=128,
        words=("flux1", "flux.1", "flux-1", "flux_1", "flux1-dev", "kontext", "schnell"),
    ),
    # The encoder behind `tokenizer` adds one vector for the whole prompt, from its first 77 tokens.
    prompts=PromptEncoding({"tokenizer_2": 512}),
    samplers=FLOW,
    quantization=(
        {"text_encoder_2": "fp8"},
        {"transformer": "fp8", "text_encoder_2": "fp8"},
        {"transformer": "fp8", "text_encoder_2": "nf4"},
        {"transformer": "nf4", "text_encoder_2": "nf4"},
    ),
    guided=frozenset({"guidance_scale"}),
    training=training.FLUX1,
)

_REFERENCE = (*_PARAMS, "image")
FLUX1_KONTEXT = replace(
    FLUX1,
    id="flux1-kontext",
    label="FLUX.1 Kontext",
    class_names=("FluxKontextPipeline", "FluxKontextInpaintPipeline"),
    modes={
        "generate": Mode("FluxKontextPipeline", "flux1_kontext", _PARAMS),
        "img2img": FLUX1.modes["img2img"],  # the same network, given nothing to look at
        # It looks at one image: several are laid side by side, which it reads up to a few.
        "edit": Mode("FluxKontextPipeline", "flux1_kontext", _REFERENCE, references=4),
        **painting("FluxKontextInpaintPipeline", "flux1_kontext", _PARAMS, 1.0),
    },
    defaults={**FLUX1.defaults, "guidance_scale": 2.5},
    training=None,
    untrainable="it learns from pairs of images, for which FLUX.2 is the base",
    variants=(
        Variant(
            "flux1-kontext-dev",
            "FLUX.1 Kontext dev",
            _DEV,
            PARAMETERS,
            hints=("kontext",),
            call=CALL,
            wide=WIDE,
        ),
    ),
)

_FILL = tuple(name for name in FLOW_DRAWING if name != "negative_prompt")
FLUX1_FILL = replace(
    FLUX1,
    id="flux1-fill",
    label="FLUX.1 Fill",
    class_names=("FluxFillPipeline",),
    modes=painting("FluxFillPipeline", "flux1_fill", (*_FILL, *CACHED, "max_sequence_length"), 1.0),
    defaults={**SQUARE, "num_inference_steps": 50, "guidance_scale": 30.0},
    training=None,
    untrainable="the mask and the masked image are inputs of its network",
    guided=frozenset({"guidance_scale"}),
    variants=(
        Variant(
            "flux1-fill-dev",
            "FLUX.1 Fill dev",
            {**SHAPE, "channels": 384, "guidance": 1},
            PARAMETERS,
            call=CALL,
            wide=WIDE,
        ),
    ),
)
