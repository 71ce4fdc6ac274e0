"""Configurations of networks, measured on the shapes of their tensors.

A single file has only names and shapes. Under diffusers' and transformers' names they determine
nearly all values; the others are those of the published models.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

Shapes = Mapping[str, tuple[int, ...]]


def measured(class_name: str, shapes: Shapes) -> dict[str, Any] | None:
    """The configuration of a network of this class; None where shapes do not determine it.

    Raises `KeyError` naming the tensor that a network of this class must have.
    """
    measure = _MEASURES.get(class_name)
    return None if measure is None else measure(shapes)


def is_measured(class_name: str) -> bool:
    """True where shapes determine the configuration of this class; those of a UNet do not."""
    return class_name in _MEASURES


def count(shapes: Shapes, stem: str) -> int:
    """The number of numbered blocks under `stem`."""
    pattern = re.compile(re.escape(stem) + r"\.(\d+)\.")
    matches = filter(None, map(pattern.match, shapes))
    return max((int(match[1]) for match in matches), default=-1) + 1


def _flux1(shapes: Shapes) -> dict[str, Any]:
    width, channels = shapes["x_embedder.weight"]
    head = shapes["transformer_blocks.0.attn.norm_q.weight"][0]
    return {
        "patch_size": 1,
        "in_channels": channels,
        "out_channels": shapes["proj_out.weight"][0],
        "num_layers": count(shapes, "transformer_blocks"),
        "num_single_layers": count(shapes, "single_transformer_blocks"),
        "attention_head_dim": head,
        "num_attention_heads": width // head,
        "joint_attention_dim": shapes["context_embedder.weight"][1],
        "pooled_projection_dim": shapes["time_text_embed.text_embedder.linear_1.weight"][1],
        "guidance_embeds": "time_text_embed.guidance_embedder.linear_1.weight" in shapes,
        "axes_dims_rope": (head // 8, head * 7 // 16, head * 7 // 16),
    }


def _flux2(shapes: Shapes) -> dict[str, Any]:
    width, channels = shapes["x_embedder.weight"]
    head = shapes["transformer_blocks.0.attn.norm_q.weight"][0]
    embedder = "time_guidance_embed.timestep_embedder.linear_1.weight"
    return {
        "patch_size": 1,
        "in_channels": channels,
        "out_channels": shapes["proj_out.weight"][0],
        "num_layers": count(shapes, "transformer_blocks"),
        "num_single_layers": count(shapes, "single_transformer_blocks"),
        "attention_head_dim": head,
        "num_attention_heads": width // head,
        "joint_attention_dim": shapes["context_embedder.weight"][1],
        "timestep_guidance_channels": shapes[embedder][1],
        "mlp_ratio": shapes["transformer_blocks.0.ff.linear_out.weight"][1] / width,
        "guidance_embeds": "time_guidance_embed.guidance_embedder.linear_1.weight" in shapes,
        "axes_dims_rope": (head // 4,) * 4,
    }


def _sd3(shapes: Shapes) -> dict[str, Any]:
    width, channels, patch, _ = shapes["pos_embed.proj.weight"]
    layers = count(shapes, "transformer_blocks")
    normed = shapes.get("transformer_blocks.0.attn.norm_q.weight")
    head = normed[0] if normed else 64
    dual = [
        index
        for index in range(layers)
        if f"transformer_blocks.{index}.attn2.to_q.weight" in shapes
    ]
    return {
        "sample_size": 128,
        "patch_size": patch,
        "in_channels": channels,
        "out_channels": shapes["proj_out.weight"][0] // patch**2,
        "num_layers": layers,
        "attention_head_dim": head,
        "num_attention_heads": width // head,
        "joint_attention_dim": shapes["context_embedder.weight"][1],
        "caption_projection_dim": width,
        "pooled_projection_dim": shapes["time_text_embed.text_embedder.linear_1.weight"][1],
        "pos_embed_max_size": math.isqrt(shapes["pos_embed.pos_embed"][1]),
        "qk_norm": "rms_norm" if normed else None,
        "dual_attention_layers": tuple(dual),
    }


def _vae(shapes: Shapes) -> dict[str, Any]:
    levels = count(shapes, "encoder.down_blocks")
    widths = tuple(
        shapes[f"encoder.down_blocks.{level}.resnets.0.conv1.weight"][0] for level in range(levels)
    )
    return {
        "block_out_channels": widths,
        "down_block_types": ("DownEncoderBlock2D",) * levels,
        "up_block_types": ("UpDecoderBlock2D",) * levels,
        "layers_per_block": count(shapes, "encoder.down_blocks.0.resnets"),
        "latent_channels": shapes["decoder.conv_in.weight"][1],
        "norm_num_groups": min(32, widths[0] // 2),
        "sample_size": 1024,
        "use_quant_conv": "quant_conv.weight" in shapes,
        "use_post_quant_conv": "post_quant_conv.weight" in shapes,
    }


def _clip(shapes: Shapes) -> dict[str, Any]:
    inside = "text_model." if "text_model.final_layer_norm.weight" in shapes else ""
    vocabulary, width = shapes[f"{inside}embeddings.token_embedding.weight"]
    return {
        "vocab_size": vocabulary,
        "hidden_size": width,
        "intermediate_size": shapes[f"{inside}encoder.layers.0.mlp.fc1.weight"][0],
        "num_hidden_layers": count(shapes, f"{inside}encoder.layers"),
        "num_attention_heads": max(1, width // 64),
        "max_position_embeddings": shapes[f"{inside}embeddings.position_embedding.weight"][0],
        "projection_dim": shapes.get("text_projection.weight", (width,))[0],
        "hidden_act": "gelu" if width > 768 else "quick_gelu",
        "bos_token_id": vocabulary - 2,
        "eos_token_id": vocabulary - 1,
        "pad_token_id": 1,
    }


def _t5(shapes: Shapes) -> dict[str, Any]:
    vocabulary, width = shapes["shared.weight"]
    first = "encoder.block.0.layer"
    buckets, heads = shapes[f"{first}.0.SelfAttention.relative_attention_bias.weight"]
    return {
        "vocab_size": vocabulary,
        "d_model": width,
        "d_kv": shapes[f"{first}.0.SelfAttention.q.weight"][0] // heads,
        "d_ff": shapes[f"{first}.1.DenseReluDense.wi_0.weight"][0],
        "num_layers": count(shapes, "encoder.block"),
        "num_heads": heads,
        "relative_attention_num_buckets": buckets,
        "feed_forward_proj": "gated-gelu",
    }


def _qwen3(shapes: Shapes) -> dict[str, Any]:
    vocabulary, width = shapes["model.embed_tokens.weight"]
    first = "model.layers.0"
    head = shapes[f"{first}.self_attn.q_norm.weight"][0]
    return {
        "vocab_size": vocabulary,
        "hidden_size": width,
        "intermediate_size": shapes[f"{first}.mlp.gate_proj.weight"][0],
        "num_hidden_layers": count(shapes, "model.layers"),
        "num_attention_heads": shapes[f"{first}.self_attn.q_proj.weight"][0] // head,
        "num_key_value_heads": shapes[f"{first}.self_attn.k_proj.weight"][0] // head,
        "head_dim": head,
        "max_position_embeddings": 40960,
        "rope_parameters": {"rope_type": "default", "rope_theta": 1_000_000.0},
        "tie_word_embeddings": "lm_head.weight" not in shapes,
    }


def _anima_conditioner(shapes: Shapes) -> dict[str, Any]:
    vocabulary, width = shapes["embed.weight"]
    inner, source = shapes["blocks.0.cross_attn.k_proj.weight"]
    return {
        "source_dim": source,
        "target_dim": width,
        "model_dim": inner,
        "num_layers": count(shapes, "blocks"),
        "num_attention_heads": inner // shapes["blocks.0.self_attn.q_norm.weight"][0],
        "target_vocab_size": vocabulary,
    }


_MEASURES: Mapping[str, Callable[[Shapes], dict[str, Any]]] = {
    "FluxTransformer2DModel": _flux1,
    "Flux2Transformer2DModel": _flux2,
    "SD3Transformer2DModel": _sd3,
    "AutoencoderKL": _vae,
    "AutoencoderKLFlux2": _vae,
    "CLIPTextModel": _clip,
    "CLIPTextModelWithProjection": _clip,
    "T5EncoderModel": _t5,
    "Qwen3ForCausalLM": _qwen3,
    "AnimaTextConditioner": _anima_conditioner,
}
