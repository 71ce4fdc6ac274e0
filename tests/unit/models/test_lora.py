"""LoRAs are recognised by their header: architecture, layout, algorithm; others are refused."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from core.models.families import FAMILIES, of_variant
from core.models.recognition.finding import Finding
from core.models.recognition.lora import refusal
from core.models.recognition.recognition import recognise
from core.models.weights.file import read_weights
from tests.unit.models.crafting import Shapes, safetensors
from tests.unit.models.skeletons import variants_like

RANK = 16
Sides = Mapping[str, tuple[int, int]]


def look(path: Path) -> Finding:
    return recognise(read_weights(path).header, path)


def peft(prefix: str, sides: Sides, rank: int = RANK) -> Shapes:
    """Keys as diffusers, PEFT and ai-toolkit write them; `sides` are (into, out) of modules."""
    result: Shapes = {}
    for name, (into, out) in sides.items():
        result[f"{prefix}{name}.lora_A.weight"] = (rank, into)
        result[f"{prefix}{name}.lora_B.weight"] = (out, rank)
    return result


def kohya(prefix: str, sides: Sides, rank: int = RANK) -> Shapes:
    result: Shapes = {}
    for name, (into, out) in sides.items():
        flat = prefix + name.replace(".", "_")
        result[f"{flat}.lora_down.weight"] = (rank, into)
        result[f"{flat}.lora_up.weight"] = (out, rank)
        result[f"{flat}.alpha"] = ()
    return result


def flux1_original(blocks: int = 19) -> dict[str, tuple[int, int]]:
    result = {}
    for block in range(blocks):
        result[f"double_blocks.{block}.img_attn.qkv"] = (3072, 9216)
        result[f"double_blocks.{block}.img_mlp.0"] = (3072, 12288)
    for block in range(38):
        result[f"single_blocks.{block}.linear1"] = (3072, 21504)
    return result


def flux2_original(width: int, double: int, single: int) -> dict[str, tuple[int, int]]:
    result = {}
    for block in range(double):
        result[f"double_blocks.{block}.img_attn.qkv"] = (width, 3 * width)
        result[f"double_blocks.{block}.img_mlp.0"] = (width, 6 * width)
    for block in range(single):
        result[f"single_blocks.{block}.linear1"] = (width, 9 * width)
    return result


def joint(width: int, blocks: int, single: int = 0) -> dict[str, tuple[int, int]]:
    """Attention of a network of transformer blocks, as diffusers names it."""
    result = {}
    for block in range(blocks):
        result[f"transformer_blocks.{block}.attn.to_q"] = (width, width)
        result[f"transformer_blocks.{block}.attn.add_k_proj"] = (width, width)
    for block in range(single):
        result[f"single_transformer_blocks.{block}.attn.to_q"] = (width, width)
        result[f"single_transformer_blocks.{block}.proj_mlp"] = (width, 4 * width)
    return result


def klein(width: int, double: int, single: int) -> dict[str, tuple[int, int]]:
    result = joint(width, double)
    for block in range(single):
        result[f"single_transformer_blocks.{block}.attn.to_qkv_mlp_proj"] = (width, 9 * width)
    return result


def unet(cross: int, side: str = "down_blocks.1") -> dict[str, tuple[int, int]]:
    at = f"{side}.attentions.0.transformer_blocks.0."
    return {
        f"{at}attn1.to_q": (640, 640),
        f"{at}attn2.to_k": (cross, 640),
        f"{at}attn2.to_v": (cross, 640),
        f"{at}ff.net.0.proj": (640, 5120),
    }


UNET_ORIGINAL = {
    "input_blocks.4.1.transformer_blocks.0.attn2.to_k": (2048, 640),
    "input_blocks.4.1.transformer_blocks.1.attn2.to_k": (2048, 640),
    "middle_block.1.proj_in": (1280, 1280),
}
OLD = "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn2"
ENCODER = {"encoder.layers.0.self_attn.q_proj": (768, 768)}


_FLUX1 = (family for family in FAMILIES.values() if family.architecture == "flux1")
FLUX1 = {variant.id for family in _FLUX1 for variant in family.variants}
LORAS: dict[str, tuple[Shapes, str, set[str]]] = {
    "FLUX.1, kohya": (
        kohya("lora_unet_", flux1_original()),
        "kohya",
        FLUX1,
    ),
    "FLUX.1, diffusers": (
        peft("transformer.", joint(3072, 19, 38)),
        "diffusers",
        FLUX1,
    ),
    "FLUX.1, ai-toolkit": (
        peft("diffusion_model.", flux1_original()),
        "ai-toolkit",
        FLUX1,
    ),
    "FLUX.1, xlabs": (
        {
            f"double_blocks.{block}.processor.{name}.{end}.weight": shape
            for block in range(19)
            for name in ("qkv_lora1", "qkv_lora2")
            for end, shape in (("down", (RANK, 3072)), ("up", (9216, RANK)))
        },
        "xlabs",
        FLUX1,
    ),
    "klein 4B, ai-toolkit": (
        peft("diffusion_model.", flux2_original(3072, 5, 20)),
        "ai-toolkit",
        variants_like("flux2-klein-4b"),
    ),
    "klein 4B, diffusers": (
        peft("transformer.", klein(3072, 5, 20)),
        "diffusers",
        variants_like("flux2-klein-4b"),
    ),
    "klein 9B, kohya": (
        kohya("lora_unet_", flux2_original(4096, 8, 24)),
        "kohya",
        variants_like("flux2-klein-9b"),
    ),
    "klein 9B, bfl": (
        peft("", flux2_original(4096, 8, 24)),
        "bfl",
        variants_like("flux2-klein-9b"),
    ),
    "FLUX.2 dev, peft": (
        peft("base_model.model.", klein(6144, 8, 48)),
        "peft",
        {"flux2-dev"},
    ),
    "SD3.5 large, diffusers": (
        peft("transformer.", joint(2432, 38)),
        "diffusers",
        {"sd35-large", "sd35-large-turbo"},
    ),
    "SD3.5 medium, kohya": (
        kohya("lora_unet_", {"joint_blocks.0.x_block.attn.qkv": (1536, 4608)}),
        "kohya",
        {"sd35-medium"},
    ),
    "SDXL, kohya, original names": (
        kohya("lora_unet_", UNET_ORIGINAL) | kohya("lora_te1_text_model_", ENCODER),
        "kohya",
        variants_like("sdxl-base"),
    ),
    "SDXL, diffusers": (
        peft("unet.", unet(2048)),
        "diffusers",
        variants_like("sdxl-base"),
    ),
    "SD1.5, kohya": (
        kohya("lora_unet_", unet(768)) | kohya("lora_te_text_model_", ENCODER),
        "kohya",
        variants_like("sd15"),
    ),
    "SD1.5, old diffusers": (
        {
            f"{OLD}.processor.to_k_lora.{end}.weight": shape
            for end, shape in (("down", (RANK, 768)), ("up", (320, RANK)))
        },
        "diffusers",
        variants_like("sd15"),
    ),
}


@pytest.mark.parametrize("case", LORAS)
def test_a_lora_is_told_by_its_names_and_sides(tmp_path: Path, case: str) -> None:
    shapes, layout, variants = LORAS[case]
    result = look(safetensors(tmp_path / "a.safetensors", shapes))
    assert result.role == "lora"
    assert set(result.variants) == variants
    assert result.layout == layout
    assert result.matched == result.total > 0
    assert result.problem is None
    assert result.lora is not None
    assert (result.lora.rank, result.lora.algorithm) == (RANK, "LoRA")
    assert result.lora.text_encoders == ("_te" in "".join(shapes))


def test_attention_of_few_blocks_leaves_two_models_open(tmp_path: Path) -> None:
    shapes = peft("transformer.", joint(3072, 5))
    result = look(safetensors(tmp_path / "a.safetensors", shapes))
    assert result.family is None
    assert {"flux1-dev", "flux2-klein-4b"} <= set(result.variants)


@pytest.mark.parametrize(
    ("key", "word", "variant"),
    [
        ("ss_base_model_version", "flux2_klein_4b", "flux2-klein-4b"),
        ("modelspec.architecture", "flux-1-dev/lora", "flux1-dev"),
    ],
)
def test_a_word_decides_where_shapes_leave_two_open(
    tmp_path: Path, key: str, word: str, variant: str
) -> None:
    shapes = peft("transformer.", joint(3072, 5))
    result = look(safetensors(tmp_path / "a.safetensors", shapes, metadata={key: word}))
    assert result.variants[0] == variant
    assert len({of_variant(name) is not None for name in result.variants}) == 1


@pytest.mark.parametrize(
    ("name", "metadata", "family"),
    [
        ("a", {}, "flux1"),
        ("chromatic aberration", {}, "flux1"),
        ("chroma-hard-pixel-v1", {}, "chroma"),
        ("a", {"modelspec.architecture": "chroma/lora"}, "chroma"),
        ("a", {"ss_base_model_version": "chroma"}, "chroma"),
    ],
)
def test_a_lora_with_the_shapes_of_another_model_must_say_what_it_is_for(
    tmp_path: Path, name: str, metadata: dict[str, str], family: str
) -> None:
    shapes = peft("diffusion_model.", flux1_original())
    result = look(safetensors(tmp_path / f"{name}.safetensors", shapes, metadata=metadata))
    assert result.family == family
    owner, other = FAMILIES[family], FAMILIES[{"flux1": "chroma", "chroma": "flux1"}[family]]
    assert refusal(result, owner, owner.variants[0].traits) is None
    assert owner.label in (refusal(result, other, other.variants[0].traits) or "")


def test_a_word_does_not_overrule_the_shapes(tmp_path: Path) -> None:
    words = {"ss_base_model_version": "sdxl_base_v1-0"}
    shapes = kohya("lora_unet_", unet(768))
    assert look(safetensors(tmp_path / "sdxl.safetensors", shapes, metadata=words)).family == "sd15"


def lokr(prefix: str, sides: Sides) -> Shapes:
    result: Shapes = {}
    for name, (into, out) in sides.items():
        flat = prefix + name.replace(".", "_")
        result[f"{flat}.lokr_w1"] = (4, 4)
        result[f"{flat}.lokr_w2_a"] = (out // 4, RANK)
        result[f"{flat}.lokr_w2_b"] = (RANK, into // 4)
        result[f"{flat}.alpha"] = ()
    return result


def loha(prefix: str, sides: Sides) -> Shapes:
    result: Shapes = {}
    for name, (into, out) in sides.items():
        flat = prefix + name.replace(".", "_")
        for factor in ("w1", "w2"):
            result[f"{flat}.hada_{factor}_a"] = (out, RANK)
            result[f"{flat}.hada_{factor}_b"] = (RANK, into)
    return result


@pytest.mark.parametrize("algorithm", [lokr, loha])
@pytest.mark.parametrize("sides", [unet(768), flux1_original(), flux2_original(3072, 5, 20)])
def test_a_lokr_and_a_loha_are_for_the_models_of_their_sides(
    tmp_path: Path, algorithm: Callable[[str, Sides], Shapes], sides: Sides
) -> None:
    plain = look(safetensors(tmp_path / "a.safetensors", kohya("lora_unet_", sides)))
    result = look(safetensors(tmp_path / "b.safetensors", algorithm("lora_unet_", sides)))
    assert result.problem is None
    assert result.variants == plain.variants
    assert result.lora is not None
    assert (result.lora.algorithm.lower(), result.lora.rank) == (algorithm.__name__, RANK)


@pytest.mark.parametrize(
    ("leaf", "name"),
    [("oft_blocks", "OFT"), ("diff", "full difference"), ("on_input", "(IA)³")],
)
def test_relatives_that_cannot_be_loaded_are_refused_by_name(
    tmp_path: Path, leaf: str, name: str
) -> None:
    key = f"lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k.{leaf}"
    result = look(safetensors(tmp_path / "a.safetensors", {key: (320, 768)}))
    assert result.role == "lora"
    assert name in (result.problem or "")


@pytest.mark.parametrize(
    ("leaf", "shape", "every", "problem"),
    [
        ("lora_magnitude_vector", (640,), 1, None),
        ("dora_scale", (640, 1), 1, None),
        ("dora_scale", (1, 768), 1, "DoRA"),
        ("dora_scale", (640, 1), 2, None),
    ],
)
def test_a_dora_has_the_magnitudes_of_all_its_outputs(
    tmp_path: Path, leaf: str, shape: tuple[int, ...], every: int, problem: str | None
) -> None:
    shapes = peft("unet.", {n: s for n, s in unet(768).items() if "attn2" in n})
    modules = [name.removesuffix(".lora_A.weight") for name in shapes if ".lora_A." in name]
    shapes |= {f"{module}.{leaf}": shape for module in modules[::every]}
    result = look(safetensors(tmp_path / "a.safetensors", shapes))
    assert result.lora is not None
    assert result.lora.algorithm == "DoRA"
    assert (problem or "") in (result.problem or "")
    assert (result.problem is None) == (problem is None)


@pytest.mark.parametrize(
    "sides",
    [
        {"blocks.0.cross_attn.q": (5120, 5120)},
        {"down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k": (1024, 640)},
        joint(1000, 3),
    ],
)
def test_a_lora_of_another_kind_of_model_fits_none(tmp_path: Path, sides: Sides) -> None:
    result = look(safetensors(tmp_path / "a.safetensors", peft("diffusion_model.", sides)))
    assert not result.variants


@pytest.mark.parametrize(
    ("case", "variant", "word"),
    [
        ("SD1.5, kohya", "flux1-dev", "Stable Diffusion 1.5"),
        ("SD1.5, kohya", "sdxl-base", "Stable Diffusion 1.5"),
        ("FLUX.1, diffusers", "sd35-large", "FLUX.1 dev"),
        ("FLUX.1, kohya", "flux2-klein-4b", "FLUX.1 dev"),
        ("klein 4B, diffusers", "flux2-klein-9b", "FLUX.2 klein 4B"),
        ("klein 4B, diffusers", "flux1-dev", "FLUX.2 klein 4B"),
        ("SD3.5 medium, kohya", "sd35-large", "Stable Diffusion 3.5 medium"),
    ],
)
def test_a_wrong_model_is_refused_with_those_that_fit(
    tmp_path: Path, case: str, variant: str, word: str
) -> None:
    result = look(safetensors(tmp_path / "a.safetensors", LORAS[case][0]))
    owner = of_variant(variant)
    assert owner is not None
    assert word in (refusal(result, owner[0], owner[1].traits) or "")


def test_a_right_model_is_not_refused_whatever_its_size(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    for variant_id in LORAS["FLUX.1, kohya"][2]:
        owner = of_variant(variant_id)
        assert owner is not None
        result = look(safetensors(path, LORAS["FLUX.1, kohya"][0]))
        assert refusal(result, owner[0], owner[1].traits) is None
    tiny = look(safetensors(path, peft("transformer.", klein(192, 2, 5))))
    measures = {"width": 192, "double": 2, "single": 5}
    assert refusal(tiny, FAMILIES["flux2-klein"], measures) is None
    assert refusal(tiny, FAMILIES["flux2-klein"], {**measures, "width": 256}) is not None
    assert refusal(tiny, FAMILIES["flux2-klein"], {**measures, "double": 1}) is not None


def test_a_lora_of_more_modules_than_a_model_has_is_refused_in_time(tmp_path: Path) -> None:
    sides = {f"double_blocks.{block}.img_attn.qkv": (3072, 9216) for block in range(6000)}
    path = safetensors(tmp_path / "a.safetensors", kohya("lora_unet_", sides))
    assert "6000 modules" in (look(path).problem or "")


def test_a_control_lora_of_flux1_is_recognised_as_a_control(tmp_path: Path) -> None:
    wide = {"img_in.lora_A.weight": (RANK, 128), "img_in.lora_B.weight": (3072, RANK)}
    shapes = {**peft("", flux1_original()), **wide}
    result = look(safetensors(tmp_path / "canny.safetensors", shapes))
    assert (result.role, result.control, result.problem) == ("control", "control-lora-flux1", None)
    assert result.measures["width"] == 3072
    assert "choose it for a control" in (refusal(result, FAMILIES["flux1"], {}) or "")


def test_the_norms_of_a_control_lora_alone_are_refused(tmp_path: Path) -> None:
    norms: dict[str, tuple[int, ...]] = {"double_blocks.0.img_attn.norm.query_norm.scale": (128,)}
    shapes = {**peft("", flux1_original()), **norms}
    result = look(safetensors(tmp_path / "canny.safetensors", shapes))
    assert "norms of FLUX.1" in (result.problem or "")
    assert refusal(result, FAMILIES["flux1"], {}) == result.problem


def test_a_lora_of_the_input_of_a_network_with_as_many_channels_is_no_control_lora(
    tmp_path: Path,
) -> None:
    shapes = peft("", {**flux2_original(3072, 5, 20), "img_in": (128, 3072)})
    result = look(safetensors(tmp_path / "style.safetensors", shapes))
    assert result.problem is None
