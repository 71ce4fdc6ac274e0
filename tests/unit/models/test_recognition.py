"""Files are recognised by their header alone: names, then shapes, then a word."""

from pathlib import Path

import pytest

from core.models.families import FAMILIES, of_variant
from core.models.recognition.finding import Finding
from core.models.recognition.recognition import recognise
from core.models.weights.file import read_weights
from core.settings import ROOT
from tests.unit.models import headers
from tests.unit.models.crafting import Shapes, gguf, safetensors
from tests.unit.models.skeletons import skeleton

BARE = headers.prefixed


def look(path: Path) -> Finding:
    return recognise(read_weights(path).header, path)


NETWORKS: dict[str, tuple[str, Shapes, str, str]] = {
    "FLUX.1 dev": ("flux1-dev", headers.flux1(), "flux1", "flux1-dev"),
    "FLUX.1 schnell": ("x", headers.flux1(guidance=False), "flux1", "flux1-schnell"),
    "FLUX.1 Kontext": ("flux1-kontext-dev", headers.flux1(), "flux1-kontext", "flux1-kontext-dev"),
    "FLUX.1 Fill": ("x", headers.flux1(channels=384), "flux1-fill", "flux1-fill-dev"),
    "Chroma": ("chroma-unlocked-v48", headers.chroma(), "chroma", "chroma1-hd"),
    "Chroma base": ("Chroma1-Base", headers.chroma(), "chroma", "chroma1-base"),
    "klein 4B": (
        "flux-2-klein-4b",
        headers.flux2(*headers.KLEIN_4B),
        "flux2-klein",
        "flux2-klein-4b",
    ),
    "klein base 4B": (
        "flux-2-klein-base-4b",
        headers.flux2(*headers.KLEIN_4B),
        "flux2-klein",
        "flux2-klein-base-4b",
    ),
    "klein 9B": ("x", headers.flux2(*headers.KLEIN_9B), "flux2-klein", "flux2-klein-9b"),
    "klein base 9B": (
        "flux-2-klein-base-9b",
        headers.flux2(*headers.KLEIN_9B),
        "flux2-klein",
        "flux2-klein-base-9b",
    ),
    "FLUX.2 dev under a wrong name": (
        "klein-4b",
        headers.flux2(*headers.FLUX2_DEV, guidance=True),
        "flux2-dev",
        "flux2-dev",
    ),
    "SD3.5 large": ("x", headers.sd3(), "sd3", "sd35-large"),
    "SD3.5 large turbo": ("sd3.5_large_turbo", headers.sd3(), "sd3", "sd35-large-turbo"),
    "SD3.5 medium": ("x", headers.sd3(1536, 24, dual=13), "sd3", "sd35-medium"),
    "SDXL network": ("x", headers.unet(2048, label=2816), "sdxl", "sdxl-base"),
    "SDXL Lightning network": (
        "sdxl_lightning_4step_unet",
        headers.unet(2048, label=2816),
        "sdxl",
        "sdxl-lightning",
    ),
    "Playground network without its statistics": (
        "playground-v2.5-unet",
        headers.unet(2048, label=2816),
        "playground-v2-5",
        "playground-v2-5",
    ),
    "SDXL refiner network": (
        "x",
        headers.unet(1280, label=2560, first=384),
        "sdxl-refiner",
        "sdxl-refiner",
    ),
    "SD1.5 network": ("x", headers.unet(768), "sd15", "sd15"),
}


@pytest.mark.parametrize("case", NETWORKS)
@pytest.mark.parametrize("prefix", ["", "model.diffusion_model."])
def test_a_network_alone_is_told_by_its_shapes(tmp_path: Path, case: str, prefix: str) -> None:
    name, shapes, family, variant = NETWORKS[case]
    result = look(safetensors(tmp_path / f"{name}.safetensors", BARE(prefix, shapes)))
    assert (result.role, result.family, result.variant) == ("transformer", family, variant)
    assert (result.layout, result.prefix, result.precision) == ("original", prefix, "bf16")
    assert result.matched == result.total == len(shapes)
    assert result.problem is None


@pytest.mark.parametrize(
    ("name", "shapes", "variant", "parts"),
    [
        ("sd_xl_base", headers.SDXL_CHECKPOINT, "sdxl-base", 3),
        ("sd_xl_turbo", headers.SDXL_CHECKPOINT, "sdxl-turbo", 3),
        ("sd_xl_refiner", headers.SDXL_REFINER_CHECKPOINT, "sdxl-refiner", 2),
        ("merged", {**headers.SDXL_CHECKPOINT, **headers.EDM}, "playground-v2-5", 3),
        ("sd_xl_turbo", {**headers.SDXL_CHECKPOINT, **headers.EDM}, "playground-v2-5", 3),
        ("playground-v2.5", headers.SDXL_CHECKPOINT, "playground-v2-5", 3),
        ("v1-5-pruned-emaonly", headers.SD15_CHECKPOINT, "sd15", 2),
        ("sd3.5_large", headers.SD3_CHECKPOINT, "sd35-large", 4),
        ("flux1-dev-fp8", headers.FLUX1_CHECKPOINT, "flux1-dev", 3),
    ],
)
def test_a_whole_checkpoint_says_what_it_brings(
    tmp_path: Path, name: str, shapes: Shapes, variant: str, parts: int
) -> None:
    result = look(safetensors(tmp_path / f"{name}.safetensors", shapes, "F16"))
    assert (result.role, result.variant) == ("checkpoint", variant)
    assert len(result.contains) == parts
    assert "vae" in result.contains
    assert result.matched == result.total
    assert result.precision == "fp16"


@pytest.mark.parametrize(
    ("name", "shapes", "part"),
    [
        ("ae", headers.vae(16, False), "vae-flux1"),
        ("ae", headers.vae(32, True, normed=True), "vae-flux2"),
        ("sd3_vae", headers.vae(16, False), "vae-sd3"),
        ("sdxl_vae", headers.vae(4, True), "vae-sdxl"),
        ("vae-ft-mse-840000", headers.vae(4, True), "vae-sd15"),
        ("any", headers.vae(16, False), None),
        ("clip_l", headers.clip(768, 12), "clip-l"),
        ("clip_g", headers.clip(1280, 32), "clip-g"),
        ("qwen", headers.t5(), "t5-xxl"),
        ("t5", headers.decoder(2560, 36, normed=True), "qwen3-4b"),
        ("qwen3-4b", headers.decoder(4096, 36, normed=True), "qwen3-8b"),
        ("x", headers.decoder(5120, 40, normed=False, vocabulary=131072), "mistral-small"),
    ],
)
def test_text_encoders_and_vaes_are_told_by_shape_whatever_their_name(
    tmp_path: Path, name: str, shapes: Shapes, part: str | None
) -> None:
    result = look(safetensors(tmp_path / f"{name}.safetensors", shapes))
    assert result.role == ("vae" if "decoder.conv_in.weight" in shapes else "text_encoder")
    assert result.part == part
    assert part is None or part in result.parts
    assert result.matched == result.total


def test_two_vaes_of_one_shape_stay_open_without_a_word(tmp_path: Path) -> None:
    result = look(safetensors(tmp_path / "any.safetensors", headers.vae(16, False)))
    assert set(result.parts) == {"vae-flux1", "vae-sd3"}


@pytest.mark.parametrize(
    ("shapes", "architecture", "variant"),
    [
        (headers.flux1(), "flux", "flux1-dev"),
        (headers.flux2(*headers.KLEIN_9B), "flux", "flux2-klein-9b"),
        (headers.sd3(1536, 24, dual=13), "sd3", "sd35-medium"),
    ],
)
def test_a_gguf_network_is_told_like_any_other(
    tmp_path: Path, shapes: Shapes, architecture: str, variant: str
) -> None:
    result = look(gguf(tmp_path / "a.gguf", shapes, "Q4_K", architecture))
    assert (result.role, result.variant, result.precision) == ("transformer", variant, "gguf Q4_K")


@pytest.mark.parametrize(("width", "part"), [(2560, "qwen3-4b"), (4096, "qwen3-8b")])
def test_a_gguf_text_encoder_is_told_by_its_width(tmp_path: Path, width: int, part: str) -> None:
    result = look(gguf(tmp_path / "a.gguf", headers.decoder_gguf(width, 36, True), "Q8_0", "qwen3"))
    assert (result.role, result.part) == ("text_encoder", part)


def test_the_alpha_layout_is_told_from_the_others(tmp_path: Path) -> None:
    result = look(safetensors(tmp_path / "a.safetensors", headers.flux2_alpha(*headers.KLEIN_4B)))
    assert (result.layout, result.variant) == ("alpha", "flux2-klein-4b")
    assert result.matched == result.total


def test_a_model_that_lost_its_guidance_in_the_alpha_layout_is_still_one_that_guides(
    tmp_path: Path,
) -> None:
    result = look(safetensors(tmp_path / "a.safetensors", headers.flux2_alpha(*headers.FLUX2_DEV)))
    assert (result.layout, result.variant) == ("alpha", "flux2-dev")
    assert result.measures["guidance"] == 1


def test_a_four_bit_file_is_told_by_what_is_not_packed(tmp_path: Path) -> None:
    shapes, dtypes = {}, {}
    for name, shape in headers.flux2(*headers.KLEIN_4B).items():
        if len(shape) == 1:
            shapes[name] = shape
            continue
        shapes[name] = (shape[0] * shape[1] // 2, 1)
        shapes[f"{name}.absmax"] = (shape[0] * shape[1] // 64,)
        shapes[f"{name}.quant_state.bitsandbytes__nf4"] = (100,)
        dtypes |= dict.fromkeys([name, f"{name}.quant_state.bitsandbytes__nf4"], "U8")
    result = look(safetensors(tmp_path / "a.safetensors", shapes, dtypes=dtypes))
    assert (result.variant, result.precision) == ("flux2-klein-4b", "nf4")
    assert result.matched == result.total
    assert result.measures["joint"] == 7680  # it is packed away, but the blocks tell


def test_scales_beside_eight_bit_weights_are_known(tmp_path: Path) -> None:
    shapes = headers.flux1()
    scales = {f"{name}_scale": () for name in shapes if name.endswith(".weight")}
    dtypes = dict.fromkeys(scales, "F32")
    result = look(
        safetensors(tmp_path / "a.safetensors", {**shapes, **scales}, "F8_E4M3", None, dtypes)
    )
    assert (result.variant, result.precision) == ("flux1-dev", "fp8_e4m3")
    assert result.matched == result.total


def test_unknown_tensors_are_counted_and_named(tmp_path: Path) -> None:
    shapes = {**headers.unet(768), "surprise.weight": (1,)}
    result = look(safetensors(tmp_path / "a.safetensors", shapes))
    assert result.total - result.matched == 1
    assert result.unknown == ("surprise.weight",)


@pytest.mark.parametrize(
    ("shapes", "word"),
    [
        (BARE("model.diffusion_model.", headers.unet(1024)), "Stable Diffusion 2"),
        ({"controlnet_cond_embedding.conv_in.weight": (16, 3, 3, 3)}, "ControlNet"),
        ({"head.modulation": (1, 2, 5120)}, "Wan"),
        ({"emb_params": (8, 768)}, "textual inversion"),
        (headers.decoder_gguf(5120, 40, normed=False), "only Qwen3 and T5"),
        ({"some.thing.weight": (4, 4)}, "no model"),
        (headers.unet(768, channels=8), "8 channels"),
        (
            BARE("model.diffusion_model.", headers.unet(2048, label=2816, channels=9))
            | headers.EDM,
            "noise levels of EDM",
        ),
        (
            {"llm_cond_proj.weight": (4608, 53248), "layers.0.attention.qkv.weight": (9,)},
            "Ideogram",
        ),
        (headers.SDXL_CHECKPOINT | {"edm_vpred.sigma_max": (1,)}, "CosXL"),
        (headers.flux1(channels=96), "96 channels"),
        ({"net.x_embedder.proj.1.weight": (2048, 68)}, "Cosmos-Predict2"),
        (
            {
                "patch_embed.proj.weight": (2048, 68),
                "time_embed.t_embedder.linear_1.weight": (2048, 2048),
                "transformer_blocks.0.attn2.to_k.weight": (2048, 1024),
            },
            "Cosmos-Predict2",
        ),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, shapes: Shapes, word: str) -> None:
    assert word in (look(safetensors(tmp_path / "a.safetensors", shapes)).problem or "")


def test_the_embedded_model_is_of_its_family_with_a_size_of_its_own() -> None:
    result = look(ROOT / "models/nano/transformer/diffusion_pytorch_model.safetensors")
    assert (result.family, result.variant, result.layout) == ("flux2-klein", None, "diffusers")
    assert result.measures["double"] == 2
    assert result.matched == result.total


def test_a_packed_file_still_says_how_its_network_is_built(tmp_path: Path) -> None:
    shapes = {}
    for name, shape in headers.flux1().items():
        shapes[name] = shape if len(shape) == 1 else (shape[0] * shape[1] // 2, 1)
    dtypes = {name: "U8" for name, shape in shapes.items() if len(shape) > 1}
    result = look(safetensors(tmp_path / "a.safetensors", shapes, dtypes=dtypes))
    config = FAMILIES[result.family or ""].network(result.measures)
    assert (config["num_attention_heads"], config["joint_attention_dim"]) == (24, 4096)
    assert (config["in_channels"], config["out_channels"]) == (64, 64)


@pytest.mark.parametrize(
    ("name", "marked", "variant"),
    [
        ("qwen_image_fp8", False, "qwen-image"),
        ("qwen_image_2512", False, "qwen-image-2512"),
        ("qwen_image_edit_fp8", False, "qwen-image-edit"),
        ("qwen_image_edit_2509", False, "qwen-image-edit-2509"),
        ("qwen_image_edit_2511", False, "qwen-image-edit-2511"),
        ("merged", True, "qwen-image-edit-2511"),
    ],
)
def test_the_editing_models_of_qwen_are_told_by_a_mark_or_a_word(
    tmp_path: Path, name: str, marked: bool, variant: str
) -> None:
    owner = of_variant("qwen-image")
    assert owner is not None
    (signature,), traits = owner[0].signatures, owner[1].traits
    shapes = {key: item.shape for key, item in skeleton(signature, traits).items()}
    if marked:
        shapes["__index_timestep_zero__"] = (1,)
    result = look(safetensors(tmp_path / f"{name}.safetensors", shapes))
    assert result.variant == variant
    zero = result.measures["zero_cond"]
    assert zero == int("2511" in variant), "the network of 2511 needs it, marked or not"


def test_a_mark_of_v_prediction_is_seen_wherever_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    assert look(safetensors(path, headers.SDXL_CHECKPOINT)).measures["v_prediction"] == 0
    marked = {**headers.SDXL_CHECKPOINT, "v_pred": (1,)}
    result = look(safetensors(path, marked))
    assert result.measures["v_prediction"] == 1
    assert result.matched == result.total
