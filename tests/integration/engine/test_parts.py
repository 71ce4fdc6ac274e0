"""One part from one file: every layout that a tiny model can be written in, and broken files."""

from pathlib import Path
from typing import Any

import pytest
import torch

from core.engine.loaders.configs import is_measured
from core.engine.loaders.part import PartSource, load_part
from core.errors import ModelBroken
from core.models.families import FAMILIES
from core.models.recognition.recognition import recognise
from core.models.weights.file import read_weights
from tests.integration.engine import layouts, original_names
from tests.integration.engine.tiny_models import tiny

TRANSFORMERS = {
    "flux1": "FluxTransformer2DModel",
    "schnell": "FluxTransformer2DModel",
    "fill": "FluxTransformer2DModel",
    "chroma": "ChromaTransformer2DModel",
    "klein": "Flux2Transformer2DModel",
    "flux2": "Flux2Transformer2DModel",
    "sd3": "SD3Transformer2DModel",
}
VAES = {"sd15": "AutoencoderKL", "flux1": "AutoencoderKL", "flux2": "AutoencoderKLFlux2"}
TEXTS = {
    ("sdxl", "text_encoder_2"): "CLIPTextModelWithProjection",
    ("flux1", "text_encoder_2"): "T5EncoderModel",
    ("klein", "text_encoder"): "Qwen3ForCausalLM",
}


def source(path: Path, name: str, library: str = "diffusers", **more: Any) -> PartSource:
    return PartSource("transformer", (library, name), path, **more)


def reported(path: Path, name: str) -> dict[str, Any]:
    """The configuration that a record reads from the file, where the engine measures none."""
    if is_measured(TRANSFORMERS[name]):
        return {}
    result = recognise(read_weights(path).header, path)
    return FAMILIES[str(result.family)].network(result.measures)


def same(item: Any, other: Any) -> bool:
    """True for two networks with equal tensors under equal names."""
    left, right = item.state_dict(), other.state_dict()
    return left.keys() == right.keys() and all(torch.equal(left[k], right[k]) for k in left)


@pytest.mark.parametrize("name", TRANSFORMERS)
@pytest.mark.parametrize("prefix", ["", "model.diffusion_model."])
def test_a_transformer_under_diffusers_names(tmp_path: Path, name: str, prefix: str) -> None:
    own = tiny(name).transformer
    path = layouts.write(own.state_dict(), tmp_path / "one.safetensors", prefix)
    result = load_part(source(path, TRANSFORMERS[name], config=reported(path, name)), torch.float32)
    assert same(result, own)
    assert not result.training
    for key in ("num_layers", "attention_head_dim", "in_channels", "guidance_embeds"):
        assert result.config.get(key) == own.config.get(key)


@pytest.mark.parametrize("name", ["klein", "flux2"])
@pytest.mark.parametrize("prefix", ["", "model.diffusion_model."])
def test_a_flux2_in_the_original_layout(tmp_path: Path, name: str, prefix: str) -> None:
    own = tiny(name).transformer
    state = layouts.flux2_original(own.state_dict())
    path = layouts.write(state, tmp_path / "flux2.safetensors", prefix)
    assert same(load_part(source(path, "Flux2Transformer2DModel"), torch.float32), own)


def test_a_flux2_in_the_alpha_layout_gets_a_guidance_embedder_of_zeros(tmp_path: Path) -> None:
    own = tiny("flux2").transformer
    state = layouts.alpha(layouts.flux2_original(own.state_dict()))
    path = layouts.write(state, tmp_path / "alpha.safetensors")
    result = load_part(
        source(
            path,
            "Flux2Transformer2DModel",
            zeros=FAMILIES["flux2-dev"].components["transformer"].zeros,
        ),
        torch.float32,
    )
    zeros = "time_guidance_embed.guidance_embedder."
    for key, tensor in result.state_dict().items():
        wanted = own.state_dict()[key]
        assert torch.equal(tensor, torch.zeros_like(wanted) if key.startswith(zeros) else wanted)


@pytest.mark.parametrize("name", VAES)
@pytest.mark.parametrize("original", [True, False])
def test_a_vae_in_its_own_file(tmp_path: Path, name: str, original: bool) -> None:
    own = tiny(name).vae
    state = own.state_dict()
    if original:
        flux2 = VAES[name] == "AutoencoderKLFlux2"
        state = (layouts.flux2_vae_original if flux2 else layouts.vae_original)(state)
    path = layouts.write(state, tmp_path / "ae.safetensors")
    config = {"scaling_factor": own.config.get("scaling_factor", 1.0)}
    config = {} if VAES[name] == "AutoencoderKLFlux2" else config
    result = load_part(source(path, VAES[name], config=config), torch.float32)
    result.load_state_dict(result.state_dict())
    ours = {k: v for k, v in own.state_dict().items() if not k.endswith("num_batches_tracked")}
    assert all(torch.equal(result.state_dict()[key], item) for key, item in ours.items())
    assert result.config.norm_num_groups == own.config.norm_num_groups


@pytest.mark.parametrize(("name", "component"), TEXTS)
def test_a_text_encoder_in_its_own_file(tmp_path: Path, name: str, component: str) -> None:
    own = getattr(tiny(name), component)
    kind = TEXTS[(name, component)]
    path = layouts.write(own.state_dict(), tmp_path / "te.safetensors")
    known: dict[str, Any] = {}  # where a tiny model is not like a real one
    if "CLIP" in kind:
        known = {"num_attention_heads": 4, "hidden_act": "gelu"}
    if "Qwen" in kind:
        known = {"rope_parameters": {"rope_type": "default", "rope_theta": 10000.0}}
    result = load_part(source(path, kind, "transformers", config=known), torch.float32)
    ids = torch.tensor([[5, 6, 7, 8]])
    with torch.no_grad():
        assert torch.equal(result(ids)[0], own(ids)[0])


def test_a_text_encoder_that_gives_its_words_back_by_the_same_matrix(tmp_path: Path) -> None:
    """As Qwen3 4B is published: all names begin with `model.`, and the last layer is the first."""
    own = tiny("klein").text_encoder
    state = {key: item for key, item in own.state_dict().items() if key != "lm_head.weight"}
    path = layouts.write(state, tmp_path / "te.safetensors")
    result = load_part(source(path, "Qwen3ForCausalLM", "transformers"), torch.float32)
    assert result.lm_head.weight is result.model.embed_tokens.weight
    assert torch.equal(result.model.embed_tokens.weight, own.model.embed_tokens.weight)
    assert not any(item.is_meta for item in result.state_dict().values())


@pytest.mark.parametrize(
    "more",
    [
        {"text_projection.weight": torch.eye(32)},
        {"logit_scale": torch.tensor(1.0)},
        {"text_model.embeddings.position_ids": torch.arange(77)[None]},
    ],
    ids=lambda more: next(iter(more)),
)
def test_clip_loads_with_what_tools_leave_beside_it(tmp_path: Path, more: dict[str, Any]) -> None:
    own = tiny("flux1").text_encoder
    state = {f"text_model.{key}": item for key, item in own.state_dict().items()}
    path = layouts.write({**state, **more}, tmp_path / "clip_l.safetensors")
    known = {"num_attention_heads": 4, "hidden_act": "gelu"}
    result = load_part(source(path, "CLIPTextModel", "transformers", config=known), torch.float32)
    assert same(result, own)


@pytest.mark.parametrize(
    ("name", "component", "kind"),
    [
        ("flux1", "text_encoder_2", "F32"),
        ("flux1", "text_encoder_2", "Q8_0"),
        ("klein", "text_encoder", "F32"),
    ],
)
def test_a_text_encoder_as_gguf(tmp_path: Path, name: str, component: str, kind: str) -> None:
    pytest.importorskip("gguf")
    own = getattr(tiny(name), component)
    architecture = {"text_encoder": "QWEN3", "text_encoder_2": "T5ENCODER"}[component]
    state = layouts.llama_cpp(own.state_dict(), architecture)
    path = layouts.write_gguf(state, tmp_path / "te.gguf", kind)
    known = {"rope_parameters": {"rope_type": "default", "rope_theta": 10000.0}}
    result = load_part(
        source(
            path,
            TEXTS[(name, component)],
            "transformers",
            config=known if architecture == "QWEN3" else {},
        ),
        torch.float32,
    )
    ids = torch.tensor([[5, 6, 7, 8]])
    with torch.no_grad():
        ours, theirs = result(ids)[0], own(ids)[0]
    assert torch.equal(ours, theirs) if kind == "F32" else (ours - theirs).abs().max() < 0.1
    assert not any(item.is_meta for item in result.state_dict().values())


def test_a_gguf_text_encoder_that_lacks_a_tensor_is_refused_by_name(tmp_path: Path) -> None:
    pytest.importorskip("gguf")
    state = layouts.llama_cpp(tiny("flux1").text_encoder_2.state_dict(), "T5ENCODER")
    del state["enc.blk.0.attn_v.weight"]
    path = layouts.write_gguf(state, tmp_path / "te.gguf", "F32")
    with pytest.raises(ModelBroken, match=r"encoder\.block\.0\.layer\.0\.SelfAttention\.v\.weight"):
        load_part(source(path, "T5EncoderModel", "transformers"), torch.float32)


@pytest.mark.parametrize(("kind", "far"), [("F32", 1e-6), ("F16", 0.01), ("Q8_0", 0.1)])
def test_a_transformer_as_gguf(tmp_path: Path, kind: str, far: float) -> None:
    pytest.importorskip("gguf")
    own = tiny("klein").transformer
    state = layouts.flux2_original(own.state_dict())
    path = layouts.write_gguf(state, tmp_path / "klein.gguf", kind)
    result = load_part(source(path, "Flux2Transformer2DModel"), torch.float32)
    call = {
        "hidden_states": torch.randn(1, 16, 128, generator=torch.Generator().manual_seed(0)),
        "encoder_hidden_states": torch.ones(1, 8, 48),
        "timestep": torch.tensor([0.5]),
        "img_ids": torch.zeros(16, 4),
        "txt_ids": torch.zeros(8, 4),
        "guidance": None,
    }
    with torch.no_grad():
        assert (result(**call).sample - own(**call).sample).abs().max() < far


def test_fp8_weights_are_expanded_by_their_scales(tmp_path: Path) -> None:
    own = tiny("klein").transformer
    state = dict(own.state_dict())
    name = "transformer_blocks.0.attn.to_q"
    weight = state[f"{name}.weight"]
    state[f"{name}.weight"] = (weight / 0.01).to(torch.float8_e4m3fn)
    state[f"{name}.weight_scale"] = torch.tensor(0.01)
    state[f"{name}.input_scale"] = torch.tensor(1.0)
    path = layouts.write(state, tmp_path / "fp8.safetensors")
    result = load_part(source(path, "Flux2Transformer2DModel"), torch.float32)
    assert torch.allclose(result.get_parameter(f"{name}.weight"), weight, rtol=0.07, atol=1e-4)


def test_fp8_squares_are_expanded_each_by_its_own_scale() -> None:
    from core.engine.loaders.state import expand

    numbers = torch.ones(130, 200).to(torch.float8_e4m3fn)
    state = {"a.weight": numbers, "a.weight_scale_inv": torch.tensor([[1.0, 2.0], [3.0, 4.0]])}
    result = expand(state, torch.float32)["a.weight"]
    assert result[0, 0] == 1
    assert result[0, 128] == 2
    assert result[129, 0] == 3
    assert result[129, 199] == 4


@pytest.mark.parametrize("fault", ["missing", "unexpected", "shape", "nothing", "cut"])
def test_a_file_that_does_not_fit_is_refused_by_name(tmp_path: Path, fault: str) -> None:
    state = dict(tiny("klein").transformer.state_dict())
    name = "transformer_blocks.0.attn.to_k.weight"
    if fault == "missing":
        del state[name]
    elif fault == "unexpected":
        name = "transformer_blocks.0.attn.__class__.weight"
        state[name] = torch.ones(2)
    elif fault == "shape":
        state[name] = torch.ones(3, 5)
    elif fault == "nothing":
        state, name = {"conv.weight": torch.ones(2)}, "Flux2Transformer2DModel"
    path = layouts.write(state, tmp_path / "wrong.safetensors")
    if fault == "cut":
        path.write_bytes(path.read_bytes()[:-10])
        name = "wrong.safetensors"
    with pytest.raises(ModelBroken) as caught:
        load_part(source(path, "Flux2Transformer2DModel"), torch.float32)
    assert name in caught.value.detail


def test_what_a_converter_would_pass_over_in_silence_is_refused_by_name(tmp_path: Path) -> None:
    own = tiny("sd3").transformer
    state = original_names.sd3(own.state_dict())
    path = layouts.write(state, tmp_path / "sd3.safetensors")
    load_part(source(path, "SD3Transformer2DModel"), torch.float32)
    odd = layouts.write(
        state | {"one.surprise.weight": torch.ones(2)}, tmp_path / "odd.safetensors"
    )
    with pytest.raises(ModelBroken, match=r"one\.surprise\.weight"):
        load_part(source(odd, "SD3Transformer2DModel"), torch.float32)


def test_every_loader_that_failed_gives_its_reason(tmp_path: Path) -> None:
    path = layouts.write({"conv.weight": torch.ones(2)}, tmp_path / "what.safetensors")
    with pytest.raises(ModelBroken, match=r"by its names and shapes: .+ / by diffusers: .+"):
        load_part(source(path, "FluxTransformer2DModel"), torch.float32)
