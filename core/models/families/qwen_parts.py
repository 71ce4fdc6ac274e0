"""The vision-language text encoders of Qwen and the VAEs of Qwen-Image, which families share.

Names: transformers' configurations of the published encoders, `AutoencoderKLQwenImage` and its
successor for 2.1 in diffusers 0.42.1, and the files of Wan 2.1, whose VAE has the same layout.
"""

from __future__ import annotations

from dataclasses import replace

from core.models.families.part import Part
from core.models.families.signature import Axis, Blocks, Signature

_QWEN3_MODEL = Signature(
    "transformers",
    needs=("embed_tokens.weight", "layers.0.self_attn.q_norm.weight"),
    modules=(
        "{embed_tokens,norm}",
        "layers.#.{input_layernorm,post_attention_layernorm}",
        "layers.#.self_attn.{q_proj,k_proj,v_proj,o_proj,q_norm,k_norm}",
        "layers.#.mlp.{gate_proj,up_proj,down_proj}",
    ),
    measures={"width": Axis("embed_tokens.weight", 1), "layers": Blocks("layers.")},
)
_ANIMA_CONDITIONER = Signature(
    "diffusers",
    needs=("embed.weight", "out_proj.weight", "blocks.0.cross_attn.q_norm.weight"),
    modules=(
        "{embed,in_proj,out_proj,norm}",
        "blocks.#.{norm_self_attn,norm_cross_attn,norm_mlp,mlp.#}",
        "blocks.#.{self_attn,cross_attn}.{q_proj,k_proj,v_proj,o_proj,q_norm,k_norm}",
    ),
    measures={"width": Axis("embed.weight", 1), "layers": Blocks("blocks.")},
)


def _qwen3_vl(stem: str, *others: str) -> Signature:
    """The layout with `stem` before the names of both towers, and `others` beside them."""
    text, vision = f"{stem}language_model", f"{stem}visual"
    return Signature(
        "transformers",
        needs=(
            f"{text}.embed_tokens.weight",
            f"{text}.layers.0.self_attn.q_norm.weight",
            f"{vision}.patch_embed.proj.weight",
        ),
        modules=(
            *others,
            f"{text}.{{embed_tokens,norm}}",
            f"{text}.layers.#.self_attn.{{q_proj,k_proj,v_proj,o_proj,q_norm,k_norm}}",
            f"{text}.layers.#.mlp.{{gate_proj,up_proj,down_proj}}",
            f"{text}.layers.#.{{input_layernorm,post_attention_layernorm}}",
            f"{vision}.{{patch_embed.proj,pos_embed}}",
            f"{vision}.blocks.#.{{norm1,norm2,attn.qkv,attn.proj,mlp.linear_fc1,mlp.linear_fc2}}",
            f"{vision}.{{merger,deepstack_merger_list.#}}.{{norm,linear_fc1,linear_fc2}}",
        ),
        measures={
            "width": Axis(f"{text}.embed_tokens.weight", 1),
            "layers": Blocks(f"{text}.layers."),
        },
    )


def _qwen2_5_vl(layout: str, text: str, vision: str) -> Signature:
    """The layout with these names of its two towers: published files have other ones."""
    return Signature(
        layout,
        needs=(
            f"{text}.embed_tokens.weight",
            f"{text}.layers.0.self_attn.q_proj.weight",
            f"{vision}.patch_embed.proj.weight",
        ),
        modules=(
            f"{text}.{{embed_tokens,norm}}",
            "lm_head",
            f"{text}.layers.#.self_attn.{{q_proj,k_proj,v_proj,o_proj}}",
            f"{text}.layers.#.mlp.{{gate_proj,up_proj,down_proj}}",
            f"{text}.layers.#.{{input_layernorm,post_attention_layernorm}}",
            f"{vision}.{{patch_embed.proj,merger.ln_q,merger.mlp.#}}",
            f"{vision}.blocks.#.{{norm1,norm2,attn.qkv,attn.proj}}",
            f"{vision}.blocks.#.mlp.{{gate_proj,up_proj,down_proj}}",
        ),
        measures={
            "width": Axis(f"{text}.embed_tokens.weight", 1),
            "layers": Blocks(f"{text}.layers."),
        },
    )


_PUBLISHED_2_5_VL = _qwen2_5_vl("published", "model", "visual")
_VAE_SIDES = "{encoder,decoder}"
_VAE_DIFFUSERS = Signature(
    "diffusers",
    needs=("decoder.conv_in.weight", "decoder.mid_block.resnets.0.norm1.gamma"),
    modules=(
        f"{_VAE_SIDES}.{{conv_in,conv_out,norm_out.gamma}}",
        "{quant_conv,post_quant_conv}",
        f"{_VAE_SIDES}.mid_block.attentions.#.{{norm.gamma,to_qkv,proj}}",
        f"{_VAE_SIDES}.mid_block.resnets.#.{{norm1.gamma,norm2.gamma,conv1,conv2}}",
        "encoder.down_blocks.#.{norm1.gamma,norm2.gamma,conv1,conv2,conv_shortcut}",
        "encoder.down_blocks.#.{resample.#,time_conv}",
        "decoder.up_blocks.#.resnets.#.{norm1.gamma,norm2.gamma,conv1,conv2,conv_shortcut}",
        "decoder.up_blocks.#.upsamplers.#.{resample.#,time_conv}",
    ),
    measures={
        "latents": Axis("decoder.conv_in.weight", 1),
        "channels": Axis("encoder.conv_in.weight", 1),
    },
)
_VAE_ORIGINAL = Signature(
    "original",
    needs=("decoder.conv1.weight", "decoder.middle.0.residual.0.gamma"),
    modules=(
        "{conv1,conv2,encoder.conv1,decoder.conv1}",
        f"{_VAE_SIDES}.head.{{#,#.gamma}}",
        f"{_VAE_SIDES}.middle.#.{{residual.#,residual.#.gamma,norm.gamma,to_qkv,proj}}",
        "{encoder.downsamples,decoder.upsamples}.#.{residual.#,residual.#.gamma,shortcut}",
        "{encoder.downsamples,decoder.upsamples}.#.{resample.#,time_conv}",
    ),
    measures={
        "latents": Axis("decoder.conv1.weight", 1),
        "channels": Axis("encoder.conv1.weight", 1),
    },
)
_VAE_21 = Signature(
    "diffusers",
    needs=("decoder.conv_in.weight", "encoder.down_blocks.0.resnets.0.norm1.gamma"),
    modules=(
        f"{_VAE_SIDES}.{{conv_in,conv_out,norm_out.gamma}}",
        "{quant_conv,post_quant_conv}",
        f"{_VAE_SIDES}.mid_block.attentions.#.{{norm.gamma,to_qkv,proj}}",
        f"{_VAE_SIDES}.mid_block.resnets.#.{{norm1.gamma,norm2.gamma,conv1,conv2}}",
        "{encoder.down_blocks,decoder.up_blocks}.#.resnets.#"
        ".{norm1.gamma,norm2.gamma,conv1,conv2,conv_shortcut}",
        "{encoder.down_blocks.#.downsampler,decoder.up_blocks.#.upsampler}.{resample.#,time_conv}",
    ),
    measures={
        "latents": Axis("decoder.conv_in.weight", 1),
        "channels": Axis("encoder.conv_in.weight", 1),
    },
)
_ROPE = {"rope_type": "default", "rope_theta": 5_000_000, "mrope_interleaved": True}
_TEXT_4B = {
    "vocab_size": 151936,
    "hidden_size": 2560,
    "intermediate_size": 9728,
    "num_hidden_layers": 36,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "max_position_embeddings": 262144,
    "rms_norm_eps": 1e-6,
    "tie_word_embeddings": True,
    "rope_parameters": {**_ROPE, "mrope_section": [24, 20, 20]},
}
QWEN3_VL_4B = Part(
    "qwen3-vl-4b",
    "Qwen3-VL 4B text encoder",
    "text_encoder",
    (_qwen3_vl(""),),
    {"width": 2560, "layers": 36},
    4_437_816_000,  # with the vision tower, which transformers loads
    config={"model_type": "qwen3_vl"},
    build={
        "text_config": _TEXT_4B,
        "vision_config": {
            "depth": 24,
            "hidden_size": 1024,
            "intermediate_size": 4096,
            "num_heads": 16,
            "out_hidden_size": 2560,
            "deepstack_visual_indexes": [5, 11, 17],
        },
    },
    wide={"fp8": 804_500_000, "nf4": 393_458_000},
)
_VISION_8B = {
    "depth": 27,
    "hidden_size": 1152,
    "intermediate_size": 4304,
    "num_heads": 16,
    "out_hidden_size": 4096,
    "deepstack_visual_indexes": [8, 16, 24],
}
QWEN3_VL_8B = Part(
    "qwen3-vl-8b",
    "Qwen3-VL 8B text encoder",
    "text_encoder",
    (_qwen3_vl("model.", "lm_head"),),
    {"width": 4096, "layers": 36},
    8_767_124_000,  # with the vision tower
    config={"model_type": "qwen3_vl"},
    build={
        "text_config": {
            **_TEXT_4B,
            "hidden_size": 4096,
            "intermediate_size": 12288,
            "tie_word_embeddings": False,
        },
        "vision_config": _VISION_8B,
        "tie_word_embeddings": False,
    },
    wide={"fp8": 1_821_356_000, "nf4": 1_249_854_000},
)
QWEN2_5_VL_7B = Part(
    "qwen2.5-vl-7b",
    "Qwen2.5-VL 7B text encoder",
    "text_encoder",
    (_qwen2_5_vl("transformers", "model.language_model", "model.visual"), _PUBLISHED_2_5_VL),
    {"width": 3584, "layers": 28},
    8_292_167_000,  # with the vision tower
    config={"model_type": "qwen2_5_vl"},
    build={
        "text_config": {
            "vocab_size": 152064,
            "hidden_size": 3584,
            "intermediate_size": 18944,
            "num_hidden_layers": 28,
            "num_attention_heads": 28,
            "num_key_value_heads": 4,
            "max_position_embeddings": 128000,
            "rms_norm_eps": 1e-6,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 1_000_000,
                "mrope_section": [16, 24, 24],
            },
        },
        "vision_config": {
            "depth": 32,
            "hidden_size": 1280,
            "intermediate_size": 3420,
            "num_heads": 16,
            "out_hidden_size": 3584,
            "window_size": 112,
            "fullatt_block_indexes": [7, 15, 23, 31],
        },
        "tie_word_embeddings": False,
    },
    wide={"fp8": 1_766_749_000, "nf4": 1_092_349_000},
)
QWEN3_06B = Part(
    "qwen3-0.6b",
    "Qwen3 0.6B base text encoder",
    "text_encoder",
    (_QWEN3_MODEL,),
    {"width": 1024, "layers": 28},
    596_050_000,
    config={"model_type": "qwen3", "hidden_size": 1024},
    build={
        "vocab_size": 151936,
        "hidden_size": 1024,
        "intermediate_size": 3072,
        "num_hidden_layers": 28,
        "num_attention_heads": 16,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "max_position_embeddings": 32768,
        "rms_norm_eps": 1e-6,
        "rope_parameters": {"rope_type": "default", "rope_theta": 1_000_000.0},
    },
    wide={"fp8": 155_648_000, "nf4": 155_648_000},
)
ANIMA_CONDITIONER = Part(
    "anima-text-conditioner",
    "Anima text conditioner",
    "text_encoder",
    (_ANIMA_CONDITIONER,),
    {"width": 1024, "layers": 6},
    134_664_000,
    build={"num_layers": 6},
)
VAE_QWEN_IMAGE = Part(
    "vae-qwen-image",
    "Qwen-Image VAE",
    "vae",
    (_VAE_ORIGINAL, _VAE_DIFFUSERS),
    {"latents": 16, "channels": 3},
    126_893_000,
    config={"z_dim": 16},
    build={"base_dim": 96, "z_dim": 16},
)
VAE_QWEN_IMAGE_LAYERED = replace(
    VAE_QWEN_IMAGE,
    id="vae-qwen-image-layered",
    label="Qwen-Image-Layered VAE",
    traits={"latents": 16, "channels": 4},
    parameters=126_898_000,
    config={"z_dim": 16, "input_channels": 4},
    build={"base_dim": 96, "z_dim": 16, "input_channels": 4},
)
VAE_QWEN_IMAGE_21 = Part(
    "vae-qwen-image-21",
    "Qwen-Image 2.1 VAE",
    "vae",
    (_VAE_21,),
    {"latents": 64, "channels": 4},
    337_740_000,
    config={"z_dim": 64},
    build={"z_dim": 64},
)
QWEN_PARTS = (
    QWEN3_06B,
    QWEN3_VL_4B,
    QWEN3_VL_8B,
    QWEN2_5_VL_7B,
    ANIMA_CONDITIONER,
    VAE_QWEN_IMAGE,
    VAE_QWEN_IMAGE_LAYERED,
    VAE_QWEN_IMAGE_21,
)
