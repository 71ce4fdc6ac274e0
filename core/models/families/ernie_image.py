"""ERNIE-Image and its distillation Turbo, which have the same shapes.

Names and widths: diffusers 0.42.1 and the files of Baidu. Their prompt enhancer is not used: it
writes other prompts, and takes as much memory as the text encoder.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
from core.models.families.flux2 import FLUX2_KLEIN
from core.models.families.parameters import FLOW_DRAWING, IMG2IMG, SQUARE, painting
from core.models.families.samplers import FLOW
from core.models.families.signature import Axis, Blocks, Signature

_BLOCK = "layers.#"
_QUERY = "layers.0.self_attention.to_q.weight"
_DIFFUSERS = Signature(
    "diffusers",
    needs=("x_embedder.proj.weight", "text_proj.weight", "adaLN_modulation.1.weight", _QUERY),
    modules=(
        "{x_embedder.proj,text_proj,adaLN_modulation.#,final_norm.linear,final_linear}",
        "time_embedding.{linear_1,linear_2}",
        f"{_BLOCK}.{{adaLN_sa_ln,adaLN_mlp_ln}}",
        f"{_BLOCK}.self_attention.{{to_q,to_k,to_v,to_out.#,norm_q,norm_k}}",
        f"{_BLOCK}.mlp.{{gate_proj,up_proj,linear_fc2}}",
    ),
    measures={
        "width": Axis("x_embedder.proj.weight", 0),
        "channels": Axis("x_embedder.proj.weight", 1),
        "joint": Axis("text_proj.weight", 1),
        "head": Axis("layers.0.self_attention.norm_q.weight", 0),
        "inner": Axis("layers.0.mlp.up_proj.weight", 0),
        "blocks": Blocks("layers."),
    },
)
_SHAPE = {"width": 4096, "channels": 128, "joint": 3072, "blocks": 36}
_COUNTS = {"transformer": 8_038_000_000, "text_encoder": 3_849_000_000, "vae": 84_046_000}


def _network(measures: Mapping[str, int]) -> dict[str, Any]:
    head = measures.get("head", 128)
    eighth = head // 8
    return {
        "hidden_size": measures["width"],
        "num_attention_heads": measures["width"] // head,
        "num_layers": measures["blocks"],
        "ffn_hidden_size": measures.get("inner", 12288),
        "in_channels": measures["channels"],
        "out_channels": measures["channels"],
        "text_in_dim": measures["joint"],
        "rope_axes_dim": (head - 6 * eighth, 3 * eighth, 3 * eighth),
    }


_PIPELINE = "ErnieImagePipeline"
_TOKENIZER = (("transformers", "TokenizersBackend"), ("transformers", "PreTrainedTokenizerFast"))
ERNIE_IMAGE = Family(
    id="ernie-image",
    label="ERNIE-Image",
    architecture="ernie-image",
    class_names=(_PIPELINE,),
    core="transformer",
    network=_network,
    scheduler={"shift": 4.0},
    components={
        "scheduler": FLUX2_KLEIN.components["scheduler"],
        "text_encoder": Component((("transformers", "Mistral3Model"),)),
        "tokenizer": Component(_TOKENIZER),
        "transformer": Component((("diffusers", "ErnieImageTransformer2DModel"),)),
        "vae": FLUX2_KLEIN.components["vae"],
        "pe": Component((("transformers", "Ministral3ForCausalLM"),), optional=True, loaded=False),
        "pe_tokenizer": Component(_TOKENIZER, optional=True, loaded=False),
    },
    # The pipeline has no image-to-image mode: the adapter starts it from noised latents.
    modes={
        "generate": Mode(_PIPELINE, "ernie_image", FLOW_DRAWING),
        "img2img": Mode(_PIPELINE, "ernie_image", (*FLOW_DRAWING, *IMG2IMG), {"strength": 0.6}),
        **painting(_PIPELINE, "ernie_image", FLOW_DRAWING, 0.85),
    },
    sizes=Sizes(multiple=16, smallest=64, largest=2048, pixels=4 << 20),
    defaults={**SQUARE, "num_inference_steps": 50, "guidance_scale": 4.0},
    variants=(
        Variant("ernie-image", "ERNIE-Image", _SHAPE, _COUNTS),
        Variant(
            "ernie-image-turbo",
            "ERNIE-Image Turbo",
            _SHAPE,
            _COUNTS,
            distilled=True,
            hints=("turbo",),
            defaults={"num_inference_steps": 8, "guidance_scale": 1.0},
        ),
    ),
    signatures=(_DIFFUSERS,),
    lora=Lora(
        targets=("to_q", "to_k", "to_v", "to_out.0", "gate_proj", "up_proj", "linear_fc2"),
        prefixes={},
        names={},
        widths=(Width(r"_self_attention_(to_[qkv]|to_out_0)$", "width", 1, 1),),
        blocks={"blocks": r"^layers_(\d+)_"},
        words=("ernie-image", "ernie_image", "ernieimage"),
    ),
    prompts=PromptEncoding({"tokenizer": 2048}),
    samplers=FLOW,
    untrainable="the studio has no trainer for it yet",
    # No smaller formats yet: FP8 would narrow the one modulation that all blocks depend on.
)
