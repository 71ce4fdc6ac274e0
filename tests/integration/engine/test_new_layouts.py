"""Single files of the families of Qwen's text models: every layout gives the tensors that the
network has, and a file with another tensor or one less is refused by name."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from core.engine.loaders.part import PartSource, load_part
from core.errors import ModelBroken
from core.models.families import FAMILIES
from core.models.recognition.recognition import recognise
from core.models.weights.file import read_weights
from tests.integration.engine.layouts import write_gguf
from tests.integration.engine.tiny_models import FAMILY, tiny

State = dict[str, torch.Tensor]
MARK = "__index_timestep_zero__"  # of Qwen-Image-Edit 2511
KREA2 = (
    (r"^text_fusion\.", "txtfusion."),
    (r"^transformer_blocks\.(\d+)\.scale_shift_table", r"blocks.\1.mod.lin"),
    (r"^transformer_blocks\.", "blocks."),
    (r"^img_in\.", "first."),
    (r"^time_embed\.linear_1\.", "tmlp.0."),
    (r"^time_embed\.linear_2\.", "tmlp.2."),
    (r"^time_mod_proj\.", "tproj.1."),
    (r"^txt_in\.norm\.weight", "txtmlp.0.scale"),
    (r"^txt_in\.linear_1\.", "txtmlp.1."),
    (r"^txt_in\.linear_2\.", "txtmlp.3."),
    (r"^final_layer\.linear\.", "last.linear."),
    (r"^final_layer\.norm\.weight", "last.norm.scale"),
    (r"^final_layer\.scale_shift_table", "last.modulation.lin"),
    (r"\.attn\.to_out\.0\.", ".attn.wo."),
    (r"\.attn\.to_([qkv])\.", r".attn.w\1."),
    (r"\.attn\.to_gate\.", ".attn.gate."),
    (r"\.attn\.norm_([qk])\.weight", r".attn.qknorm.\1norm.scale"),
    (r"\.ff\.", ".mlp."),
    (r"\.norm1\.weight", ".prenorm.scale"),
    (r"\.norm2\.weight", ".postnorm.scale"),
)
ANIMA = (
    (r"^patch_embed\.proj\.", "x_embedder.proj.1."),
    (r"^time_embed\.t_embedder\.", "t_embedder.1."),
    (r"^time_embed\.norm\.", "t_embedding_norm."),
    (r"^proj_out\.", "final_layer.linear."),
    (r"^norm_out\.linear_", "final_layer.adaln_modulation."),
    (r"^transformer_blocks\.", "blocks."),
    (r"\.norm1\.linear_", ".adaln_modulation_self_attn."),
    (r"\.norm2\.linear_", ".adaln_modulation_cross_attn."),
    (r"\.norm3\.linear_", ".adaln_modulation_mlp."),
    (r"\.attn1\.", ".self_attn."),
    (r"\.attn2\.", ".cross_attn."),
    (r"\.to_out\.0\.", ".output_proj."),
    (r"\.to_([qkv])\.", r".\1_proj."),
    (r"\.norm_([qk])\.", r".\1_norm."),
    (r"\.ff\.net\.0\.proj\.", ".mlp.layer1."),
    (r"\.ff\.net\.2\.", ".mlp.layer2."),
)
Z_IMAGE = (
    (r"^all_(x_embedder|final_layer)\.2-1\.", r"\1."),
    (r"\.attention\.to_out\.0\.", ".attention.out."),
    (r"\.attention\.norm_([qk])\.", r".attention.\1_norm."),
)


def renamed(state: State, rules: tuple[tuple[str, str], ...]) -> State:
    result = {}
    for name, tensor in state.items():
        for pattern, replacement in rules:
            name = re.sub(pattern, replacement, name)
        result[name] = tensor
    return result


def krea2(state: State) -> State:
    """As Krea publishes it: the vectors of a block's modulation in one."""
    state = renamed(state, KREA2)
    return {
        name: tensor.flatten() if name.endswith(".mod.lin") else tensor
        for name, tensor in state.items()
    }


def z_image(state: State) -> State:
    """As Tongyi-MAI publishes it: queries, keys and values in one matrix."""
    state = renamed(state, Z_IMAGE)
    for name in [name for name in state if name.endswith("attention.to_q.weight")]:
        parts = [state.pop(name.replace("to_q", f"to_{part}")) for part in "qkv"]
        state[name.replace("to_q", "qkv")] = torch.cat(parts)
    return state


def anima(state: State) -> State:
    """As CircleStone Labs publishes it: the conditioner of texts beside the network."""
    conditioner = tiny("anima").text_conditioner.state_dict()
    return renamed(state, ANIMA) | {f"llm_adapter.{name}": t for name, t in conditioner.items()}


FLUX3 = (
    (r"^x_embedders\.", "emb_in."),
    (r"^context_embedder\.", "txt_in."),
    (r"^mode_blocks\.", "content_mode_blocks."),
    (r"^single_transformer_blocks\.", "single_blocks."),
    (r"^timestep_embedder\.linear_1\.", "time_in.in_layer."),
    (r"^timestep_embedder\.linear_2\.", "time_in.out_layer."),
    (r"^target_timestep_embedder\.linear_1\.", "ref_time_in.in_layer."),
    (r"^target_timestep_embedder\.linear_2\.", "ref_time_in.out_layer."),
    (r"^proj_out\.", "final_layer.image.linear."),
    (r"^norm_out\.linear\.", "final_layer.image.adaLN_modulation.1."),
    (r"(_stream_modulations\.\w+)\.linear\.", r"\1.lin."),
    (r"\.attn\.norm_q\.weight", ".norm.query_norm.scale"),
    (r"\.attn\.norm_k\.weight", ".norm.key_norm.scale"),
    (r"\.attn\.to_out\.0\.", ".attn_out."),
    (r"\.attn\.to_([qkv])\.", r".\1_proj."),
    (r"\.ff\.linear_(in|out)\.", r".mlp_\1."),
)


def flux3(state: State) -> State:
    """As Black Forest Labs publishes it: shift and scale of the last norm the other way round."""
    state = renamed(state, FLUX3)
    name = "final_layer.image.adaLN_modulation.1.weight"
    return {**state, name: torch.cat(state[name].chunk(2)[::-1])}


def comfyui(state: State) -> State:
    """As ComfyUI publishes Qwen-Image 2.1: a feed-forward layer and its gate in one matrix."""
    gate, up = ".img_mlp.gate_layer.", ".img_mlp.proj."
    fused = {
        name.replace(gate, ".img_mlp.gate_up."): torch.cat([item, state[name.replace(gate, up)]])
        for name, item in state.items()
        if gate in name
    }
    return {name: t for name, t in state.items() if gate not in name and up not in name} | fused


LAYOUTS: dict[str, dict[str, Callable[[State], State]]] = {
    "anima": {"diffusers": dict, "original": anima},
    "flux3": {"diffusers": dict, "original": flux3},
    "flux3-base": {"original": flux3},
    "ernie-image": {"diffusers": dict},
    "krea2": {"diffusers": dict, "original": krea2},
    "z-image": {"diffusers": dict, "original": z_image},
    "qwen-image": {"diffusers": dict},
    "qwen-image-21": {"diffusers": dict, "comfyui": comfyui},
    "qwen-edit-plus": {"marked": lambda state: {**state, MARK: torch.zeros(1)}},
}
CASES = [(name, layout) for name, layouts in LAYOUTS.items() for layout in layouts]


def original_state(name: str, layout: str) -> tuple[State, State]:
    """The state of the tiny network, and the same in a layout."""
    state: State = tiny(name).transformer.state_dict()
    return state, {key: item.contiguous() for key, item in LAYOUTS[name][layout](state).items()}


def load(name: str, path: Path) -> Any:
    """The network in a file, as the library recognises and the loader reads it."""
    finding = recognise(read_weights(path).header, path)
    family = FAMILIES[FAMILY[name]]
    assert finding.family == family.id
    kind = family.components[family.core].classes[0]
    config = family.network(finding.measures)
    return load_part(PartSource(family.core, kind, path, config=config), torch.float32)


@pytest.mark.parametrize(("name", "layout"), CASES)
def test_a_layout_gives_the_tensors_of_the_network(tmp_path: Path, name: str, layout: str) -> None:
    state, file = original_state(name, layout)
    save_file(file, tmp_path / f"{name}.safetensors")
    network = load(name, tmp_path / f"{name}.safetensors")
    loaded = network.state_dict()
    assert getattr(network.config, "zero_cond_t", False) == (layout == "marked")
    assert loaded.keys() == state.keys()
    assert all(torch.equal(loaded[key], item) for key, item in state.items())


@pytest.mark.parametrize(
    ("name", "layout"),
    [("anima", "original"), ("flux3", "original"), ("qwen-image-21", "comfyui")],
)
def test_a_gguf_file_gives_the_tensors_of_the_network(
    tmp_path: Path, name: str, layout: str
) -> None:
    pytest.importorskip("gguf")
    state, file = original_state(name, layout)
    loaded = load(name, write_gguf(file, tmp_path / f"{name}.gguf", "F32")).state_dict()
    assert all(torch.equal(loaded[key].as_subclass(torch.Tensor), state[key]) for key in state)


@pytest.mark.parametrize(("name", "layout"), CASES)
def test_a_tensor_too_many_or_too_few_ends_with_its_name(
    tmp_path: Path, name: str, layout: str
) -> None:
    _, file = original_state(name, layout)
    path = tmp_path / f"{name}.safetensors"
    save_file({**file, "surprise.weight": torch.ones(2)}, path)
    with pytest.raises(ModelBroken, match=r"unexpected: surprise\.weight"):
        load(name, path)
    lost = next(key for key in file if re.search(r"(norm1|postnorm|norm_k|k_norm|key_norm)\.", key))
    save_file({key: item for key, item in file.items() if key != lost}, path)
    with pytest.raises(ModelBroken, match="missing: "):
        load(name, path)
