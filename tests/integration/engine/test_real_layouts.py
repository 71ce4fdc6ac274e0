"""Layouts at the widths of the real models: every name and shape, no numbers (the meta device).

Converters of FLUX.1 and of whole checkpoints insist on real widths, so no tiny model can take
their place.
"""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import torch

from core.engine.loaders.build import WrongTensors, check, skeleton
from core.engine.loaders.configs import measured
from core.engine.loaders.layouts import by_diffusers, to_own_names
from core.models.families import FAMILIES
from core.models.recognition.recognition import recognise_tensors
from core.models.weights.header import Tensor
from tests.integration.engine import layouts, original_names

State = dict[str, torch.Tensor]
NETWORKS = {
    "sd15": FAMILIES["sd15"].network({"channels": 4, "joint": 768}),
    "sdxl": FAMILIES["sdxl"].network({"channels": 4, "joint": 2048}),
    "sdxl-refiner": FAMILIES["sdxl-refiner"].network({"channels": 4, "joint": 1280}),
}
FLUX1: dict[str, Any] = {"joint_attention_dim": 4096, "pooled_projection_dim": 768}
LARGE = {
    "num_layers": 38,
    "num_attention_heads": 38,
    "caption_projection_dim": 2432,
    "attention_head_dim": 64,
    "in_channels": 16,
    "out_channels": 16,
    "joint_attention_dim": 4096,
    "pooled_projection_dim": 2048,
    "pos_embed_max_size": 192,
    "sample_size": 128,
    "qk_norm": "rms_norm",
}
MEDIUM = {
    **LARGE,
    "num_layers": 24,
    "num_attention_heads": 24,
    "caption_projection_dim": 1536,
    "pos_embed_max_size": 384,
    "dual_attention_layers": tuple(range(13)),
}
FLUX2 = {"timestep_guidance_channels": 256, "mlp_ratio": 3.0, "in_channels": 128}
KLEIN_4B = {
    **FLUX2,
    "num_layers": 5,
    "num_single_layers": 20,
    "num_attention_heads": 24,
    "joint_attention_dim": 7680,
    "guidance_embeds": False,
}
DEV = {
    **FLUX2,
    "num_layers": 8,
    "num_single_layers": 48,
    "num_attention_heads": 48,
    "joint_attention_dim": 15360,
    "guidance_embeds": True,
}
CLIP_G = {
    "hidden_size": 1280,
    "intermediate_size": 5120,
    "num_hidden_layers": 32,
    "num_attention_heads": 20,
    "projection_dim": 1280,
    "vocab_size": 49408,
    "hidden_act": "gelu",
}
VAE = {
    "block_out_channels": (128, 256, 512, 512),
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
    "layers_per_block": 2,
}
CASES: dict[str, tuple[tuple[str, str], Mapping[str, Any], Callable[..., State]]] = {
    "flux1-dev": (
        ("diffusers", "FluxTransformer2DModel"),
        {**FLUX1, "guidance_embeds": True},
        original_names.flux1,
    ),
    "flux1-schnell": (
        ("diffusers", "FluxTransformer2DModel"),
        {**FLUX1, "guidance_embeds": False},
        original_names.flux1,
    ),
    "flux1-fill": (
        ("diffusers", "FluxTransformer2DModel"),
        {**FLUX1, "guidance_embeds": True, "in_channels": 384, "out_channels": 64},
        original_names.flux1,
    ),
    "flux2-klein-4b": (
        ("diffusers", "Flux2Transformer2DModel"),
        KLEIN_4B,
        layouts.flux2_original,
    ),
    "flux2-dev": (("diffusers", "Flux2Transformer2DModel"), DEV, layouts.flux2_original),
    "sd35-large": (("diffusers", "SD3Transformer2DModel"), LARGE, original_names.sd3),
    "sd35-medium": (("diffusers", "SD3Transformer2DModel"), MEDIUM, original_names.sd3),
    "sd15": (("diffusers", "UNet2DConditionModel"), NETWORKS["sd15"], original_names.unet),
    "sdxl": (("diffusers", "UNet2DConditionModel"), NETWORKS["sdxl"], original_names.unet),
    "sdxl-refiner": (
        ("diffusers", "UNet2DConditionModel"),
        NETWORKS["sdxl-refiner"],
        original_names.unet,
    ),
    "clip-g": (
        ("transformers", "CLIPTextModelWithProjection"),
        CLIP_G,
        original_names.open_clip,
    ),
    "vae-sd15": (
        ("diffusers", "AutoencoderKL"),
        {**VAE, "latent_channels": 4},
        layouts.vae_original,
    ),
    "vae-flux1": (
        ("diffusers", "AutoencoderKL"),
        {**VAE, "latent_channels": 16, "use_quant_conv": False, "use_post_quant_conv": False},
        layouts.vae_original,
    ),
    "vae-flux2": (("diffusers", "AutoencoderKLFlux2"), {}, layouts.flux2_vae_original),
}


def on_meta(module: Any) -> State:
    return {
        name: torch.empty_like(item, device="meta") for name, item in module.state_dict().items()
    }


@pytest.mark.parametrize("name", CASES)
def test_a_published_file_has_every_tensor_of_its_network(name: str) -> None:
    kind, config, published = CASES[name]
    network = skeleton(kind, config)
    computed = [tensor for tensor in network.state_dict().values() if not tensor.is_meta]
    assert sum(tensor.numel() for tensor in computed) < 1000  # statistics, but no positions
    state = published(on_meta(network))
    assert state.keys() != network.state_dict().keys()
    known = NETWORKS.get(name, {})
    own = to_own_names(kind[1], state, known)
    shapes = {key: tuple(item.shape) for key, item in own.items()}
    again = skeleton(kind, {**(measured(kind[1], shapes) or {}), **known})
    check(network, shapes)
    check(again, shapes)
    for key, value in config.items():
        warnings = (
            getattr(again.config, key, None) if kind[0] == "transformers" else again.config[key]
        )
        assert warnings == value or list(warnings) == list(value), key


@pytest.mark.parametrize("name", ["flux1-schnell", "flux2-klein-4b", "sdxl", "clip-g", "vae-flux2"])
def test_a_tensor_that_no_network_has_is_refused_by_name(name: str) -> None:
    kind, config, published = CASES[name]
    network = skeleton(kind, config)
    state = published(on_meta(network)) | {"one.surprise.weight": torch.empty(2, device="meta")}
    with pytest.raises(WrongTensors, match=r"one\.surprise\.weight"):
        renamed(network, kind[1], state, NETWORKS.get(name, {}))


def renamed(network: Any, name: str, state: State, known: Mapping[str, Any]) -> None:
    """Rename, then compare, as a loader does."""
    own = to_own_names(name, state, known)
    check(network, {key: tuple(item.shape) for key, item in own.items()})


def test_a_layout_without_a_row_is_read_as_diffusers_does() -> None:
    kind = ("diffusers", "ChromaTransformer2DModel")
    network = skeleton(kind, {})
    state = original_names.chroma(on_meta(network))
    own = by_diffusers(kind[1], state, {})
    shapes = {key: tuple(item.shape) for key, item in own.items()}
    check(network, shapes)
    tensors = {key: Tensor("BF16", tuple(item.shape), 0, 0) for key, item in state.items()}
    result = recognise_tensors(tensors, "safetensors", "chroma")
    again = skeleton(kind, FAMILIES[str(result.family)].network(result.measures))
    check(again, shapes)
    assert again.config.axes_dims_rope == network.config.axes_dims_rope
    with pytest.raises(WrongTensors, match=r"one\.surprise\.weight"):
        by_diffusers(kind[1], {**state, "one.surprise.weight": torch.empty(2)}, {})


def test_what_training_leaves_in_a_file_is_passed_over() -> None:
    kind, config, published = CASES["sdxl"]
    network = skeleton(kind, config)
    state = published(on_meta(network)) | {"v_pred": torch.empty(0, device="meta")}
    renamed(network, kind[1], state, config)


def test_clip_l_projects_onto_itself_where_its_file_says_nothing() -> None:
    kind = ("transformers", "CLIPTextModelWithProjection")
    network = skeleton(
        kind, {**CLIP_G, "hidden_size": 768, "projection_dim": 768, "num_attention_heads": 12}
    )
    state = {
        name: torch.zeros(item.shape)
        for name, item in network.state_dict().items()
        if name != "text_projection.weight" and "layers" not in name
    }
    state["text_model.encoder.layers.0.mlp.fc1.weight"] = torch.zeros(5120, 768)
    result = to_own_names(kind[1], state, {})
    assert torch.equal(result["text_projection.weight"], torch.eye(768))
