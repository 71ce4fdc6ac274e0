"""SDXL: base, its Turbo and Lightning distillations, which have its shapes, and the refiner.

Sources: diffusers 0.42.1, Stability AI's generative-models, the model cards of the distillations.
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
    DRAWING,
    HANDED_OVER,
    HANDS_OVER,
    IMG2IMG,
    INPAINT,
    LATENTS,
    REFERENCE,
    RESCALED,
    SQUARE,
    UNET_DRAWING,
    painting,
)
from core.models.families.samplers import DIFFUSION
from core.models.families.signature import Axis, Present, Signature

_CROSS = "input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight"
_ORIGINAL = Signature(
    "original",
    needs=(unet.ORIGINAL_FIRST, "label_emb.0.0.weight", _CROSS),
    shapes={"label_emb.0.0.weight": (None, 2816)},
    modules=unet.ORIGINAL,
    measures={
        "width": Axis(unet.ORIGINAL_FIRST, 0),
        "channels": Axis(unet.ORIGINAL_FIRST, 1),
        "joint": Axis(_CROSS, 1),
        "v_prediction": Present("v_pred"),
        # Of Playground 2.5; a file of its network alone, and one that was saved again, may lack it.
        "edm": Present("edm_mean", may_lack=True),
        "edm_velocity": Present("edm_vpred.sigma_max"),  # of CosXL
    },
)
_CROSS_DIFFUSERS = "down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k.weight"
_DIFFUSERS = Signature(
    "diffusers",
    needs=(unet.DIFFUSERS_FIRST, "add_embedding.linear_1.weight", _CROSS_DIFFUSERS),
    shapes={"add_embedding.linear_1.weight": (None, 2816)},
    modules=unet.DIFFUSERS,
    measures={
        "width": Axis(unet.DIFFUSERS_FIRST, 0),
        "channels": Axis(unet.DIFFUSERS_FIRST, 1),
        "joint": Axis(_CROSS_DIFFUSERS, 1),
    },
)
_PARAMS = (*UNET_DRAWING, *RESCALED, *CONTROL, *REFERENCE, "clip_skip")
_SHAPE = {"width": 320, "channels": 4, "joint": 2048, "edm": 0, "edm_velocity": 0}
_COUNTS = {
    "unet": 2_567_000_000,
    "text_encoder": 123_000_000,
    "text_encoder_2": 695_000_000,
    "vae": 83_653_000,
}
_TOKENIZER = (("transformers", "CLIPTokenizer"), ("transformers", "CLIPTokenizerFast"))
_TRAILING = {"timestep_spacing": "trailing"}
NOISE = {
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "prediction_type": "epsilon",
    "timestep_spacing": "leading",
    "steps_offset": 1,
}
SCHEDULERS = (
    ("diffusers", "EulerDiscreteScheduler"),
    ("diffusers", "EulerAncestralDiscreteScheduler"),
    ("diffusers", "DPMSolverMultistepScheduler"),
    ("diffusers", "DPMSolverSinglestepScheduler"),
    ("diffusers", "DDIMScheduler"),
    ("diffusers", "PNDMScheduler"),
    ("diffusers", "LCMScheduler"),
    ("diffusers", "HeunDiscreteScheduler"),
    ("diffusers", "LMSDiscreteScheduler"),
    ("diffusers", "UniPCMultistepScheduler"),
)


def _network(measures: Mapping[str, int]) -> dict[str, Any]:
    return {
        "in_channels": measures["channels"],
        "cross_attention_dim": measures["joint"],
        "block_out_channels": (320, 640, 1280),
        "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        "attention_head_dim": (5, 10, 20),
        "transformer_layers_per_block": (1, 2, 10),
        "use_linear_projection": True,
        "addition_embed_type": "text_time",
        "addition_time_embed_dim": 256,
        "projection_class_embeddings_input_dim": 2816,
        "sample_size": 128,
    }


SDXL = Family(
    id="sdxl",
    label="SDXL",
    architecture="sdxl",
    class_names=(
        "StableDiffusionXLPipeline",
        "StableDiffusionXLImg2ImgPipeline",
    ),
    core="unet",
    network=_network,
    scheduler=NOISE,
    components={
        "scheduler": Component(SCHEDULERS),
        "text_encoder": Component((("transformers", "CLIPTextModel"),), ("clip-l",)),
        "tokenizer": Component(_TOKENIZER, ("tokenizer-clip",)),
        "text_encoder_2": Component(
            (("transformers", "CLIPTextModelWithProjection"),), ("clip-g",)
        ),
        "tokenizer_2": Component(_TOKENIZER, ("tokenizer-clip",), padding="!"),
        "unet": Component((("diffusers", "UNet2DConditionModel"),)),
        "vae": Component((("diffusers", "AutoencoderKL"),), ("vae-sdxl",)),
        "image_encoder": Component(
            (("transformers", "CLIPVisionModelWithProjection"),), optional=True, loaded=False
        ),
        "feature_extractor": Component(
            (("transformers", "CLIPImageProcessor"),), optional=True, loaded=False
        ),
    },
    freeu={"s1": 0.9, "s2": 0.2, "b1": 1.3, "b2": 1.4},
    pag={
        "StableDiffusionXLPipeline": "StableDiffusionXLPAGPipeline",
        "StableDiffusionXLImg2ImgPipeline": "StableDiffusionXLPAGImg2ImgPipeline",
        "StableDiffusionXLInpaintPipeline": "StableDiffusionXLPAGInpaintPipeline",
    },
    modes={
        "generate": Mode("StableDiffusionXLPipeline", "sd", (*_PARAMS, *LATENTS, *HANDS_OVER)),
        "img2img": Mode(
            "StableDiffusionXLImg2ImgPipeline",
            "sd",
            (*_PARAMS, *IMG2IMG, *LATENTS, *HANDED_OVER),
            {"strength": 0.6},
        ),
        **painting("StableDiffusionXLInpaintPipeline", "sd", _PARAMS, 0.85),
    },
    sizes=Sizes(multiple=8, smallest=64, largest=2048, pixels=2 << 20),
    defaults={**SQUARE, "num_inference_steps": 30, "guidance_scale": 5.0, "sampler": "euler"},
    variants=(
        Variant("sdxl-base", "SDXL base", _SHAPE, _COUNTS),
        Variant(
            "pony-v6",
            "Pony Diffusion V6 XL",
            _SHAPE,
            _COUNTS,
            hints=("pony",),
            defaults={"guidance_scale": 7.0, "sampler": "euler_a", "clip_skip": 2},
        ),
        Variant(  # trained from Illustrious, under a licence of its own
            "noobai-xl",
            "NoobAI-XL",
            _SHAPE,
            _COUNTS,
            hints=("noob",),
            defaults={"guidance_scale": 5.5, "sampler": "euler_a"},
        ),
        Variant(
            "illustrious-xl",
            "Illustrious XL",
            _SHAPE,
            _COUNTS,
            hints=("illustrious",),
            defaults={"guidance_scale": 6.0, "sampler": "euler_a"},
        ),
        Variant(
            "sdxl-turbo",
            "SDXL Turbo",
            _SHAPE,
            _COUNTS,
            distilled=True,
            hints=("turbo",),
            defaults={
                "num_inference_steps": 4,
                "guidance_scale": 1.0,
                "width": 512,
                "height": 512,
                "sampler": "euler_a",
            },
            scheduler=_TRAILING,
        ),
        Variant(
            "sdxl-lightning",
            "SDXL Lightning",
            _SHAPE,
            _COUNTS,
            distilled=True,
            hints=("lightning",),
            defaults={"num_inference_steps": 4, "guidance_scale": 1.0},
            scheduler=_TRAILING,
        ),
    ),
    signatures=(_ORIGINAL, _DIFFUSERS),
    checkpoints=(
        Checkpoint(
            "model.diffusion_model.",
            {
                "text_encoder": ("conditioner.embedders.0.transformer.text_model.",),
                "text_encoder_2": ("conditioner.embedders.1.model.",),
                "vae": ("first_stage_model.",),
            },
        ),
    ),
    lora=Lora(
        targets=("to_k", "to_q", "to_v", "to_out.0"),
        prefixes={
            "text_encoder": ("lora_te1_", "text_encoder.", lora_names.CLIP_L),
            "text_encoder_2": ("lora_te2_", "text_encoder_2.", lora_names.CLIP_G),
        },
        names=lora_names.SDXL,
        widths=(Width(r"attn2_to_[kv]$", "joint", 1),),
        at_most={
            r"^(?:down|up)_blocks_(\d+)_": 2,
            r"^(?:input|output)_blocks_(\d+)_": 8,
            r"_transformer_blocks_(\d+)_": 9,
        },
        never=(
            r"^down_blocks_0_attentions",
            r"^up_blocks_2_attentions",
            r"^input_blocks_[123]_1_",
            r"^output_blocks_[678]_1_",
        ),
        words=("sdxl", "stable-diffusion-xl", "pony", "illustrious", "xl_base"),
    ),
    prompts=unet.PROMPTS,
    samplers=DIFFUSION,
    training=training.SDXL,
    # In half precision this VAE overflows, and the image is black.
    # The VAE overflows in float16: diffusers widens it while it works (`force_upcast`).
    precision=Precision(cuda="float16", mps="float16"),
)

# The mask and the masked image are inputs of the network.
SDXL_INPAINT = replace(
    SDXL,
    id="sdxl-inpaint",
    label="SDXL inpainting",
    class_names=("StableDiffusionXLInpaintPipeline",),
    modes=painting("StableDiffusionXLInpaintPipeline", "sd", _PARAMS, 1.0),
    variants=(Variant("sdxl-inpainting", "SDXL inpainting", {**_SHAPE, "channels": 9}, _COUNTS),),
    training=None,
    untrainable="the mask and the masked image are inputs of its network",
)

# The second of two experts: it draws the last part of the schedule. Its encoder is the larger one.
_REFINER_SHAPE = {"width": 384, "channels": 4, "joint": 1280}
_REFINER_PARAMS = (*DRAWING, *RESCALED, "eta")


def _refiner_network(measures: Mapping[str, int]) -> dict[str, Any]:
    return {
        **_network(measures),
        "block_out_channels": (384, 768, 1536, 1536),
        "down_block_types": (
            "DownBlock2D",
            "CrossAttnDownBlock2D",
            "CrossAttnDownBlock2D",
            "DownBlock2D",
        ),
        "up_block_types": (
            "UpBlock2D",
            "CrossAttnUpBlock2D",
            "CrossAttnUpBlock2D",
            "UpBlock2D",
        ),
        "attention_head_dim": (6, 12, 24, 24),
        "transformer_layers_per_block": 4,
        "projection_class_embeddings_input_dim": 2560,
    }


_ABSENT = Component((("transformers", "CLIPTextModel"),), optional=True, loaded=False)
SDXL_REFINER = replace(
    SDXL,
    id="sdxl-refiner",
    label="SDXL refiner",
    architecture="sdxl-refiner",
    class_names=("StableDiffusionXLImg2ImgPipeline",),
    network=_refiner_network,
    components={
        **SDXL.components,
        "text_encoder": _ABSENT,
        "tokenizer": replace(_ABSENT, classes=_TOKENIZER),
    },
    settings={"requires_aesthetics_score": True, "force_zeros_for_empty_prompt": False},
    modes={
        "img2img": Mode(
            "StableDiffusionXLImg2ImgPipeline",
            "sd",
            (*_REFINER_PARAMS, *IMG2IMG, *LATENTS, *HANDED_OVER),
            {"strength": 0.3},
        ),
        "inpaint": Mode(
            "StableDiffusionXLInpaintPipeline",
            "sd",
            (*DRAWING, "eta", *INPAINT),
            {"strength": 0.3},
        ),
    },
    variants=(
        Variant(
            "sdxl-refiner",
            "SDXL refiner",
            _REFINER_SHAPE,
            {
                "unet": 2_260_000_000,
                "text_encoder_2": 695_000_000,
                "vae": 83_653_000,
            },
        ),
    ),
    signatures=tuple(
        replace(signature, shapes=dict.fromkeys(signature.shapes, (None, 2560)))
        for signature in SDXL.signatures
    ),
    checkpoints=(
        Checkpoint(
            "model.diffusion_model.",
            {
                "text_encoder_2": ("conditioner.embedders.0.model.",),
                "vae": ("first_stage_model.",),
            },
        ),
    ),
    lora=replace(
        SDXL.lora,
        prefixes={"text_encoder_2": SDXL.lora.prefixes["text_encoder_2"]},
        words=("refiner",),
        only_by_words=True,
    ),
    prompts=replace(unet.PROMPTS, windows={"tokenizer_2": 77}),
    training=None,
    untrainable="it draws only the last steps of an image of the base",
    freeu={},
    pag={},
)
