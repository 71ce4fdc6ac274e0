"""Krea 2: Raw and its distillation Turbo, which have the same shapes.

Names and widths: diffusers 0.42.1 and the reference code of Krea (krea-2).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.models.families import training
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
from core.models.families.parameters import FLOW_DRAWING, IMG2IMG, SIGMAS, SQUARE, painting
from core.models.families.samplers import FLOW
from core.models.families.signature import Axis, Blocks, Signature

_INSIDE = {
    "attn.wq": "attn.to_q",
    "attn.wk": "attn.to_k",
    "attn.wv": "attn.to_v",
    "attn.wo": "attn.to_out.0",
    "attn.gate": "attn.to_gate",
    "mlp.gate": "ff.gate",
    "mlp.up": "ff.up",
    "mlp.down": "ff.down",
}
_BLOCKS = {
    "blocks.#": "transformer_blocks.#",
    "txtfusion.layerwise_blocks.#": "text_fusion.layerwise_blocks.#",
    "txtfusion.refiner_blocks.#": "text_fusion.refiner_blocks.#",
}
_ALONE = {
    "first": "img_in",
    "last.linear": "final_layer.linear",
    "tmlp.0": "time_embed.linear_1",
    "tmlp.2": "time_embed.linear_2",
    "tproj.1": "time_mod_proj",
    "txtmlp.1": "txt_in.linear_1",
    "txtmlp.3": "txt_in.linear_2",
    "txtfusion.projector": "text_fusion.projector",
}
_NAMES = {name: (target,) for name, target in _ALONE.items()} | {
    f"{block}.{name}": (f"{own}.{target}",)
    for block, own in _BLOCKS.items()
    for name, target in _INSIDE.items()
}
_ORIGINAL = Signature(
    "original",
    needs=("first.weight", "txtfusion.projector.weight", "blocks.0.attn.wq.weight"),
    modules=(
        *_NAMES,
        *(f"{block}.{{prenorm,postnorm}}" for block in _BLOCKS),
        *(f"{block}.attn.qknorm.{{qnorm,knorm}}" for block in _BLOCKS),
        "blocks.#.mod.lin",
        "txtmlp.0",
        "last.{norm,modulation.lin}",
        *(f"txtmlp.{number}" for number in "#"),
        *(f"tmlp.{number}" for number in "#"),
        "tproj.#",
    ),
    measures={
        "width": Axis("first.weight", 0),
        "channels": Axis("first.weight", 1),
        "joint": Axis("txtmlp.1.weight", 1),
        "taps": Axis("txtfusion.projector.weight", 1),
        "head": Axis("blocks.0.attn.qknorm.qnorm.scale", 0),
        "keys": Axis("blocks.0.attn.wk.weight", 0),
        "inner": Axis("blocks.0.mlp.up.weight", 0),
        "time": Axis("tmlp.0.weight", 1),
        "text_head": Axis("txtfusion.refiner_blocks.0.attn.qknorm.qnorm.scale", 0),
        "text_keys": Axis("txtfusion.refiner_blocks.0.attn.wk.weight", 0),
        "text_inner": Axis("txtfusion.refiner_blocks.0.mlp.up.weight", 0),
        "blocks": Blocks("blocks."),
        "layerwise": Blocks("txtfusion.layerwise_blocks."),
        "refiners": Blocks("txtfusion.refiner_blocks."),
    },
)
_DIFFUSERS = Signature(
    "diffusers",
    needs=(
        "img_in.weight",
        "text_fusion.projector.weight",
        "transformer_blocks.0.attn.to_q.weight",
    ),
    modules=(
        "{img_in,time_mod_proj,text_fusion.projector}",
        "time_embed.{linear_1,linear_2}",
        "txt_in.{norm,linear_1,linear_2}",
        "final_layer.{norm,linear,scale_shift_table}",
        "transformer_blocks.#.scale_shift_table",
        *(f"{own}.{{norm1,norm2}}" for own in _BLOCKS.values()),
        *(f"{own}.attn.{{to_q,to_k,to_v,to_gate,to_out.#}}" for own in _BLOCKS.values()),
        *(f"{own}.attn.{{norm_q,norm_k}}" for own in _BLOCKS.values()),
        *(f"{own}.ff.{{gate,up,down}}" for own in _BLOCKS.values()),
    ),
    measures={
        "width": Axis("img_in.weight", 0),
        "channels": Axis("img_in.weight", 1),
        "joint": Axis("txt_in.linear_1.weight", 1),
        "taps": Axis("text_fusion.projector.weight", 1),
        "head": Axis("transformer_blocks.0.attn.norm_q.weight", 0),
        "keys": Axis("transformer_blocks.0.attn.to_k.weight", 0),
        "inner": Axis("transformer_blocks.0.ff.up.weight", 0),
        "time": Axis("time_embed.linear_1.weight", 1),
        "text_head": Axis("text_fusion.refiner_blocks.0.attn.norm_q.weight", 0),
        "text_keys": Axis("text_fusion.refiner_blocks.0.attn.to_k.weight", 0),
        "text_inner": Axis("text_fusion.refiner_blocks.0.ff.up.weight", 0),
        "blocks": Blocks("transformer_blocks."),
        "layerwise": Blocks("text_fusion.layerwise_blocks."),
        "refiners": Blocks("text_fusion.refiner_blocks."),
    },
)
_SHAPE = {"width": 6144, "channels": 64, "joint": 2560, "blocks": 28}
_COUNTS = {"transformer": 12_820_000_000, "text_encoder": 4_438_000_000, "vae": 126_893_000}
_CALL = {"max_sequence_length": 512}
_WIDE = {"fp8": 40_760_000}


def _network(measures: Mapping[str, int]) -> dict[str, Any]:
    head, text_head = measures.get("head", 128), measures.get("text_head", 128)
    eighth = head // 8
    return {
        "in_channels": measures["channels"],
        "num_layers": measures["blocks"],
        "attention_head_dim": head,
        "num_attention_heads": measures["width"] // head,
        "num_key_value_heads": measures.get("keys", 1536) // head,
        "intermediate_size": measures.get("inner", 16384),
        "timestep_embed_dim": measures.get("time", 256),
        "text_hidden_dim": measures["joint"],
        "num_text_layers": measures.get("taps", 12),
        "text_num_attention_heads": measures["joint"] // text_head,
        "text_num_key_value_heads": measures.get("text_keys", 2560) // text_head,
        "text_intermediate_size": measures.get("text_inner", 6912),
        "num_layerwise_text_blocks": measures.get("layerwise", 2),
        "num_refiner_text_blocks": measures.get("refiners", 2),
        "axes_dims_rope": (head - 6 * eighth, 3 * eighth, 3 * eighth),
    }


KREA2 = Family(
    id="krea2",
    label="Krea 2",
    architecture="krea2",
    class_names=("Krea2Pipeline",),
    core="transformer",
    network=_network,
    scheduler={
        "use_dynamic_shifting": True,
        "base_shift": 0.5,
        "max_shift": 1.15,
        "base_image_seq_len": 256,
        "max_image_seq_len": 6400,
        "time_shift_type": "exponential",
    },
    components={
        "scheduler": Component((("diffusers", "FlowMatchEulerDiscreteScheduler"),)),
        "text_encoder": Component((("transformers", "Qwen3VLModel"),), ("qwen3-vl-4b",)),
        "tokenizer": Component(
            (("transformers", "Qwen2TokenizerFast"), ("transformers", "Qwen2Tokenizer")),
            ("tokenizer-qwen",),
        ),
        "transformer": Component((("diffusers", "Krea2Transformer2DModel"),)),
        "vae": Component((("diffusers", "AutoencoderKLQwenImage"),), ("vae-qwen-image",)),
    },
    # The pipeline has no image-to-image mode: the adapter starts it from noised latents.
    modes={
        "generate": Mode("Krea2Pipeline", "krea2", (*FLOW_DRAWING, *SIGMAS)),
        "img2img": Mode("Krea2Pipeline", "krea2", (*FLOW_DRAWING, *IMG2IMG), {"strength": 0.6}),
        **painting("Krea2Pipeline", "krea2", FLOW_DRAWING, 0.85),
    },
    sizes=Sizes(multiple=16, smallest=64, largest=2048, pixels=4 << 20),
    defaults={**SQUARE, "num_inference_steps": 52, "guidance_scale": 4.5},
    variants=(
        Variant("krea2-raw", "Krea 2 Raw", _SHAPE, _COUNTS, call=_CALL, wide=_WIDE),
        Variant(
            "krea2-turbo",
            "Krea 2 Turbo",
            _SHAPE,
            _COUNTS,
            distilled=True,
            hints=("turbo",),
            defaults={"num_inference_steps": 8, "guidance_scale": 1.0},
            call=_CALL,
            wide=_WIDE,
        ),
    ),
    signatures=(_ORIGINAL, _DIFFUSERS),
    lora=Lora(
        targets=("to_q", "to_k", "to_v", "to_gate", "to_out.0", "ff.gate", "ff.up", "ff.down"),
        prefixes={},
        names=_NAMES,
        widths=(
            Width(r"^(transformer_)?blocks_\d+_attn_(wq|wo|to_q|to_gate|to_out_0)$", "width", 1, 1),
            Width(r"^(transformer_)?blocks_\d+_attn_(wk|wv|to_k|to_v)$", "width", 1),
            Width(r"^(txtfusion|text_fusion)_.*_attn_(wq|to_q)$", "joint", 1, 1),
        ),
        blocks={"blocks": r"^(?:transformer_)?blocks_(\d+)_"},
        words=("krea2", "krea-2", "krea_2", "krea 2"),
    ),
    # The prefix of the chat template is not counted by `max_sequence_length`.
    prompts=PromptEncoding({"tokenizer": 512}, "{prompt}<|im_end|>\n<|im_start|>assistant\n"),
    samplers=FLOW,
    wide=r"norm|time_embed|^tmlp|scale_shift_table|\.mod\.lin|modulation\.lin|\.scale$",
    quantization=(
        {"text_encoder": "fp8"},
        {"transformer": "fp8", "text_encoder": "fp8"},
        {"transformer": "fp8", "text_encoder": "nf4"},
        {"transformer": "nf4", "text_encoder": "nf4"},
    ),
    training=training.KREA2,
)
