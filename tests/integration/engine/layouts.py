"""Tiny models written in the layouts that people publish: the way back from diffusers' names."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from tests.integration.engine.original_names import swapped

State = dict[str, torch.Tensor]

FLUX2_NAMES = {
    "x_embedder": "img_in",
    "context_embedder": "txt_in",
    "time_guidance_embed.timestep_embedder.linear_1": "time_in.in_layer",
    "time_guidance_embed.timestep_embedder.linear_2": "time_in.out_layer",
    "time_guidance_embed.guidance_embedder.linear_1": "guidance_in.in_layer",
    "time_guidance_embed.guidance_embedder.linear_2": "guidance_in.out_layer",
    "double_stream_modulation_img.linear": "double_stream_modulation_img.lin",
    "double_stream_modulation_txt.linear": "double_stream_modulation_txt.lin",
    "single_stream_modulation.linear": "single_stream_modulation.lin",
    "proj_out": "final_layer.linear",
}
FLUX2_DOUBLE = {
    "attn.to_out.0": "img_attn.proj",
    "attn.to_add_out": "txt_attn.proj",
    "ff.linear_in": "img_mlp.0",
    "ff.linear_out": "img_mlp.2",
    "ff_context.linear_in": "txt_mlp.0",
    "ff_context.linear_out": "txt_mlp.2",
}
FLUX2_NORMS = {
    "attn.norm_q": "img_attn.norm.query_norm",
    "attn.norm_k": "img_attn.norm.key_norm",
    "attn.norm_added_q": "txt_attn.norm.query_norm",
    "attn.norm_added_k": "txt_attn.norm.key_norm",
}


def flux2_original(own: Mapping[str, torch.Tensor]) -> State:
    """A FLUX.2 transformer as Black Forest Labs publish it."""
    result: State = {}
    for name, tensor in own.items():
        stem = name.removesuffix(".weight")
        double = re.match(r"transformer_blocks\.(\d+)\.(.+)", stem)
        single = re.match(r"single_transformer_blocks\.(\d+)\.attn\.(.+)", stem)
        if stem in FLUX2_NAMES:
            result[f"{FLUX2_NAMES[stem]}.weight"] = tensor
        elif stem == "norm_out.linear":
            result["final_layer.adaLN_modulation.1.weight"] = swapped(tensor)
        elif single:
            kind = {
                "to_qkv_mlp_proj": "linear1.weight",
                "to_out": "linear2.weight",
                "norm_q": "norm.query_norm.scale",
                "norm_k": "norm.key_norm.scale",
            }[single[2]]
            result[f"single_blocks.{single[1]}.{kind}"] = tensor
        elif double and double[2] in FLUX2_DOUBLE:
            result[f"double_blocks.{double[1]}.{FLUX2_DOUBLE[double[2]]}.weight"] = tensor
        elif double and double[2] in FLUX2_NORMS:
            result[f"double_blocks.{double[1]}.{FLUX2_NORMS[double[2]]}.scale"] = tensor
    blocks = {found_[1] for name in own if (found_ := re.match(r"transformer_blocks\.(\d+)", name))}
    for block in blocks:
        attn = f"transformer_blocks.{block}.attn"
        for side, parts in (
            ("img", ("to_q", "to_k", "to_v")),
            ("txt", ("add_q_proj", "add_k_proj", "add_v_proj")),
        ):
            fused = torch.cat([own[f"{attn}.{part}.weight"] for part in parts])
            result[f"double_blocks.{block}.{side}_attn.qkv.weight"] = fused
    return result


def alpha(original: State) -> State:
    """Blocks as in the original, embedders as in diffusers, the guidance lost."""
    back = {new: old for old, new in FLUX2_NAMES.items() if "embed" in old}
    result: State = {}
    for name, tensor in original.items():
        stem = name.removesuffix(".weight")
        if stem.startswith("guidance_in"):
            continue
        result[f"{back[stem]}.weight" if stem in back else name] = tensor
    return result


def vae_original(own: Mapping[str, torch.Tensor]) -> State:
    """A VAE under the names of the latent diffusion code, attention as 1×1 convolutions."""
    levels = 1 + max(int(f[1]) for n in own if (f := re.match(r"decoder\.up_blocks\.(\d+)", n)))
    result: State = {}
    for name, tensor in own.items():
        for pattern, replacement in (
            (r"\.mid_block\.resnets\.0\.", ".mid.block_1."),
            (r"\.mid_block\.resnets\.1\.", ".mid.block_2."),
            (r"\.mid_block\.attentions\.0\.group_norm\.", ".mid.attn_1.norm."),
            (r"\.mid_block\.attentions\.0\.to_([qkv])\.", r".mid.attn_1.\1."),
            (r"\.mid_block\.attentions\.0\.to_out\.0\.", ".mid.attn_1.proj_out."),
            (r"\.conv_norm_out\.", ".norm_out."),
            (r"\.conv_shortcut\.", ".nin_shortcut."),
            (r"\.down_blocks\.(\d+)\.resnets\.", r".down.\1.block."),
            (r"\.down_blocks\.(\d+)\.downsamplers\.0\.", r".down.\1.downsample."),
        ):
            name = re.sub(pattern, replacement, name)
        up = re.match(r"decoder\.up_blocks\.(\d+)\.(resnets|upsamplers\.0)\.(.+)", name)
        if up:
            kind = "block" if up[2] == "resnets" else "upsample"
            name = f"decoder.up.{levels - 1 - int(up[1])}.{kind}.{up[3]}"
        if re.search(r"attn_1\.(q|k|v|proj_out)\.weight$", name):
            tensor = tensor[:, :, None, None]
        result[name] = tensor
    return result


def flux2_vae_original(own: Mapping[str, torch.Tensor]) -> State:
    """The same with the two 1×1 convolutions inside, as FLUX.2 has them."""
    return {
        re.sub(
            r"^quant_conv", "encoder.quant_conv", re.sub(r"^post_q", "decoder.post_q", name)
        ): item
        for name, item in vae_original(own).items()
    }


def write(state: Mapping[str, torch.Tensor], path: Path, prefix: str = "") -> Path:
    """A safetensors file."""
    save_file({f"{prefix}{name}": item.contiguous().clone() for name, item in state.items()}, path)
    return path


def write_gguf(state: Mapping[str, torch.Tensor], path: Path, kind: str) -> Path:
    """A GGUF file; `kind` is F32, F16, Q8_0…"""
    import gguf
    import numpy as np

    wanted: Any = gguf.GGMLQuantizationType[kind]
    writer = gguf.GGUFWriter(path, "flux")
    for name, tensor in state.items():
        numbers = tensor.float().numpy()
        fits = numbers.ndim > 1 and numbers.shape[-1] % 32 == 0
        if wanted.name in ("F32", "F16") or not fits:
            plain = np.float16 if wanted.name == "F16" and numbers.ndim > 1 else np.float32
            writer.add_tensor(name, numbers.astype(plain))
        else:
            writer.add_tensor(name, gguf.quants.quantize(numbers, wanted), raw_dtype=wanted)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def llama_cpp(own: Mapping[str, torch.Tensor], architecture: str) -> State:
    """A text encoder under the names of llama.cpp, as its own table has them."""
    import gguf

    table = gguf.get_tensor_name_map(gguf.MODEL_ARCH[architecture], 64)
    result: State = {}
    for name, tensor in own.items():
        if name != "encoder.embed_tokens.weight":  # the same as `shared`
            named = table.get_name(name, try_suffixes=(".weight",))
            assert named is not None, name
            result[named] = tensor
    return result
