"""Stable Diffusion 1.5 and models trained from it.

Sources: diffusers 0.42.1 and CompVis' latent-diffusion.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core.models.families import lora_names, training, unet
from core.models.families.family import (
    Checkpoint,
    Component,
    Family,
    Lora,
    Mode,
    Precision,
    Sizes,
    Variant,
    Width,
)
from core.models.families.parameters import (
    CONTROL,
    IMG2IMG,
    LATENTS,
    REFERENCE,
    RESCALED,
    UNET_DRAWING,
    painting,
)
from core.models.families.samplers import DIFFUSION
from core.models.families.sdxl import NOISE, SCHEDULERS
from core.models.families.signature import Axis, Signature

_CROSS = "input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"
_ORIGINAL = Signature(
    "original",
    needs=(unet.ORIGINAL_FIRST, _CROSS),
    lacks=("label_emb.0.0.weight",),
    shapes={_CROSS: (None, 768)},
    modules=unet.ORIGINAL,
    measures={
        "width": Axis(unet.ORIGINAL_FIRST, 0),
        "channels": Axis(unet.ORIGINAL_FIRST, 1),
        "joint": Axis(_CROSS, 1),
    },
)
_CROSS_DIFFUSERS = "down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.weight"
_DIFFUSERS = Signature(
    "diffusers",
    needs=(unet.DIFFUSERS_FIRST, _CROSS_DIFFUSERS),
    lacks=("add_embedding.linear_1.weight",),
    shapes={_CROSS_DIFFUSERS: (None, 768)},
    modules=unet.DIFFUSERS,
    measures={
        "width": Axis(unet.DIFFUSERS_FIRST, 0),
        "channels": Axis(unet.DIFFUSERS_FIRST, 1),
        "joint": Axis(_CROSS_DIFFUSERS, 1),
    },
)

_PARAMS = (*UNET_DRAWING, *CONTROL, *REFERENCE, "clip_skip")


def _network(measures: Mapping[str, int]) -> dict[str, Any]:
    return {
        "in_channels": measures["channels"],
        "cross_attention_dim": measures["joint"],
        "sample_size": 64,
    }


SD15 = Family(
    id="sd15",
    label="Stable Diffusion 1.5",
    architecture="sd15",
    class_names=(
        "StableDiffusionPipeline",
        "StableDiffusionImg2ImgPipeline",
    ),
    core="unet",
    network=_network,
    scheduler=NOISE,
    components={
        "scheduler": Component(SCHEDULERS),
        "text_encoder": Component((("transformers", "CLIPTextModel"),), ("clip-l",)),
        "tokenizer": Component(
            (("transformers", "CLIPTokenizer"), ("transformers", "CLIPTokenizerFast")),
            ("tokenizer-clip",),
        ),
        "unet": Component((("diffusers", "UNet2DConditionModel"),)),
        "vae": Component((("diffusers", "AutoencoderKL"),), ("vae-sd15",)),
        # Named by the published folders; the studio does not judge images.
        "safety_checker": Component(
            (("stable_diffusion", "StableDiffusionSafetyChecker"),), optional=True, loaded=False
        ),
        "feature_extractor": Component(
            (("transformers", "CLIPImageProcessor"), ("transformers", "CLIPFeatureExtractor")),
            optional=True,
            loaded=False,
        ),
        "image_encoder": Component(
            (("transformers", "CLIPVisionModelWithProjection"),), optional=True, loaded=False
        ),
    },
    freeu={"s1": 0.9, "s2": 0.2, "b1": 1.5, "b2": 1.6},
    pag={
        "StableDiffusionPipeline": "StableDiffusionPAGPipeline",
        "StableDiffusionImg2ImgPipeline": "StableDiffusionPAGImg2ImgPipeline",
        "StableDiffusionInpaintPipeline": "StableDiffusionPAGInpaintPipeline",
    },
    modes={
        "generate": Mode("StableDiffusionPipeline", "sd", (*_PARAMS, *RESCALED, *LATENTS)),
        "img2img": Mode(
            "StableDiffusionImg2ImgPipeline",
            "sd",
            (*_PARAMS, *IMG2IMG, *LATENTS),
            {"strength": 0.6},
        ),
        **painting("StableDiffusionInpaintPipeline", "sd", _PARAMS, 0.85),
    },
    sizes=Sizes(multiple=8, smallest=64, largest=1024, pixels=1 << 20),
    defaults={
        "num_inference_steps": 25,
        "guidance_scale": 7.5,
        "width": 512,
        "height": 512,
        "sampler": "dpmpp_2m_karras",
    },
    variants=(
        Variant(
            "sd15",
            "Stable Diffusion 1.5",
            {"width": 320, "channels": 4, "joint": 768},
            {"unet": 860_000_000, "text_encoder": 123_000_000, "vae": 83_653_000},
        ),
    ),
    signatures=(_ORIGINAL, _DIFFUSERS),
    checkpoints=(
        Checkpoint(
            "model.diffusion_model.",
            {
                "text_encoder": ("cond_stage_model.transformer.text_model.",),
                "vae": ("first_stage_model.",),
            },
        ),
    ),
    lora=Lora(
        targets=("to_k", "to_q", "to_v", "to_out.0"),
        prefixes={"text_encoder": ("lora_te_", "text_encoder.", lora_names.CLIP_L)},
        names=lora_names.SD15,
        widths=(Width(r"attn2_to_[kv]$", "joint", 1),),
        at_most={
            r"^(?:down|up)_blocks_(\d+)_": 3,
            r"^(?:input|output)_blocks_(\d+)_": 11,
            r"_transformer_blocks_(\d+)_": 0,
        },
        never=(r"^down_blocks_3_attentions", r"^up_blocks_0_attentions"),
        words=("sd15", "sd_v1", "stable-diffusion-v1", "sd1.5", "sd-1"),
    ),
    settings={"requires_safety_checker": False},
    prompts=unet.PROMPTS,
    samplers=DIFFUSION,
    training=training.SD15,
    precision=Precision(cuda="float16", mps="float32"),
)

# The mask and the masked image are inputs of the network.
SD15_INPAINT = replace(
    SD15,
    id="sd15-inpaint",
    label="Stable Diffusion 1.5 inpainting",
    class_names=("StableDiffusionInpaintPipeline",),
    modes=painting("StableDiffusionInpaintPipeline", "sd", _PARAMS, 1.0),
    variants=(
        replace(
            SD15.variants[0],
            id="sd15-inpainting",
            label="Stable Diffusion 1.5 inpainting",
            traits={**SD15.variants[0].traits, "channels": 9},
        ),
    ),
    training=None,
    untrainable="the mask and the masked image are inputs of its network",
)
