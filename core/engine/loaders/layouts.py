"""Convert published layouts of networks to those of diffusers and transformers.

One row per class and layout: a tensor that only this layout has, and its converter. Rows are tried
in order by the contents of the file, never by its name.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from diffusers import UNet2DConditionModel
from diffusers.loaders import single_file_utils as published
from diffusers.loaders.single_file_model import SINGLE_FILE_LOADABLE_CLASSES

from core.engine.loaders import vae_names
from core.engine.loaders.build import WrongTensors, listed, surplus
from core.engine.loaders.state import State

# (state, known configuration) to a state under the class's own names.
Convert = Callable[[State, Mapping[str, Any]], State]


def to_own_names(class_name: str, state: State, config: Mapping[str, Any]) -> State:
    """`state` under the names of its class. Raises `KeyError` when no layout has such names."""
    rows = _LAYOUTS.get(class_name, ())
    for sign, convert in rows:
        if any(re.match(sign, name) for name in state):
            return _with_projection(class_name, convert(state, config))
    if not rows:
        return state
    raise KeyError(f"none of the names of a {class_name}")


def by_diffusers(class_name: str, state: State, config: Mapping[str, Any]) -> State:
    """As `to_own_names`, by diffusers' converter of the class, for layouts without a row.

    Raises `TypeError` when it has none, and the errors of the converter.
    """
    known = SINGLE_FILE_LOADABLE_CLASSES.get(class_name)
    if known is None:
        raise TypeError("diffusers reads no such single files")
    convert = known["checkpoint_mapping_fn"]
    return _converted(partial(convert, config=dict(config)), state)


def _with_projection(class_name: str, state: State) -> State:
    """Add the projection that SD3.5 needs and CLIP-L files lack: the identity."""
    words = state.get("text_model.final_layer_norm.weight")
    if words is None:
        words = state.get("final_layer_norm.weight")
    name = "text_projection.weight"
    if class_name != "CLIPTextModelWithProjection" or name in state or words is None:
        return state
    return {**state, name: torch.eye(words.shape[0], dtype=words.dtype, device=words.device)}


def _as_it_is(state: State, config: Mapping[str, Any]) -> State:
    return state


def _converted(convert: Callable[[State], State], state: State) -> State:
    """Apply a converter of diffusers, which removes known tensors and ignores the others.

    Raises `WrongTensors` naming those others.
    """
    rest = dict(state)
    converted = convert(rest)
    _refuse(rest)
    return converted


def _refuse(rest: Collection[str]) -> None:
    if extra := surplus(rest):
        raise WrongTensors(f"unexpected: {listed(extra)}")


def _flux1(state: State, config: Mapping[str, Any]) -> State:
    return _converted(published.convert_flux_transformer_checkpoint_to_diffusers, state)


_ALPHA = (
    (r"^x_embedder\.", "img_in."),
    (r"^context_embedder\.", "txt_in."),
    (r"^time_guidance_embed\.timestep_embedder\.linear_1\.", "time_in.in_layer."),
    (r"^time_guidance_embed\.timestep_embedder\.linear_2\.", "time_in.out_layer."),
    (r"^time_guidance_embed\.guidance_embedder\.linear_1\.", "guidance_in.in_layer."),
    (r"^time_guidance_embed\.guidance_embedder\.linear_2\.", "guidance_in.out_layer."),
    (r"^time_guidance_embed\.(?:linear_1|in_layer)\.", "time_in.in_layer."),
    (r"^time_guidance_embed\.(?:linear_2|out_layer)\.", "time_in.out_layer."),
    (r"_modulation(_img|_txt)?\.linear\.", r"_modulation\1.lin."),
    (r"^proj_out\.", "final_layer.linear."),
)


def _flux2(state: State, config: Mapping[str, Any]) -> State:
    """Original blocks with embedders of either naming: some tools mixed them ("alpha")."""
    renamed = _renamed(state, _ALPHA)
    kept = {name: renamed.pop(name) for name in list(renamed) if name.startswith("norm_out.")}
    converted = _converted(published.convert_flux2_transformer_checkpoint_to_diffusers, renamed)
    return {**converted, **kept}


def _flux3(state: State, config: Mapping[str, Any]) -> State:
    return _converted(published.convert_flux3_transformer_checkpoint_to_diffusers, state)


def _sd3(state: State, config: Mapping[str, Any]) -> State:
    return _converted(published.convert_sd3_transformer_checkpoint_to_diffusers, state)


def _unet(state: State, config: Mapping[str, Any]) -> State:
    # The converter expects the network inside a checkpoint, and a complete configuration.
    checkpoint = {f"model.diffusion_model.{name}": tensor for name, tensor in state.items()}
    parameters = inspect.signature(UNet2DConditionModel.__init__).parameters.values()
    defaults = {p.name: p.default for p in parameters if p.name != "self"}
    converted: State = published.convert_ldm_unet_checkpoint(checkpoint, {**defaults, **config})
    used = {id(tensor) for tensor in converted.values()}  # it renames, and computes nothing
    _refuse([name for name, tensor in state.items() if id(tensor) not in used])
    return converted


def _cosmos(state: State, config: Mapping[str, Any]) -> State:
    """The network alone: Anima's files hold its text conditioner too."""
    own = {name: t for name, t in state.items() if not name.startswith("llm_adapter.")}
    return _converted(published.convert_cosmos_transformer_checkpoint_to_diffusers, own)


def _vae(state: State, config: Mapping[str, Any]) -> State:
    converted = vae_names.to_diffusers(state)
    converted.pop("bn.num_batches_tracked", None)
    return converted


def _wan_vae(state: State, config: Mapping[str, Any]) -> State:
    renamed: State = published.convert_wan_vae_to_diffusers(state)  # keeps the names it lacks
    return renamed


def _clip(state: State, config: Mapping[str, Any]) -> State:
    return {name: t for name, t in state.items() if not name.endswith("position_ids")}


_OPEN_CLIP = (
    (r"^positional_embedding$", "text_model.embeddings.position_embedding.weight"),
    (r"^token_embedding\.", "text_model.embeddings.token_embedding."),
    (r"^ln_final\.", "text_model.final_layer_norm."),
    (r"^transformer\.resblocks\.", "text_model.encoder.layers."),
    (r"\.ln_1\.", ".layer_norm1."),
    (r"\.ln_2\.", ".layer_norm2."),
    (r"\.c_fc\.", ".fc1."),
    (r"\.c_proj\.", ".fc2."),
    (r"\.attn\.", ".self_attn."),
)


def _open_clip(state: State, config: Mapping[str, Any]) -> State:
    renamed: State = {}
    for name, tensor in _renamed(state, _OPEN_CLIP).items():
        if name == "text_projection":
            renamed["text_projection.weight"] = tensor.T.contiguous()
        elif ".in_proj_" in name:
            stem, _, kind = name.partition("in_proj_")
            for part, chunk in zip("qkv", tensor.chunk(3), strict=True):
                renamed[f"{stem}{part}_proj.{kind}"] = chunk
        elif name != "logit_scale" and not name.endswith("position_ids"):
            renamed[name] = tensor
    return renamed


def _t5(state: State, config: Mapping[str, Any]) -> State:
    encoder = {name: t for name, t in state.items() if not name.startswith("decoder.")}
    encoder.pop("lm_head.weight", None)
    names = ("shared.weight", "encoder.embed_tokens.weight")
    words = next((encoder[name] for name in names if name in encoder), None)
    return encoder if words is None else {**encoder, **dict.fromkeys(names, words)}


# Names that llama.cpp gives to text models.
_T5_GGUF = (
    (r"^token_embd\.", "shared."),
    (r"^enc\.output_norm\.", "encoder.final_layer_norm."),
    (r"^enc\.blk\.(\d+)\.attn_([qkvo])\.", r"encoder.block.\1.layer.0.SelfAttention.\2."),
    (
        r"^enc\.blk\.(\d+)\.attn_rel_b\.",
        r"encoder.block.\1.layer.0.SelfAttention.relative_attention_bias.",
    ),
    (r"^enc\.blk\.(\d+)\.attn_norm\.", r"encoder.block.\1.layer.0.layer_norm."),
    (r"^enc\.blk\.(\d+)\.ffn_norm\.", r"encoder.block.\1.layer.1.layer_norm."),
    (r"^enc\.blk\.(\d+)\.ffn_gate\.", r"encoder.block.\1.layer.1.DenseReluDense.wi_0."),
    (r"^enc\.blk\.(\d+)\.ffn_up\.", r"encoder.block.\1.layer.1.DenseReluDense.wi_1."),
    (r"^enc\.blk\.(\d+)\.ffn_down\.", r"encoder.block.\1.layer.1.DenseReluDense.wo."),
)
_QWEN3_GGUF = (
    (r"^token_embd\.", "model.embed_tokens."),
    (r"^output_norm\.", "model.norm."),
    (r"^output\.", "lm_head."),
    (r"^blk\.(\d+)\.attn_([qkv])\.", r"model.layers.\1.self_attn.\2_proj."),
    (r"^blk\.(\d+)\.attn_([qk])_norm\.", r"model.layers.\1.self_attn.\2_norm."),
    (r"^blk\.(\d+)\.attn_output\.", r"model.layers.\1.self_attn.o_proj."),
    (r"^blk\.(\d+)\.attn_norm\.", r"model.layers.\1.input_layernorm."),
    (r"^blk\.(\d+)\.ffn_norm\.", r"model.layers.\1.post_attention_layernorm."),
    (r"^blk\.(\d+)\.ffn_(gate|up|down)\.", r"model.layers.\1.mlp.\2_proj."),
)


def _renamed(state: State, rules: Sequence[tuple[str, str]]) -> State:
    renamed: State = {}
    for name, tensor in state.items():
        for pattern, replacement in rules:
            name = re.sub(pattern, replacement, name)
        renamed[name] = tensor
    return renamed


def _t5_gguf(state: State, config: Mapping[str, Any]) -> State:
    return _t5(_renamed(state, _T5_GGUF), config)


def _qwen3_gguf(state: State, config: Mapping[str, Any]) -> State:
    return _renamed(state, _QWEN3_GGUF)


_QWEN_VL = (
    (r"^visual\.", "model.visual."),
    (r"^model\.(embed_tokens|layers|norm)\.", r"model.language_model.\1."),
)


def _qwen_vl(state: State, config: Mapping[str, Any]) -> State:
    return _renamed(state, _QWEN_VL)


_CLIP_ROWS: tuple[tuple[str, Convert], ...] = (
    (r"transformer\.resblocks\.", _open_clip),
    (r"(text_model\.)?encoder\.layers\.", _clip),
)
_VAE_ROWS: tuple[tuple[str, Convert], ...] = ((r"(encoder|decoder)\.conv_in\.", _vae),)
_LAYOUTS: Mapping[str, tuple[tuple[str, Convert], ...]] = {
    "FluxTransformer2DModel": (
        (r"double_blocks\.", _flux1),
        (r"transformer_blocks\.", _as_it_is),
    ),
    "Flux2Transformer2DModel": (
        (r"double_blocks\.", _flux2),
        (r"transformer_blocks\.", _as_it_is),
    ),
    "Flux3Transformer2DModel": (
        (r"emb_in\.", _flux3),
        (r"x_embedders\.", _as_it_is),
    ),
    "SD3Transformer2DModel": (
        (r"joint_blocks\.", _sd3),
        (r"transformer_blocks\.", _as_it_is),
    ),
    "CosmosTransformer3DModel": (
        (r"x_embedder\.", _cosmos),
        (r"transformer_blocks\.", _as_it_is),
    ),
    "UNet2DConditionModel": (
        (r"input_blocks\.", _unet),
        (r"down_blocks\.", _as_it_is),
    ),
    "AutoencoderKL": _VAE_ROWS,
    "AutoencoderKLFlux2": _VAE_ROWS,
    "AutoencoderKLQwenImage": (
        (r"decoder\.middle\.", _wan_vae),
        (r"decoder\.mid_block\.", _as_it_is),
    ),
    "CLIPTextModel": _CLIP_ROWS,
    "CLIPTextModelWithProjection": _CLIP_ROWS,
    "T5EncoderModel": ((r"encoder\.block\.", _t5), (r"enc\.blk\.", _t5_gguf)),
    "Qwen2_5_VLForConditionalGeneration": ((r"visual\.", _qwen_vl), (r"", _as_it_is)),
    "Qwen3ForCausalLM": ((r"blk\.", _qwen3_gguf), (r"", _as_it_is)),
}
