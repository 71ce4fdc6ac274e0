"""The records' names and shapes are those that diffusers and transformers build at real width.

Networks are built on the meta device, where they weigh nothing, and written as sparse files.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import (
    AnimaTextConditioner,
    AutoencoderKL,
    AutoencoderKLFlux2,
    AutoencoderKLQwenImage,
    AutoencoderKLQwenImage21,
    ChromaTransformer2DModel,
    CosmosTransformer3DModel,
    ErnieImageTransformer2DModel,
    Flux2Transformer2DModel,
    Flux3Transformer2DModel,
    FluxTransformer2DModel,
    Krea2Transformer2DModel,
    QwenImage21Transformer2DModel,
    QwenImageTransformer2DModel,
    SD3Transformer2DModel,
    UNet2DConditionModel,
    ZImageTransformer2DModel,
)
from transformers import (
    CLIPTextConfig,
    CLIPTextModelWithProjection,
    Qwen3Config,
    Qwen3ForCausalLM,
    Qwen3Model,
    Qwen3VLConfig,
    Qwen3VLForConditionalGeneration,
    Qwen3VLModel,
    T5Config,
    T5EncoderModel,
)

from core.engine.placing import cast
from core.models.families import of_variant
from core.models.families.parts import PARTS
from core.models.recognition.finding import Finding
from core.models.recognition.recognition import recognise
from core.models.weights.file import read_weights
from tests.unit.models.crafting import safetensors

# What diffusers says to itself about its own names.
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning:diffusers")
Build = Callable[[], Any]
VAE_BLOCKS = {
    "block_out_channels": (128, 256, 512, 512),
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
    "layers_per_block": 2,
}
NO_QUANT = {"use_quant_conv": False, "use_post_quant_conv": False}


def flux2(layers: int, single: int, heads: int, joint: int, guidance: bool) -> Any:
    return Flux2Transformer2DModel(
        num_layers=layers,
        num_single_layers=single,
        num_attention_heads=heads,
        attention_head_dim=128,
        joint_attention_dim=joint,
        guidance_embeds=guidance,
    )


def sd3(layers: int, positions: int, dual: tuple[int, ...]) -> Any:
    return SD3Transformer2DModel(
        num_layers=layers,
        num_attention_heads=layers,
        attention_head_dim=64,
        joint_attention_dim=4096,
        caption_projection_dim=layers * 64,
        pooled_projection_dim=2048,
        out_channels=16,
        pos_embed_max_size=positions,
        qk_norm="rms_norm",
        dual_attention_layers=dual,
    )


def sdxl() -> Any:
    return UNet2DConditionModel(
        block_out_channels=(320, 640, 1280),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=(5, 10, 20),
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=256,
        transformer_layers_per_block=(1, 2, 10),
        projection_class_embeddings_input_dim=2816,
        cross_attention_dim=2048,
    )


def sdxl_refiner() -> Any:
    return UNet2DConditionModel(
        block_out_channels=(384, 768, 1536, 1536),
        down_block_types=("DownBlock2D", *("CrossAttnDownBlock2D",) * 2, "DownBlock2D"),
        up_block_types=("UpBlock2D", *("CrossAttnUpBlock2D",) * 2, "UpBlock2D"),
        attention_head_dim=(6, 12, 24, 24),
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=256,
        transformer_layers_per_block=4,
        projection_class_embeddings_input_dim=2560,
        cross_attention_dim=1280,
    )


def ernie_image() -> Any:
    return ErnieImageTransformer2DModel(
        hidden_size=4096,
        num_attention_heads=32,
        num_layers=36,
        ffn_hidden_size=12288,
        text_in_dim=3072,
    )


def anima() -> Any:
    return CosmosTransformer3DModel(
        num_attention_heads=16,
        attention_head_dim=128,
        num_layers=28,
        text_embed_dim=1024,
        rope_scale=(1.0, 4.0, 4.0),
        extra_pos_embed_type=None,
    )


def qwen3_vl_8b() -> Any:
    text = {
        "hidden_size": 4096,
        "intermediate_size": 12288,
        "num_hidden_layers": 36,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "head_dim": 128,
    }
    vision = {"out_hidden_size": 4096, "deepstack_visual_indexes": [8, 16, 24]}
    return Qwen3VLForConditionalGeneration(
        Qwen3VLConfig(text_config=text, vision_config=vision, tie_word_embeddings=False)
    )


NETWORKS: dict[str, tuple[str, Build]] = {
    "flux1-dev": ("x", lambda: FluxTransformer2DModel(guidance_embeds=True)),
    "flux1-schnell": ("x", lambda: FluxTransformer2DModel(guidance_embeds=False)),
    "flux1-fill-dev": (
        "x",
        lambda: FluxTransformer2DModel(in_channels=384, out_channels=64, guidance_embeds=True),
    ),
    "chroma1-hd": ("x", lambda: ChromaTransformer2DModel()),
    "flux2-klein-4b": ("x", lambda: flux2(5, 20, 24, 7680, False)),
    "flux2-klein-9b": ("x", lambda: flux2(8, 24, 32, 12288, False)),
    "flux2-dev": ("x", lambda: flux2(8, 48, 48, 15360, True)),
    "sd35-large": ("x", lambda: sd3(38, 192, ())),
    "sd35-medium": ("x", lambda: sd3(24, 384, tuple(range(13)))),
    "anima": ("anima", anima),
    "ernie-image": ("x", ernie_image),
    "flux3-klein": ("x", lambda: Flux3Transformer2DModel(flow_map=True)),
    "flux3-klein-base": ("x", Flux3Transformer2DModel),
    "krea2-raw": ("x", Krea2Transformer2DModel),
    "qwen-image": ("x", QwenImageTransformer2DModel),
    "qwen-image-21": ("x", QwenImage21Transformer2DModel),
    "z-image": ("x", ZImageTransformer2DModel),
    "sdxl-base": ("x", sdxl),
    "sdxl-refiner": ("x", sdxl_refiner),
    "sd15": ("x", lambda: UNet2DConditionModel(cross_attention_dim=768)),
}
ENCODERS: dict[str, tuple[str, Build]] = {
    "clip-l": (
        "x",
        lambda: CLIPTextModelWithProjection(
            CLIPTextConfig(
                hidden_size=768, num_hidden_layers=12, intermediate_size=3072, projection_dim=768
            )
        ),
    ),
    "clip-g": (
        "x",
        lambda: CLIPTextModelWithProjection(
            CLIPTextConfig(
                hidden_size=1280,
                num_hidden_layers=32,
                num_attention_heads=20,
                intermediate_size=5120,
                projection_dim=1280,
            )
        ),
    ),
    "t5-xxl": (
        "x",
        lambda: T5EncoderModel(
            T5Config(
                d_model=4096,
                d_ff=10240,
                d_kv=64,
                num_heads=64,
                num_layers=24,
                feed_forward_proj="gated-gelu",
            )
        ),
    ),
    "anima-text-conditioner": ("x", AnimaTextConditioner),
    "qwen3-0.6b": (
        "x",
        lambda: Qwen3Model(
            Qwen3Config(
                hidden_size=1024,
                intermediate_size=3072,
                num_hidden_layers=28,
                num_attention_heads=16,
                num_key_value_heads=8,
                head_dim=128,
            )
        ),
    ),
    "qwen3-4b": (
        "x",
        lambda: Qwen3ForCausalLM(
            Qwen3Config(
                hidden_size=2560,
                intermediate_size=9728,
                num_hidden_layers=36,
                num_attention_heads=32,
                num_key_value_heads=8,
                head_dim=128,
                tie_word_embeddings=True,
            )
        ),
    ),
    "qwen3-vl-4b": (
        "x",
        lambda: Qwen3VLModel(
            Qwen3VLConfig(
                text_config={
                    "hidden_size": 2560,
                    "intermediate_size": 9728,
                    "num_hidden_layers": 36,
                    "num_attention_heads": 32,
                    "num_key_value_heads": 8,
                    "head_dim": 128,
                },
                vision_config={
                    "depth": 24,
                    "hidden_size": 1024,
                    "intermediate_size": 4096,
                    "out_hidden_size": 2560,
                    "deepstack_visual_indexes": [5, 11, 17],
                },
            )
        ),
    ),
    "qwen3-vl-8b": ("x", qwen3_vl_8b),
    "vae-qwen-image": ("x", AutoencoderKLQwenImage),
    "vae-qwen-image-21": ("x", AutoencoderKLQwenImage21),
    "vae-flux1": ("flux", lambda: AutoencoderKL(latent_channels=16, **VAE_BLOCKS, **NO_QUANT)),
    "vae-sdxl": ("sdxl", lambda: AutoencoderKL(latent_channels=4, **VAE_BLOCKS)),
    "vae-flux2": ("x", lambda: AutoencoderKLFlux2()),
}


def written(tmp_path: Path, name: str, build: Build) -> tuple[Finding, int]:
    """The finding of what `build` makes, and how many parameters that has."""
    with torch.device("meta"):
        module = build()
    shapes = {key: tuple(tensor.shape) for key, tensor in module.state_dict().items()}
    path = safetensors(tmp_path / f"{name}.safetensors", shapes)
    return recognise(read_weights(path).header, path), module.num_parameters()


@pytest.mark.parametrize("variant_id", NETWORKS)
def test_a_network_of_diffusers_is_recognised_to_the_last_key(
    tmp_path: Path, variant_id: str
) -> None:
    result, count = written(tmp_path, *NETWORKS[variant_id])
    assert (result.variant, result.layout) == (variant_id, "diffusers")
    assert result.matched == result.total
    owner = of_variant(variant_id)
    assert owner is not None
    family, variant = owner
    assert abs(variant.parameters[family.core] / count - 1) < 0.01
    traits = {name: value for name, value in variant.traits.items() if name in result.measures}
    assert traits == variant.traits


@pytest.mark.parametrize("part", ENCODERS)
def test_a_text_encoder_or_vae_is_recognised_to_the_last_key(tmp_path: Path, part: str) -> None:
    result, count = written(tmp_path, *ENCODERS[part])
    assert result.part == part
    assert result.matched == result.total
    assert abs(PARTS[part].parameters / count - 1) < 0.02


def formats_offered(variant_id: str) -> set[str]:
    """The formats that a published network may be stored in."""
    owner = of_variant(variant_id)
    assert owner is not None
    return {step[owner[0].core] for step in owner[0].quantization if owner[0].core in step}


def wide_in_fp8(build: Build) -> int:
    """The parameters that casting to FP8 leaves wide."""
    with torch.device("meta"):
        module = build()
    cast(module)
    return sum(p.numel() for p in module.parameters() if p.dtype != torch.float8_e4m3fn)


IN_FP8 = [name for name in NETWORKS if "fp8" in formats_offered(name)]


@pytest.mark.parametrize("variant_id", IN_FP8)
def test_the_share_of_a_published_network_that_fp8_leaves_wide(variant_id: str) -> None:
    owner = of_variant(variant_id)
    assert owner is not None
    family, variant = owner
    count = variant.parameters[family.core]
    assert variant.wide.get("fp8", 0) / count == pytest.approx(
        wide_in_fp8(NETWORKS[variant_id][1]) / count, abs=1e-3
    )


@pytest.mark.parametrize("part", ["t5-xxl", "qwen3-0.6b", "qwen3-4b", "qwen3-vl-4b", "qwen3-vl-8b"])
def test_the_share_of_a_published_text_encoder_that_fp8_leaves_wide(part: str) -> None:
    wide = wide_in_fp8(ENCODERS[part][1])
    assert PARTS[part].wide["fp8"] == pytest.approx(wide, rel=1e-3)


@pytest.mark.parametrize("variant_id", NETWORKS)
def test_the_configuration_read_from_a_file_builds_the_network_it_was_written_from(
    tmp_path: Path, variant_id: str
) -> None:
    result, _ = written(tmp_path, *NETWORKS[variant_id])
    owner = of_variant(variant_id)
    assert owner is not None
    with torch.device("meta"):
        original = NETWORKS[variant_id][1]()
        again = type(original)(**owner[0].network(result.measures))
    assert shapes_of(again) == shapes_of(original)


@pytest.mark.parametrize("part", ENCODERS)
def test_the_configuration_of_a_part_builds_it(part: str) -> None:
    with torch.device("meta"):
        original = ENCODERS[part][1]()
        config = dict(PARTS[part].build)
        own = getattr(original, "config", None)
        kind = type(original)
        made = kind(type(own)(**config)) if part.startswith(TEXT) else kind(**config)
    assert shapes_of(made) == shapes_of(original)


TEXT = ("clip", "t5", "qwen")


def shapes_of(module: Any) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
