"""Tiny models of the families whose prompt is read by a chat model of Qwen."""

from typing import Any

import torch
from diffusers import (
    FlowMatchEulerDiscreteScheduler,
    Krea2Pipeline,
    Krea2Transformer2DModel,
    QwenImage21Pipeline,
    QwenImage21Transformer2DModel,
    QwenImageLayeredPipeline,
    QwenImagePipeline,
    QwenImageTransformer2DModel,
    ZImagePipeline,
    ZImageTransformer2DModel,
)
from diffusers.pipelines.qwenimage import pipeline_qwenimage_edit as one
from diffusers.pipelines.qwenimage import pipeline_qwenimage_edit_plus as plus
from diffusers.pipelines.qwenimage import pipeline_qwenimage_layered as layered
from diffusers.pipelines.qwenimage21 import pipeline_qwenimage21 as both
from transformers import Qwen3VLForConditionalGeneration

from core.engine.loaders.processor import image_text_processor
from tests.integration.engine.tiny_parts import (
    SHIFTED,
    kl_vae,
    qwen_image21_vae,
    qwen_image_vae,
)
from tests.integration.engine.tiny_texts import (
    qwen2_5_vl_text,
    qwen3_vl_text,
    qwen_text,
    qwen_tokenizer,
    qwen_vision_tokenizer,
)

# The pipelines scale references to a megapixel; the tests, to less.
_dimensions = one.calculate_dimensions
one.calculate_dimensions = lambda _area, ratio: _dimensions(80 * 80, ratio)
layered.calculate_dimensions = lambda _area, ratio: _dimensions(80 * 80, ratio)[:2]
both.calculate_dimensions = lambda _area, ratio: _dimensions(80 * 80, ratio)
plus.CONDITION_IMAGE_SIZE, plus.VAE_IMAGE_SIZE = 56 * 56, 80 * 80


def krea2() -> Any:
    """Krea 2: twelve layers of Qwen3-VL read the prompt."""
    transformer = Krea2Transformer2DModel(
        num_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        num_key_value_heads=1,
        intermediate_size=32,
        timestep_embed_dim=16,
        text_hidden_dim=16,
        text_num_attention_heads=2,
        text_num_key_value_heads=2,
        text_intermediate_size=32,
        num_layerwise_text_blocks=1,
        num_refiner_text_blocks=1,
        axes_dims_rope=(4, 6, 6),
    )
    for name, table in transformer.named_parameters():
        if name.endswith("scale_shift_table"):
            torch.nn.init.normal_(table)  # zeros close every gate
    scheduler = FlowMatchEulerDiscreteScheduler(**SHIFTED, time_shift_type="exponential")
    return Krea2Pipeline(
        scheduler=scheduler,
        vae=qwen_image_vae(),
        text_encoder=qwen3_vl_text(),
        tokenizer=qwen_tokenizer(),
        transformer=transformer,
    )


_TERMINAL: dict[str, Any] = {
    **SHIFTED,
    "shift": 1.0,
    "shift_terminal": 0.02,
    "time_shift_type": "exponential",
}


def _qwen_image(**changes: Any) -> dict[str, Any]:
    transformer = QwenImageTransformer2DModel(
        num_layers=1,
        attention_head_dim=32,
        num_attention_heads=2,
        joint_attention_dim=16,
        axes_dims_rope=(4, 14, 14),
        **changes,
    )
    return {
        "transformer": transformer,
        "scheduler": FlowMatchEulerDiscreteScheduler(**_TERMINAL),
        "vae": qwen_image_vae(),
        "text_encoder": qwen2_5_vl_text(),
    }


def qwen_image() -> Any:
    """Qwen-Image: Qwen2.5-VL reads the prompt."""
    return QwenImagePipeline(**_qwen_image(), tokenizer=qwen_tokenizer())


def qwen_image_edit(kind: Any, **changes: Any) -> Any:
    """Qwen-Image-Edit: Qwen2.5-VL reads the prompt and sees the references."""
    tokenizer = qwen_vision_tokenizer()
    processor = image_text_processor("Qwen2VLProcessor", tokenizer)
    return kind(**_qwen_image(**changes), tokenizer=tokenizer, processor=processor)


def qwen_image_layered() -> Any:
    """Qwen-Image-Layered: a VAE of images with transparency, and layers beside the picture."""
    tokenizer = qwen_vision_tokenizer()
    parts = _qwen_image(use_additional_t_cond=True, use_layer3d_rope=True)
    parts["vae"] = qwen_image_vae(4)
    parts["scheduler"] = FlowMatchEulerDiscreteScheduler(
        use_dynamic_shifting=True, time_shift_type="linear"
    )
    processor = image_text_processor("Qwen2VLProcessor", tokenizer)
    return QwenImageLayeredPipeline(**parts, tokenizer=tokenizer, processor=processor)


def qwen_image21(sample_sigmas: list[float] | None = None) -> Any:
    """Qwen-Image 2.1: Qwen3-VL reads the prompt and sees the references."""
    transformer = QwenImage21Transformer2DModel(
        num_layers=1,
        attention_head_dim=32,
        num_attention_heads=2,
        context_in_dim=16,
        axes_dims_rope=(4, 14, 14),
    )
    processor = image_text_processor("Qwen3VLProcessor", qwen_vision_tokenizer())
    processor.image_processor.size = {"shortest_edge": 32 * 32, "longest_edge": 96 * 96}
    return QwenImage21Pipeline(
        transformer=transformer,
        scheduler=FlowMatchEulerDiscreteScheduler(**_TERMINAL),
        vae=qwen_image21_vae(),
        text_encoder=qwen3_vl_text(Qwen3VLForConditionalGeneration, 2),
        processor=processor,
        sample_sigmas=sample_sigmas,
    )


def z_image() -> Any:
    """Z-Image: the text encoder of klein, the VAE of FLUX.1."""
    transformer = ZImageTransformer2DModel(
        dim=64,
        n_layers=1,
        n_refiner_layers=1,
        n_heads=2,
        n_kv_heads=2,
        cap_feat_dim=16,
        axes_dims=[8, 12, 12],
    )
    return ZImagePipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=6.0),
        vae=kl_vae(16, quant=False, scaling=0.3611, shift=0.1159),
        text_encoder=qwen_text(),
        tokenizer=qwen_tokenizer(),
        transformer=transformer,
    )
