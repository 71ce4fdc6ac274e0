"""FLUX.2: klein and its bases, and dev. The number of blocks and the text width distinguish them.

Widths and layouts: diffusers 0.42.1 and the reference code of Black Forest Labs (flux2). A base
klein has the shapes of the distilled one, so only a file's name distinguishes the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core.models.families import lora_names, training
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
from core.models.families.parameters import (
    ATTENDED,
    CACHED,
    CONTROL,
    FLOW_DRAWING,
    IMG2IMG,
    SIGMAS,
    SQUARE,
    painting,
)
from core.models.families.samplers import FLOW
from core.models.families.signature import Axis, Blocks, Measure, Present, Signature

_BLOCKS = (
    "double_blocks.#.{img_attn,txt_attn}.{qkv,proj,norm.query_norm,norm.key_norm}",
    "double_blocks.#.{img_mlp,txt_mlp}.#",
    "single_blocks.#.{linear1,linear2,norm.query_norm,norm.key_norm}",
)
_HEAD = "double_blocks.0.img_attn.norm.key_norm.scale"
_EMBEDDERS: Mapping[str, Measure] = {
    "width": Axis("x_embedder.weight", 0),
    "channels": Axis("x_embedder.weight", 1),
    "joint": Axis("context_embedder.weight", 1),
}
_TIME = "time_guidance_embed.{timestep_embedder,guidance_embedder}.{linear_1,linear_2}"
_ORIGINAL = Signature(
    "original",
    needs=("img_in.weight", "single_stream_modulation.lin.weight", _HEAD),
    modules=(
        "{img_in,txt_in}",
        "{time_in,guidance_in}.{in_layer,out_layer}",
        "{double_stream_modulation_img,double_stream_modulation_txt,single_stream_modulation}.lin",
        *_BLOCKS,
        "final_layer.{linear,adaLN_modulation.#}",
    ),
    measures={
        "width": Axis("img_in.weight", 0),
        "channels": Axis("img_in.weight", 1),
        "joint": Axis("txt_in.weight", 1),
        "head": Axis(_HEAD, 0),
        "double": Blocks("double_blocks."),
        "single": Blocks("single_blocks."),
        "guidance": Present("guidance_in.in_layer.weight"),
    },
)
# Files that some tools wrote: blocks as in the original, embedders named as in diffusers. Those of
# the guidance may be lost, so only the other measures tell whether the model guides.
_ALPHA = Signature(
    "alpha",
    needs=("x_embedder.weight", "context_embedder.weight", _HEAD),
    lacks=("double_blocks.0.img_mod.lin.weight",),
    modules=(
        "{x_embedder,context_embedder,proj_out,norm_out.linear}",
        _TIME,
        "time_guidance_embed.{linear_1,linear_2,in_layer,out_layer}",
        "{double_stream_modulation_img,double_stream_modulation_txt}.{lin,linear}",
        "single_stream_modulation.{lin,linear}",
        *_BLOCKS,
        "final_layer.{linear,adaLN_modulation.#}",
    ),
    measures={
        **_EMBEDDERS,
        "head": Axis(_HEAD, 0),
        "double": Blocks("double_blocks."),
        "single": Blocks("single_blocks."),
    },
)
_DIFFUSERS = Signature(
    "diffusers",
    needs=(
        "x_embedder.weight",
        "single_stream_modulation.linear.weight",
        "single_transformer_blocks.0.attn.to_qkv_mlp_proj.weight",
    ),
    modules=(
        "{x_embedder,context_embedder,proj_out,norm_out.linear}",
        _TIME,
        "{double_stream_modulation_img,double_stream_modulation_txt}.linear",
        "single_stream_modulation.linear",
        "transformer_blocks.#.attn.{to_q,to_k,to_v,to_out.#,to_add_out}",
        "transformer_blocks.#.attn.{add_q_proj,add_k_proj,add_v_proj}",
        "transformer_blocks.#.attn.{norm_q,norm_k,norm_added_q,norm_added_k}",
        "transformer_blocks.#.{ff,ff_context}.{linear_in,linear_out}",
        "single_transformer_blocks.#.attn.{norm_q,norm_k,to_out,to_qkv_mlp_proj}",
    ),
    measures={
        **_EMBEDDERS,
        "guidance": Present("time_guidance_embed.guidance_embedder.linear_1.weight"),
        "head": Axis("transformer_blocks.0.attn.norm_q.weight", 0),
        "double": Blocks("transformer_blocks."),
        "single": Blocks("single_transformer_blocks."),
    },
)

_GUIDED = (*ATTENDED, *CACHED, *CONTROL)
_SHIFTED = {
    "shift": 3.0,
    "use_dynamic_shifting": True,
    "base_shift": 0.5,
    "max_shift": 1.15,
    "base_image_seq_len": 256,
    "max_image_seq_len": 4096,
    "time_shift_type": "exponential",
}
_4B = {"width": 3072, "joint": 7680, "double": 5, "single": 20, "guidance": 0}
_9B = {"width": 4096, "joint": 12288, "double": 8, "single": 24, "guidance": 0}
_DEV = {"width": 6144, "joint": 15360, "double": 8, "single": 48, "guidance": 1}
_COUNTS_4B = {"transformer": 3_876_000_000, "text_encoder": 4_022_000_000, "vae": 84_046_000}
_COUNTS_9B = {"transformer": 9_079_000_000, "text_encoder": 8_191_000_000, "vae": 84_046_000}
_COUNTS_DEV = {"transformer": 32_223_000_000, "text_encoder": 24_011_000_000, "vae": 84_046_000}
_DISTILLED = {"num_inference_steps": 4, "guidance_scale": 1.0}
_BASE = {"num_inference_steps": 50, "guidance_scale": 4.0}
# The texts that diffusers 0.42.1 makes of a prompt by the chat templates of the encoders.
_QWEN_CHAT = "<|im_start|>user\n{prompt}<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"
_MISTRAL_CHAT = (
    "<s>[SYSTEM_PROMPT]You are an AI that reasons about image descriptions. You give structured "
    "responses focusing on object relationships, object\nattribution and actions without "
    "speculation.[/SYSTEM_PROMPT][INST]{prompt}[/INST]"
)
_CALL = {"max_sequence_length": 512}
_KLEIN_4B = Variant(
    "flux2-klein-4b",
    "FLUX.2 klein 4B",
    _4B,
    _COUNTS_4B,
    distilled=True,
    defaults=_DISTILLED,
    call=_CALL,
    parts={"text_encoder": "qwen3-4b"},
    wide={"fp8": 19_275_000},
)
_KLEIN_9B = replace(
    _KLEIN_4B,
    id="flux2-klein-9b",
    label="FLUX.2 klein 9B",
    traits=_9B,
    parameters=_COUNTS_9B,
    parts={"text_encoder": "qwen3-8b"},
    wide={"fp8": 34_089_000},
)


def _network(measures: Mapping[str, int]) -> dict[str, Any]:
    return {
        "in_channels": measures.get("channels", 128),
        "num_layers": measures["double"],
        "num_single_layers": measures["single"],
        "num_attention_heads": measures["width"] // measures["head"],
        "attention_head_dim": measures["head"],
        "joint_attention_dim": measures["joint"],
        "guidance_embeds": bool(measures.get("guidance")),
    }


FLUX2_KLEIN = Family(
    id="flux2-klein",
    label="FLUX.2 klein",
    architecture="flux2",
    class_names=("Flux2KleinPipeline", "Flux2KleinInpaintPipeline"),
    core="transformer",
    network=_network,
    scheduler=_SHIFTED,
    components={
        "scheduler": Component((("diffusers", "FlowMatchEulerDiscreteScheduler"),)),
        "text_encoder": Component(
            (("transformers", "Qwen3ForCausalLM"),), ("qwen3-4b", "qwen3-8b")
        ),
        "tokenizer": Component(
            (("transformers", "Qwen2TokenizerFast"), ("transformers", "Qwen2Tokenizer")),
            ("tokenizer-qwen",),
        ),
        "transformer": Component((("diffusers", "Flux2Transformer2DModel"),)),
        "vae": Component((("diffusers", "AutoencoderKLFlux2"),), ("vae-flux2",)),
    },
    modes={
        "generate": Mode(
            "Flux2KleinPipeline", "flux2", (*_GUIDED, *SIGMAS), batch_function="generate_batch"
        ),
        "img2img": Mode("Flux2KleinPipeline", "flux2", (*_GUIDED, *IMG2IMG), {"strength": 0.6}),
        "edit": Mode(
            "Flux2KleinPipeline", "flux2", (*FLOW_DRAWING, *CACHED, "image"), references=4
        ),
        **painting("Flux2KleinInpaintPipeline", "flux2", _GUIDED, 0.8),
    },
    sizes=Sizes(multiple=16, smallest=64, largest=2048, pixels=4 << 20),
    defaults={**SQUARE, **_BASE, "num_inference_steps": 4},
    variants=(
        _KLEIN_4B,
        replace(
            _KLEIN_4B,
            id="flux2-klein-base-4b",
            label="FLUX.2 klein base 4B",
            distilled=False,
            hints=("base",),
            defaults=_BASE,
        ),
        _KLEIN_9B,
        replace(
            _KLEIN_9B,
            id="flux2-klein-base-9b",
            label="FLUX.2 klein base 9B",
            distilled=False,
            hints=("base",),
            defaults=_BASE,
        ),
    ),
    signatures=(_ORIGINAL, _ALPHA, _DIFFUSERS),
    lora=Lora(
        targets=("to_k", "to_q", "to_v", "to_out.0", "to_qkv_mlp_proj", "attn.to_out"),
        prefixes={},
        names=lora_names.FLUX2,
        widths=(
            Width(r"(img|txt)_attn_qkv$", "width", 1, 3),
            Width(r"(img|txt)_attn_proj$", "width", 1, 1),
            Width(r"transformer_blocks_\d+_attn_to_[qkv]$", "width", 1, 1),
            Width(r"attn_add_[qkv]_proj$", "width", 1, 1),
            Width(r"attn_(to_out_0|to_add_out)$", "width", 1, 1),
            Width(r"mlp_0$", "width", 1, 6),
            Width(r"mlp_2$", "width", 3, 1),
            Width(r"_linear1$", "width", 1, 9),
            Width(r"_linear2$", "width", 4, 1),
            Width(r"ff(_context)?_linear_in$", "width", 1, 6),
            Width(r"ff(_context)?_linear_out$", "width", 3, 1),
            Width(r"to_qkv_mlp_proj$", "width", 1, 9),
            Width(r"single_transformer_blocks_\d+_attn_to_out$", "width", 4, 1),
            Width(r"^(context_embedder|txt_in)$", "joint", 1),
        ),
        blocks={
            "double": r"^(?:double_blocks|transformer_blocks)_(\d+)_",
            "single": r"^single_(?:transformer_)?blocks_(\d+)_",
        },
        words=("flux2", "flux.2", "flux-2", "flux_2", "klein"),
    ),
    prompts=PromptEncoding({"tokenizer": 512}, _QWEN_CHAT),
    samplers=FLOW,
    quantization=(
        {"text_encoder": "fp8"},
        {"transformer": "fp8", "text_encoder": "fp8"},
        {"transformer": "fp8", "text_encoder": "nf4"},
        {"transformer": "nf4", "text_encoder": "nf4"},
    ),
    guided=frozenset({"guidance_scale", "negative_prompt"}),
    training=training.FLUX2,
)

_KV = "Flux2KleinKVPipeline"
# Trained to compute the keys and values of references once, in the first step.
FLUX2_KLEIN_KV = replace(
    FLUX2_KLEIN,
    id="flux2-klein-kv",
    label="FLUX.2 klein KV",
    class_names=(_KV,),
    modes={
        "generate": Mode(_KV, "flux2", (*FLOW_DRAWING, *SIGMAS)),
        "img2img": Mode(_KV, "flux2", (*FLOW_DRAWING, *IMG2IMG), {"strength": 0.6}),
        "edit": Mode(_KV, "flux2", (*FLOW_DRAWING, "image"), references=4),
        **painting(_KV, "flux2", FLOW_DRAWING, 0.85),
    },
    variants=(
        replace(
            _KLEIN_9B, id="flux2-klein-9b-kv", label="FLUX.2 klein 9B KV", hints=("-kv", "_kv")
        ),
    ),
    training=None,
    untrainable="it computes references once, in its first step, which no training does",
)

_DEV_PARAMS = tuple(name for name in (*ATTENDED, *CACHED) if name != "negative_prompt")
FLUX2_DEV = replace(
    FLUX2_KLEIN,
    id="flux2-dev",
    label="FLUX.2",
    class_names=("Flux2Pipeline",),
    components={
        **FLUX2_KLEIN.components,
        "text_encoder": Component(
            (("transformers", "Mistral3ForConditionalGeneration"),), ("mistral-small",)
        ),
        "tokenizer": Component(
            (
                ("transformers", "PixtralProcessor"),
                ("transformers", "AutoProcessor"),
                ("transformers", "PreTrainedTokenizerFast"),
            ),
            ("tokenizer-mistral",),
        ),
        # Files in the alpha layout lack the guidance embedder; zeros add nothing.
        "transformer": replace(
            FLUX2_KLEIN.components["transformer"],
            zeros={
                f"time_guidance_embed.guidance_embedder.{name}": (
                    f"time_guidance_embed.timestep_embedder.{name}"
                )
                for name in ("linear_1.weight", "linear_2.weight")
            },
        ),
    },
    modes={
        "generate": Mode(
            "Flux2Pipeline", "flux2", (*_DEV_PARAMS, *SIGMAS), batch_function="generate_batch"
        ),
        "img2img": Mode("Flux2Pipeline", "flux2", (*_DEV_PARAMS, *IMG2IMG), {"strength": 0.6}),
        "edit": Mode("Flux2Pipeline", "flux2", (*_DEV_PARAMS, "image"), references=10),
        **painting("Flux2Pipeline", "flux2", _DEV_PARAMS, 0.85),
    },
    defaults={**SQUARE, **_BASE},
    prompts=PromptEncoding({"tokenizer": 512}, _MISTRAL_CHAT),
    variants=(
        Variant(
            "flux2-dev",
            "FLUX.2 dev",
            _DEV,
            _COUNTS_DEV,
            call=_CALL,
            parts={"text_encoder": "mistral-small"},
            wide={"fp8": 76_300_000},
        ),
    ),
    quantization=(
        {"text_encoder": "fp8"},
        {"text_encoder": "nf4"},
        {"transformer": "fp8", "text_encoder": "fp8"},
        {"transformer": "fp8", "text_encoder": "nf4"},
        {"transformer": "nf4", "text_encoder": "nf4"},
    ),
    guided=frozenset({"guidance_scale"}),
)
