"""The families the studio knows. Adding one is adding a record here (and, if its pipeline is
called in an unusual way, an adapter in `core/engine/modes`)."""

from __future__ import annotations

from collections.abc import Mapping

from core.models.family import Family, Mode, Sizes

_DRAWING = (
    "prompt",
    "negative_prompt",
    "num_inference_steps",
    "guidance_scale",
    "width",
    "height",
    "num_images",
    "seed",
)

FLUX2_KLEIN = Family(
    id="flux2-klein",
    label="FLUX.2 klein",
    class_names=("Flux2KleinPipeline",),
    components={
        "scheduler": (("diffusers", "FlowMatchEulerDiscreteScheduler"),),
        "text_encoder": (("transformers", "Qwen3ForCausalLM"),),
        "tokenizer": (("transformers", "Qwen2TokenizerFast"), ("transformers", "Qwen2Tokenizer")),
        "transformer": (("diffusers", "Flux2Transformer2DModel"),),
        "vae": (("diffusers", "AutoencoderKLFlux2"),),
    },
    modes={
        "generate": Mode("Flux2KleinPipeline", "flux2_klein", _DRAWING),
        "img2img": Mode(
            "Flux2KleinPipeline",
            "flux2_klein",
            (*_DRAWING, "image", "strength"),
            {"strength": 0.6},
        ),
    },
    sizes=Sizes(multiple=16, smallest=64, largest=2048, pixels=4 << 20),
    defaults={"num_inference_steps": 4, "guidance_scale": 4.0, "width": 1024, "height": 1024},
    guided=frozenset({"guidance_scale", "negative_prompt"}),
)

FAMILIES: Mapping[str, Family] = {family.id: family for family in (FLUX2_KLEIN,)}


def recognise(class_name: str) -> Family | None:
    """The family whose pipelines carry this name in `model_index.json`."""
    for family in FAMILIES.values():
        if class_name in family.class_names:
            return family
    return None
