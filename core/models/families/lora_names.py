"""Names of the modules that LoRAs train: the original network's, and diffusers' for each.

`#` stands for one number, which returns in the other name. A module that diffusers splits has
several names, in the order of its rows. Sources: the converters of diffusers 0.42.1
(`loaders/single_file_utils.py`, `loaders/lora_conversion_utils.py`), Black Forest Labs' flux and
flux2, Stability AI's sd3.5 and generative-models.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

Names = Mapping[str, tuple[str, ...]]

# ComfyUI's prefixes of text encoders.
CLIP_L = "text_encoders.clip_l.transformer."
CLIP_G = "text_encoders.clip_g.transformer."
T5 = "text_encoders.t5xxl.transformer."

_QKV = ("to_q", "to_k", "to_v")
_ADDED = ("add_q_proj", "add_k_proj", "add_v_proj")


def _inside(block: str, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{block}.{name}" for name in names)


_DOUBLE = "transformer_blocks.#"
_SINGLE = "single_transformer_blocks.#"
# Of both generations of FLUX.
_FLUX: Names = {
    "img_in": ("x_embedder",),
    "txt_in": ("context_embedder",),
    "final_layer.linear": ("proj_out",),
    "final_layer.adaLN_modulation.1": ("norm_out.linear",),
    "double_blocks.#.img_attn.qkv": _inside(f"{_DOUBLE}.attn", _QKV),
    "double_blocks.#.txt_attn.qkv": _inside(f"{_DOUBLE}.attn", _ADDED),
    "double_blocks.#.img_attn.proj": (f"{_DOUBLE}.attn.to_out.0",),
    "double_blocks.#.txt_attn.proj": (f"{_DOUBLE}.attn.to_add_out",),
}


def _embedders(owner: str) -> Names:
    return {
        f"{original}.{layer}": (f"{owner}.{name}.linear_{number}",)
        for original, name in (
            ("time_in", "timestep_embedder"),
            ("guidance_in", "guidance_embedder"),
        )
        for number, layer in ((1, "in_layer"), (2, "out_layer"))
    }


FLUX1: Names = {
    **_FLUX,
    **_embedders("time_text_embed"),
    "vector_in.in_layer": ("time_text_embed.text_embedder.linear_1",),
    "vector_in.out_layer": ("time_text_embed.text_embedder.linear_2",),
    "double_blocks.#.img_mlp.0": (f"{_DOUBLE}.ff.net.0.proj",),
    "double_blocks.#.img_mlp.2": (f"{_DOUBLE}.ff.net.2",),
    "double_blocks.#.txt_mlp.0": (f"{_DOUBLE}.ff_context.net.0.proj",),
    "double_blocks.#.txt_mlp.2": (f"{_DOUBLE}.ff_context.net.2",),
    "double_blocks.#.img_mod.lin": (f"{_DOUBLE}.norm1.linear",),
    "double_blocks.#.txt_mod.lin": (f"{_DOUBLE}.norm1_context.linear",),
    "single_blocks.#.linear1": (*_inside(f"{_SINGLE}.attn", _QKV), f"{_SINGLE}.proj_mlp"),
    "single_blocks.#.linear2": (f"{_SINGLE}.proj_out",),
    "single_blocks.#.modulation.lin": (f"{_SINGLE}.norm.linear",),
    # xlabs' names of parts of the two above.
    "single_blocks.#.qkv": _inside(f"{_SINGLE}.attn", _QKV),
    "single_blocks.#.proj": (f"{_SINGLE}.proj_out",),
}
# Without the modulations of FLUX.1.
CHROMA: Names = {
    **{
        name: targets
        for name, targets in FLUX1.items()
        if not name.endswith((".lin", ".in_layer", ".out_layer", ".adaLN_modulation.1"))
    },
    "distilled_guidance_layer.layers.#.in_layer": ("distilled_guidance_layer.layers.#.linear_1",),
    "distilled_guidance_layer.layers.#.out_layer": ("distilled_guidance_layer.layers.#.linear_2",),
}
FLUX2: Names = {
    **_FLUX,
    **_embedders("time_guidance_embed"),
    "double_stream_modulation_img.lin": ("double_stream_modulation_img.linear",),
    "double_stream_modulation_txt.lin": ("double_stream_modulation_txt.linear",),
    "single_stream_modulation.lin": ("single_stream_modulation.linear",),
    "double_blocks.#.img_mlp.0": (f"{_DOUBLE}.ff.linear_in",),
    "double_blocks.#.img_mlp.2": (f"{_DOUBLE}.ff.linear_out",),
    "double_blocks.#.txt_mlp.0": (f"{_DOUBLE}.ff_context.linear_in",),
    "double_blocks.#.txt_mlp.2": (f"{_DOUBLE}.ff_context.linear_out",),
    "single_blocks.#.linear1": (f"{_SINGLE}.attn.to_qkv_mlp_proj",),
    "single_blocks.#.linear2": (f"{_SINGLE}.attn.to_out",),
}
SD3: Names = {
    "x_embedder.proj": ("pos_embed.proj",),
    "t_embedder.mlp.0": ("time_text_embed.timestep_embedder.linear_1",),
    "t_embedder.mlp.2": ("time_text_embed.timestep_embedder.linear_2",),
    "y_embedder.mlp.0": ("time_text_embed.text_embedder.linear_1",),
    "y_embedder.mlp.2": ("time_text_embed.text_embedder.linear_2",),
    "final_layer.linear": ("proj_out",),
    "final_layer.adaLN_modulation.1": ("norm_out.linear",),
    "joint_blocks.#.x_block.attn.qkv": _inside(f"{_DOUBLE}.attn", _QKV),
    "joint_blocks.#.x_block.attn2.qkv": _inside(f"{_DOUBLE}.attn2", _QKV),
    "joint_blocks.#.context_block.attn.qkv": _inside(f"{_DOUBLE}.attn", _ADDED),
    "joint_blocks.#.x_block.attn.proj": (f"{_DOUBLE}.attn.to_out.0",),
    "joint_blocks.#.x_block.attn2.proj": (f"{_DOUBLE}.attn2.to_out.0",),
    "joint_blocks.#.context_block.attn.proj": (f"{_DOUBLE}.attn.to_add_out",),
    "joint_blocks.#.x_block.mlp.fc1": (f"{_DOUBLE}.ff.net.0.proj",),
    "joint_blocks.#.x_block.mlp.fc2": (f"{_DOUBLE}.ff.net.2",),
    "joint_blocks.#.context_block.mlp.fc1": (f"{_DOUBLE}.ff_context.net.0.proj",),
    "joint_blocks.#.context_block.mlp.fc2": (f"{_DOUBLE}.ff_context.net.2",),
    "joint_blocks.#.x_block.adaLN_modulation.1": (f"{_DOUBLE}.norm1.linear",),
    "joint_blocks.#.context_block.adaLN_modulation.1": (f"{_DOUBLE}.norm1_context.linear",),
}

_RESNET = {
    "in_layers.2": "conv1",
    "emb_layers.1": "time_emb_proj",
    "out_layers.3": "conv2",
    "skip_connection": "conv_shortcut",
}
_ATTENTION = (
    "proj_in",
    "proj_out",
    *(
        f"transformer_blocks.#.{attention}.{name}"
        for attention in ("attn1", "attn2")
        for name in (*_QKV, "to_out.0")
    ),
    "transformer_blocks.#.ff.net.0.proj",
    "transformer_blocks.#.ff.net.2",
)
LAYERS = 2  # resnets per level of every published UNet of these two families


def _resnet(original: str, diffusers: str) -> Iterator[tuple[str, str]]:
    return ((f"{original}.{old}", f"{diffusers}.{new}") for old, new in _RESNET.items())


def _attention(original: str, diffusers: str) -> Iterator[tuple[str, str]]:
    return ((f"{original}.{name}", f"{diffusers}.{name}") for name in _ATTENTION)


def _unet(levels: int) -> Iterator[tuple[str, str]]:
    yield "time_embed.0", "time_embedding.linear_1"
    yield "time_embed.2", "time_embedding.linear_2"
    yield "label_emb.0.0", "add_embedding.linear_1"
    yield "label_emb.0.2", "add_embedding.linear_2"
    yield "input_blocks.0.0", "conv_in"
    yield "out.2", "conv_out"
    yield from _resnet("middle_block.0", "mid_block.resnets.0")
    yield from _attention("middle_block.1", "mid_block.attentions.0")
    yield from _resnet("middle_block.2", "mid_block.resnets.1")
    for level in range(levels):
        for layer in range(LAYERS):
            block, down = 1 + level * (LAYERS + 1) + layer, f"down_blocks.{level}"
            yield from _resnet(f"input_blocks.{block}.0", f"{down}.resnets.{layer}")
            yield from _attention(f"input_blocks.{block}.1", f"{down}.attentions.{layer}")
        last = (level + 1) * (LAYERS + 1)
        yield f"input_blocks.{last}.0.op", f"down_blocks.{level}.downsamplers.0.conv"
        for layer in range(LAYERS + 1):
            block, up = level * (LAYERS + 1) + layer, f"up_blocks.{level}"
            yield from _resnet(f"output_blocks.{block}.0", f"{up}.resnets.{layer}")
            yield from _attention(f"output_blocks.{block}.1", f"{up}.attentions.{layer}")
        for place in (1, 2):  # behind the attention, where the level has one
            yield f"output_blocks.{last - 1}.{place}.conv", f"up_blocks.{level}.upsamplers.0.conv"


def _unet_names(levels: int) -> Names:
    sides = ("down_blocks.#.attentions.#", "up_blocks.#.attentions.#", "mid_block.attentions.#")
    inner = "transformer_blocks.#"
    # The processors of older versions of diffusers named it without its place.
    outputs = (f"{s}.{inner}.{a}.to_out" for s in sides for a in ("attn1", "attn2"))
    return {
        **{original: (diffusers,) for original, diffusers in _unet(levels)},
        **{name: (f"{name}.0",) for name in outputs},
    }


SD15 = _unet_names(4)
SDXL = _unet_names(3)
