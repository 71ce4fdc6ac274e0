"""The way back from diffusers' names to the published ones, for networks whose converters insist
on real widths. Works on tensors without memory (the meta device)."""

import re
from collections.abc import Mapping

import torch

State = dict[str, torch.Tensor]

FLUX1 = {
    "x_embedder": "img_in",
    "context_embedder": "txt_in",
    "time_text_embed.timestep_embedder.linear_1": "time_in.in_layer",
    "time_text_embed.timestep_embedder.linear_2": "time_in.out_layer",
    "time_text_embed.text_embedder.linear_1": "vector_in.in_layer",
    "time_text_embed.text_embedder.linear_2": "vector_in.out_layer",
    "time_text_embed.guidance_embedder.linear_1": "guidance_in.in_layer",
    "time_text_embed.guidance_embedder.linear_2": "guidance_in.out_layer",
    "norm_out.linear": "final_layer.adaLN_modulation.1",
    "proj_out": "final_layer.linear",
}
FLUX1_DOUBLE = {
    "norm1.linear": "img_mod.lin",
    "norm1_context.linear": "txt_mod.lin",
    "attn.to_out.0": "img_attn.proj",
    "attn.to_add_out": "txt_attn.proj",
    "attn.norm_q": "img_attn.norm.query_norm",
    "attn.norm_k": "img_attn.norm.key_norm",
    "attn.norm_added_q": "txt_attn.norm.query_norm",
    "attn.norm_added_k": "txt_attn.norm.key_norm",
    "ff.net.0.proj": "img_mlp.0",
    "ff.net.2": "img_mlp.2",
    "ff_context.net.0.proj": "txt_mlp.0",
    "ff_context.net.2": "txt_mlp.2",
}
FLUX1_SINGLE = {
    "norm.linear": "modulation.lin",
    "proj_out": "linear2",
    "attn.norm_q": "norm.query_norm",
    "attn.norm_k": "norm.key_norm",
}
SD3 = {
    "pos_embed.proj": "x_embedder.proj",
    "context_embedder": "context_embedder",
    "time_text_embed.timestep_embedder.linear_1": "t_embedder.mlp.0",
    "time_text_embed.timestep_embedder.linear_2": "t_embedder.mlp.2",
    "time_text_embed.text_embedder.linear_1": "y_embedder.mlp.0",
    "time_text_embed.text_embedder.linear_2": "y_embedder.mlp.2",
    "norm_out.linear": "final_layer.adaLN_modulation.1",
    "proj_out": "final_layer.linear",
}
SD3_BLOCK = {
    "norm1.linear": "x_block.adaLN_modulation.1",
    "norm1_context.linear": "context_block.adaLN_modulation.1",
    "attn.to_out.0": "x_block.attn.proj",
    "attn.to_add_out": "context_block.attn.proj",
    "attn.norm_q": "x_block.attn.ln_q",
    "attn.norm_k": "x_block.attn.ln_k",
    "attn.norm_added_q": "context_block.attn.ln_q",
    "attn.norm_added_k": "context_block.attn.ln_k",
    "attn2.to_out.0": "x_block.attn2.proj",
    "attn2.norm_q": "x_block.attn2.ln_q",
    "attn2.norm_k": "x_block.attn2.ln_k",
    "ff.net.0.proj": "x_block.mlp.fc1",
    "ff.net.2": "x_block.mlp.fc2",
    "ff_context.net.0.proj": "context_block.mlp.fc1",
    "ff_context.net.2": "context_block.mlp.fc2",
}
RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
UNET = {
    "conv_in": "input_blocks.0.0",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "add_embedding.linear_1": "label_emb.0.0",
    "add_embedding.linear_2": "label_emb.0.2",
}


def _split(name: str) -> tuple[str, str]:
    stem, _, kind = name.rpartition(".")
    return stem, kind


def _fuse(result: State, own: Mapping[str, torch.Tensor], stem: str, parts: str, to: str) -> None:
    names = [f"{stem}.{part}" for part in parts.split()]
    for kind in ("weight", "bias"):
        if f"{names[0]}.{kind}" in own:
            result[f"{to}.{kind}"] = torch.cat([own[f"{name}.{kind}"] for name in names])


def swapped(tensor: torch.Tensor) -> torch.Tensor:
    """Scale and shift, in the other order."""
    return torch.cat(list(reversed(tensor.chunk(2))))


def _in_order(stem: str, tensor: torch.Tensor) -> torch.Tensor:
    return swapped(tensor) if stem == "norm_out.linear" else tensor


def flux1(own: Mapping[str, torch.Tensor]) -> State:
    """FLUX.1 as Black Forest Labs publish it."""
    result: State = {}
    for name, tensor in own.items():
        stem, kind = _split(name)
        double = re.match(r"transformer_blocks\.(\d+)\.(.+)", stem)
        single = re.match(r"single_transformer_blocks\.(\d+)\.(.+)", stem)
        if stem in FLUX1:
            result[f"{FLUX1[stem]}.{kind}"] = _in_order(stem, tensor)
        elif single and single[2] in FLUX1_SINGLE:
            last = "scale" if "norm_" in single[2] else kind
            result[f"single_blocks.{single[1]}.{FLUX1_SINGLE[single[2]]}.{last}"] = tensor
        elif double and double[2] in FLUX1_DOUBLE:
            last = "scale" if ".norm_" in double[2] else kind
            result[f"double_blocks.{double[1]}.{FLUX1_DOUBLE[double[2]]}.{last}"] = tensor
    for block in _blocks(own, "transformer_blocks"):
        attn, to = f"transformer_blocks.{block}.attn", f"double_blocks.{block}"
        _fuse(result, own, attn, "to_q to_k to_v", f"{to}.img_attn.qkv")
        _fuse(result, own, attn, "add_q_proj add_k_proj add_v_proj", f"{to}.txt_attn.qkv")
    for block in _blocks(own, "single_transformer_blocks"):
        stem = f"single_transformer_blocks.{block}"
        parts = "attn.to_q attn.to_k attn.to_v proj_mlp"
        _fuse(result, own, stem, parts, f"single_blocks.{block}.linear1")
    return result


def chroma(own: Mapping[str, torch.Tensor]) -> State:
    """Chroma as Lodestone Rock publishes it."""
    result = flux1(own)
    for name, tensor in own.items():
        if name.startswith("distilled_guidance_layer."):
            name = name.replace(".linear_1.", ".in_layer.").replace(".linear_2.", ".out_layer.")
            result[re.sub(r"(\.norms\.\d+)\.weight$", r"\1.scale", name)] = tensor
    return result


def sd3(own: Mapping[str, torch.Tensor]) -> State:
    """SD3.5 as Stability AI publish it."""
    result: State = {"pos_embed": own["pos_embed.pos_embed"]}
    last = f"transformer_blocks.{len(_blocks(own, 'transformer_blocks')) - 1}.norm1_context.linear"
    for name, tensor in own.items():
        stem, kind = _split(name)
        block = re.match(r"transformer_blocks\.(\d+)\.(.+)", stem)
        if stem == last:
            tensor = swapped(tensor)
        if stem in SD3:
            result[f"{SD3[stem]}.{kind}"] = _in_order(stem, tensor)
        elif block and block[2] in SD3_BLOCK:
            result[f"joint_blocks.{block[1]}.{SD3_BLOCK[block[2]]}.{kind}"] = tensor
    for number in _blocks(own, "transformer_blocks"):
        attn, to = f"transformer_blocks.{number}.attn", f"joint_blocks.{number}"
        _fuse(result, own, attn, "to_q to_k to_v", f"{to}.x_block.attn.qkv")
        _fuse(result, own, f"{attn}2", "to_q to_k to_v", f"{to}.x_block.attn2.qkv")
        added = "add_q_proj add_k_proj add_v_proj"
        _fuse(result, own, attn, added, f"{to}.context_block.attn.qkv")
    return result


def unet(own: Mapping[str, torch.Tensor]) -> State:
    """SD1.5's and SDXL's UNet as in the latent diffusion code."""
    return {_unet_name(name, own): tensor for name, tensor in own.items()}


def _unet_name(name: str, own: Mapping[str, torch.Tensor]) -> str:
    stem, kind = _split(name)
    if stem in UNET:
        return f"{UNET[stem]}.{kind}"
    mid = re.match(r"mid_block\.(resnets|attentions)\.(\d+)\.(.+)", name)
    if mid:
        number = 1 if mid[1] == "attentions" else 2 * int(mid[2])
        return f"middle_block.{number}.{_inside(mid[3], mid[1])}"
    side = re.match(r"(down|up)_blocks\.(\d+)\.(\w+)\.(\d+)\.(.+)", name)
    assert side
    level, kind, number, rest = int(side[2]), side[3], int(side[4]), side[5]
    if kind == "downsamplers":
        return f"input_blocks.{3 * (level + 1)}.0.{rest.replace('conv.', 'op.')}"
    if kind == "upsamplers":
        attentive = any(item.startswith(f"up_blocks.{level}.attentions") for item in own)
        return f"output_blocks.{3 * level + 2}.{2 if attentive else 1}.{rest}"
    place = 1 if kind == "attentions" else 0
    if side[1] == "down":
        return f"input_blocks.{3 * level + number + 1}.{place}.{_inside(rest, kind)}"
    return f"output_blocks.{3 * level + number}.{place}.{_inside(rest, kind)}"


def _inside(rest: str, kind: str) -> str:
    if kind == "attentions":
        return rest
    stem, last = _split(rest)
    return f"{RESNET[stem]}.{last}"


def open_clip(own: Mapping[str, torch.Tensor]) -> State:
    """CLIP-G as OpenCLIP publish it."""
    result: State = {"logit_scale": torch.empty((), device="meta")}
    for name, tensor in own.items():
        for pattern, replacement in (
            (r"^text_model\.embeddings\.position_embedding\.weight$", "positional_embedding"),
            (r"^text_model\.embeddings\.token_embedding\.", "token_embedding."),
            (r"^text_model\.final_layer_norm\.", "ln_final."),
            (r"^text_model\.encoder\.layers\.", "transformer.resblocks."),
            (r"\.layer_norm(\d)\.", r".ln_\1."),
            (r"\.mlp\.fc1\.", ".mlp.c_fc."),
            (r"\.mlp\.fc2\.", ".mlp.c_proj."),
            (r"\.self_attn\.", ".attn."),
        ):
            name = re.sub(pattern, replacement, name)
        fused = re.match(r"(.+\.attn\.)q_proj\.(weight|bias)$", name)
        if name == "text_projection.weight":
            result["text_projection"] = tensor.T
        elif fused:
            result[f"{fused[1]}in_proj_{fused[2]}"] = torch.cat([tensor] * 3)
        elif not re.search(r"\.attn\.[kv]_proj\.", name):
            result[name] = tensor
    return result


def _blocks(own: Mapping[str, torch.Tensor], stem: str) -> list[str]:
    pattern = re.compile(rf"{stem}\.(\d+)\.")
    return sorted({result[1] for name in own if (result := pattern.match(name))})
