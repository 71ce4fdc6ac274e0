"""Tiny models of the families that diffusers has as modular blocks only."""

from typing import Any

from diffusers import (
    AnimaTextConditioner,
    CosmosTransformer3DModel,
    FlowMatchEulerDiscreteScheduler,
    Flux3Transformer2DModel,
)

from core.engine.pipeline_class import pipeline_class
from tests.integration.engine.tiny_parts import flux2_vae, qwen_image_vae
from tests.integration.engine.tiny_texts import (
    qwen3_vl_text,
    qwen_text,
    qwen_tokenizer,
    t5_tokenizer,
)


def flux3(pipeline: str, *, flow_map: bool) -> Any:
    """FLUX.3 klein: eight layers of Qwen3-VL read the prompt, the VAE of FLUX.2."""
    transformer = Flux3Transformer2DModel(
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=32,
        num_attention_heads=2,
        joint_attention_dim=128,
        axes_dims_rope=(8, 8, 8, 8),
        flow_map=flow_map,
    )
    return pipeline_class(pipeline)(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=6.93),
        text_encoder=qwen3_vl_text(),
        tokenizer=qwen_tokenizer(),
        transformer=transformer,
        vae=flux2_vae(),
    )


def anima() -> Any:
    """Anima: Qwen3 and the tokens of T5 through a conditioner, the VAE of Qwen-Image."""
    transformer = CosmosTransformer3DModel(
        num_attention_heads=2,
        attention_head_dim=16,
        num_layers=1,
        text_embed_dim=16,
        adaln_lora_dim=8,
        rope_scale=(1.0, 4.0, 4.0),
        extra_pos_embed_type=None,
    )
    conditioner = AnimaTextConditioner(
        source_dim=16,
        target_dim=16,
        model_dim=16,
        num_layers=1,
        num_attention_heads=2,
        target_vocab_size=128,
        min_sequence_length=32,
    )
    return pipeline_class("AnimaModularPipeline")(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        text_encoder=qwen_text().model,
        tokenizer=qwen_tokenizer(),
        t5_tokenizer=t5_tokenizer(),
        text_conditioner=conditioner,
        transformer=transformer,
        vae=qwen_image_vae(),
    )
