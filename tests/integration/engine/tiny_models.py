"""A tiny model of every family: random weights, the real classes, made in well under a second.

The widths are not those of real models but the structure is, so a tiny model can be saved and
loaded in every layout whose converter does not insist on real widths.
"""

from collections.abc import Callable
from typing import Any

import torch
from diffusers import (
    ChromaPipeline,
    ChromaTransformer2DModel,
    DPMSolverMultistepScheduler,
    EDMDPMSolverMultistepScheduler,
    ErnieImagePipeline,
    ErnieImageTransformer2DModel,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    Flux2KleinKVPipeline,
    Flux2KleinPipeline,
    Flux2Pipeline,
    Flux2Transformer2DModel,
    FluxControlPipeline,
    FluxFillPipeline,
    FluxKontextPipeline,
    FluxPipeline,
    FluxTransformer2DModel,
    QwenImageEditPipeline,
    QwenImageEditPlusPipeline,
    SD3Transformer2DModel,
    StableDiffusion3Pipeline,
    StableDiffusionInpaintPipeline,
    StableDiffusionPipeline,
    StableDiffusionXLImg2ImgPipeline,
    StableDiffusionXLInpaintPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)

from tests.integration.engine.tiny_modular import anima, flux3
from tests.integration.engine.tiny_parts import SHIFTED, flux2_vae, kl_vae
from tests.integration.engine.tiny_qwen import (
    krea2,
    qwen_image,
    qwen_image21,
    qwen_image_edit,
    qwen_image_layered,
    z_image,
)
from tests.integration.engine.tiny_texts import (
    clip_text,
    clip_tokenizer,
    mistral_text,
    mistral_tokenizer,
    qwen_text,
    qwen_tokenizer,
    t5_text,
    t5_tokenizer,
)

DIFFUSION = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}


def sd15(channels: int = 4) -> Any:
    """SD1.5: one text encoder, a UNet, predicted noise; inpainting with nine channels."""
    unet = UNet2DConditionModel(
        sample_size=8,
        in_channels=channels,
        block_out_channels=(8, 16),
        layers_per_block=1,
        norm_num_groups=4,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        cross_attention_dim=32,
        attention_head_dim=4,
    )
    kind = StableDiffusionPipeline if channels == 4 else StableDiffusionInpaintPipeline
    return kind(
        vae=kl_vae(scaling=0.18215, shift=None),
        text_encoder=clip_text(),
        tokenizer=clip_tokenizer(),
        unet=unet,
        scheduler=DPMSolverMultistepScheduler(**DIFFUSION, steps_offset=1),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def sdxl(channels: int = 4) -> Any:
    """SDXL: two text encoders and the size among the conditions; inpainting with nine channels."""
    unet = UNet2DConditionModel(
        sample_size=8,
        in_channels=channels,
        block_out_channels=(8, 16),
        layers_per_block=1,
        norm_num_groups=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=(2, 4),
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        transformer_layers_per_block=(1, 2),
        projection_class_embeddings_input_dim=32 + 6 * 8,
        cross_attention_dim=64,
    )
    scheduler = EulerDiscreteScheduler(**DIFFUSION, timestep_spacing="leading", steps_offset=1)
    kind = StableDiffusionXLPipeline if channels == 4 else StableDiffusionXLInpaintPipeline
    return kind(
        vae=kl_vae(scaling=0.13025, shift=None),
        text_encoder=clip_text(),
        text_encoder_2=clip_text(32),
        tokenizer=clip_tokenizer(),
        tokenizer_2=clip_tokenizer(),
        unet=unet,
        scheduler=scheduler,
    )


def playground() -> Any:
    """Playground 2.5: SDXL's network with the schedule of EDM, and statistics of its latents."""
    pipeline = sdxl()
    pipeline.scheduler = EDMDPMSolverMultistepScheduler()
    pipeline.vae.register_to_config(
        scaling_factor=0.5,
        latents_mean=[-1.625, 1.875, -1.375, 2.5],
        latents_std=[8.5, 6.0, 6.5, 5.25],
    )
    return pipeline


def sdxl_refiner() -> Any:
    """SDXL's refiner: one text encoder, and an aesthetic score among the conditions."""
    base = sdxl()
    config = {**base.unet.config, "cross_attention_dim": 32}
    unet = UNet2DConditionModel.from_config(
        {**config, "projection_class_embeddings_input_dim": 32 + 5 * 8}
    )
    parts = {**base.components, "text_encoder": None, "tokenizer": None, "unet": unet}
    return StableDiffusionXLImg2ImgPipeline(
        **parts, requires_aesthetics_score=True, force_zeros_for_empty_prompt=False
    )


def sd3() -> Any:
    """SD3.5: three text encoders."""
    transformer = SD3Transformer2DModel(
        sample_size=32,
        num_layers=2,
        attention_head_dim=8,
        num_attention_heads=4,
        joint_attention_dim=64,
        caption_projection_dim=32,
        pooled_projection_dim=64,
        pos_embed_max_size=96,
        qk_norm="rms_norm",
        dual_attention_layers=(0,),
    )
    return StableDiffusion3Pipeline(
        transformer=transformer,
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=kl_vae(16, quant=False, scaling=1.5305, shift=0.0609),
        text_encoder=clip_text(32),
        tokenizer=clip_tokenizer(),
        text_encoder_2=clip_text(32),
        tokenizer_2=clip_tokenizer(),
        text_encoder_3=t5_text(64),
        tokenizer_3=t5_tokenizer(),
    )


def flux1_parts(in_channels: int = 64, *, guidance: bool = True) -> dict[str, Any]:
    """The parts of a FLUX.1: `guidance` distinguishes dev from schnell."""
    transformer = FluxTransformer2DModel(
        in_channels=in_channels,
        out_channels=64,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=32,
        num_attention_heads=2,
        joint_attention_dim=32,
        pooled_projection_dim=32,
        guidance_embeds=guidance,
        axes_dims_rope=(4, 14, 14),
    )
    timing = SHIFTED if guidance else {"shift": 1.0}
    return {
        "transformer": transformer,
        "scheduler": FlowMatchEulerDiscreteScheduler(**timing),
        "vae": kl_vae(16, quant=False, scaling=0.3611, shift=0.1159),
        "text_encoder": clip_text(),
        "tokenizer": clip_tokenizer(),
        "text_encoder_2": t5_text(32),
        "tokenizer_2": t5_tokenizer(),
    }


def chroma() -> Any:
    """Chroma: FLUX.1 without modulation, T5 alone, classifier-free guidance."""
    transformer = ChromaTransformer2DModel(
        in_channels=64,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=32,
        num_attention_heads=2,
        joint_attention_dim=32,
        axes_dims_rope=(4, 14, 14),
        approximator_num_channels=16,
        approximator_hidden_dim=32,
        approximator_layers=2,
    )
    return ChromaPipeline(
        transformer=transformer,
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=kl_vae(16, quant=False, scaling=0.3611, shift=0.1159),
        text_encoder=t5_text(32),
        tokenizer=t5_tokenizer(),
    )


def _flux2_transformer(*, guidance: bool) -> Any:
    return Flux2Transformer2DModel(
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=32,
        num_attention_heads=2,
        joint_attention_dim=48,
        axes_dims_rope=(8, 8, 8, 8),
        guidance_embeds=guidance,
    )


def klein(kind: Any = Flux2KleinPipeline, *, distilled: bool = False) -> Any:
    """FLUX.2 klein: Qwen3 reads the prompt, classifier-free guidance where not distilled."""
    scheduler = FlowMatchEulerDiscreteScheduler(**SHIFTED, time_shift_type="exponential")
    return kind(
        scheduler=scheduler,
        vae=flux2_vae(),
        text_encoder=qwen_text(),
        tokenizer=qwen_tokenizer(),
        transformer=_flux2_transformer(guidance=False),
        is_distilled=distilled,
    )


def flux2() -> Any:
    """FLUX.2 dev: Mistral reads the prompt, guidance is an input of the transformer."""
    scheduler = FlowMatchEulerDiscreteScheduler(**SHIFTED, time_shift_type="exponential")
    return Flux2Pipeline(
        scheduler=scheduler,
        vae=flux2_vae(),
        text_encoder=mistral_text(),
        tokenizer=mistral_tokenizer(),
        transformer=_flux2_transformer(guidance=True),
    )


def ernie_image() -> Any:
    """ERNIE-Image: the language model within Mistral 3 reads the prompt."""
    transformer = ErnieImageTransformer2DModel(
        hidden_size=64,
        num_attention_heads=2,
        num_layers=1,
        ffn_hidden_size=64,
        text_in_dim=16,
        rope_axes_dim=(8, 12, 12),
    )
    for closed in (transformer.adaLN_modulation[-1], transformer.final_linear):
        torch.nn.init.normal_(closed.weight, std=0.2)  # zeros close every gate
    return ErnieImagePipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=4.0),
        vae=flux2_vae(),
        text_encoder=mistral_text().model,
        tokenizer=mistral_tokenizer(),
        transformer=transformer,
    )


MAKERS: dict[str, Callable[[], Any]] = {
    "sd15": sd15,
    "sdxl": sdxl,
    "sd15-inpaint": lambda: sd15(9),
    "sdxl-inpaint": lambda: sdxl(9),
    "sdxl-refiner": sdxl_refiner,
    "playground": playground,
    "sd3": sd3,
    "flux1": lambda: FluxPipeline(**flux1_parts()),
    "schnell": lambda: FluxPipeline(**flux1_parts(guidance=False)),
    "kontext": lambda: FluxKontextPipeline(**flux1_parts()),
    "fill": lambda: FluxFillPipeline(**flux1_parts(in_channels=384)),
    "control": lambda: FluxControlPipeline(**flux1_parts(in_channels=128)),
    "chroma": chroma,
    "klein": klein,
    "klein-distilled": lambda: klein(distilled=True),
    "klein-kv": lambda: klein(Flux2KleinKVPipeline, distilled=True),
    "flux2": flux2,
    "flux3": lambda: flux3("Flux3DistilledModularPipeline", flow_map=True),
    "flux3-base": lambda: flux3("Flux3ModularPipeline", flow_map=False),
    "ernie-image": ernie_image,
    "anima": anima,
    "krea2": krea2,
    "qwen-image": qwen_image,
    "qwen-edit": lambda: qwen_image_edit(QwenImageEditPipeline),
    "qwen-edit-plus": lambda: qwen_image_edit(QwenImageEditPlusPipeline, zero_cond_t=True),
    "qwen-layered": qwen_image_layered,
    "qwen-image-21": qwen_image21,
    "z-image": z_image,
}


# The family whose record a tiny model has, and its parameters with guidance.
FAMILY = {
    "sd15": "sd15",
    "sdxl": "sdxl",
    "sd15-inpaint": "sd15-inpaint",
    "sdxl-inpaint": "sdxl-inpaint",
    "sdxl-refiner": "sdxl-refiner",
    "playground": "playground-v2-5",
    "sd3": "sd3",
    "flux1": "flux1",
    "schnell": "flux1",
    "kontext": "flux1-kontext",
    "fill": "flux1-fill",
    "chroma": "chroma",
    "klein": "flux2-klein",
    "klein-distilled": "flux2-klein",
    "klein-kv": "flux2-klein-kv",
    "flux2": "flux2-dev",
    "flux3": "flux3-klein",
    "flux3-base": "flux3-klein-base",
    "ernie-image": "ernie-image",
    "anima": "anima",
    "krea2": "krea2",
    "qwen-image": "qwen-image",
    "qwen-edit": "qwen-image-edit",
    "qwen-edit-plus": "qwen-image-edit-plus",
    "qwen-image-21": "qwen-image-21",
    "z-image": "z-image",
}
GUIDED: dict[str, dict[str, Any]] = {
    "sd15": {"guidance_scale": 5.0, "negative_prompt": "rain"},
    "sdxl": {"guidance_scale": 5.0, "negative_prompt": "rain"},
    "sd15-inpaint": {"guidance_scale": 5.0, "negative_prompt": "rain"},
    "sdxl-inpaint": {"guidance_scale": 5.0, "negative_prompt": "rain"},
    "sdxl-refiner": {"guidance_scale": 5.0, "negative_prompt": "rain"},
    "playground": {"guidance_scale": 3.0, "negative_prompt": "rain"},
    "sd3": {"guidance_scale": 5.0, "negative_prompt": "rain"},
    "flux1": {"guidance_scale": 3.5, "true_cfg_scale": 2.0, "negative_prompt": "rain"},
    "schnell": {},
    "kontext": {"guidance_scale": 2.5},
    "fill": {"guidance_scale": 30.0},
    "chroma": {"guidance_scale": 3.0, "negative_prompt": "rain"},
    "klein": {"guidance_scale": 4.0},
    "klein-distilled": {"guidance_scale": 1.0},
    "klein-kv": {},
    "flux2": {"guidance_scale": 4.0},
    "flux3": {},
    "flux3-base": {"guidance_scale": 3.0, "negative_prompt": "rain"},
    "ernie-image": {"guidance_scale": 4.0, "negative_prompt": "rain"},
    "anima": {"guidance_scale": 4.0, "negative_prompt": "rain"},
    "krea2": {"guidance_scale": 3.0, "negative_prompt": "rain"},
    "qwen-image": {"true_cfg_scale": 3.0, "negative_prompt": "rain"},
    "qwen-edit": {"true_cfg_scale": 3.0, "negative_prompt": "rain"},
    "qwen-edit-plus": {"true_cfg_scale": 3.0, "negative_prompt": "rain"},
    "qwen-image-21": {"true_cfg_scale": 3.0, "negative_prompt": "rain"},
    "z-image": {"guidance_scale": 3.0, "negative_prompt": "rain"},
}


def tiny(name: str) -> Any:
    """The pipeline of a tiny model: always the same weights, in float32, ready to draw."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        pipeline = MAKERS[name]()
    for part in pipeline.components.values():
        if isinstance(part, torch.nn.Module):
            part.eval()  # modules made from a configuration are in training mode
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def narrow(name: str) -> Any:
    """A tiny model in the number format of GPUs, as its loader makes it: some norms stay wide."""
    pipeline = tiny(name).to(torch.bfloat16)
    for part in pipeline.components.values():
        kept = getattr(part, "_keep_in_fp32_modules", None) or ()
        for path, layer in part.named_modules() if isinstance(part, torch.nn.Module) else ():
            if path.rpartition(".")[2] in kept:
                layer.to(torch.float32)
    return pipeline
