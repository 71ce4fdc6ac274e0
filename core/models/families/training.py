"""LoRA training of an architecture, as data: the layers to train, and the adapter of its step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Training:
    """The training of a family.

    `adapter` is a module of `core.engine.training.adapters`. `targets` are the named sets of
    layers, as patterns of full module names; each set holds those before it. `bases` maps variants
    that must not be trained to the model to train instead. `multiple` is the side in pixels that a
    latent cell covers. `references`: images before an edit are part of its input.
    """

    adapter: str
    targets: Mapping[str, str]
    bases: Mapping[str, str] = field(default_factory=dict)
    multiple: int = 16
    references: bool = False


def _nested(**sets: str) -> dict[str, str]:
    """Each set joined with those before it."""
    joined: dict[str, str] = {}
    for name, pattern in sets.items():
        joined[name] = "|".join([*(joined[before] for before in list(joined)[-1:]), pattern])
    return joined


_DOUBLE = r"transformer_blocks\.\d+\."
_SINGLE = r"single_transformer_blocks\.\d+\."
_ATTENTION = rf"{_DOUBLE}attn\.(to_[qkv]|to_out\.0)"
_ADDED = rf"{_DOUBLE}attn\.(add_[qkv]_proj|to_add_out)"

# Its `norm_out` stays out of `all`: two programs read its rows in different orders.
FLUX2 = Training(
    adapter="flux2",
    targets=_nested(
        attention=_ATTENTION,
        default=rf"{_SINGLE}attn\.(to_qkv_mlp_proj|to_out)",
        blocks=rf"{_ADDED}|{_DOUBLE}ff(_context)?\.linear_(in|out)",
        all=r"proj_out",
    ),
    bases={"flux2-klein-4b": "flux2-klein-base-4b", "flux2-klein-9b": "flux2-klein-base-9b"},
    references=True,
)
FLUX1 = Training(
    adapter="flux1",
    targets=_nested(
        attention=rf"{_ATTENTION}|{_SINGLE}attn\.to_[qkv]",
        default=rf"{_ADDED}|{_DOUBLE}ff(_context)?\.net\.(0\.proj|2)",
        blocks=rf"{_SINGLE}(proj_mlp|proj_out)",
        all=rf"{_DOUBLE}(norm1|norm1_context)\.linear|{_SINGLE}norm\.linear",
    ),
    bases={"flux1-schnell": "flux1-dev"},
)
CHROMA = Training(
    adapter="chroma",
    targets=_nested(
        attention=FLUX1.targets["attention"],
        default=rf"{_ADDED}|{_DOUBLE}ff(_context)?\.net\.(0\.proj|2)",
        blocks=rf"{_SINGLE}(proj_mlp|proj_out)",
        all=r"proj_out",
    ),
)
SD3 = Training(
    adapter="sd3",
    targets=_nested(
        attention=rf"{_DOUBLE}attn2?\.(to_[qkv]|to_out\.0)",
        default=_ADDED,
        blocks=rf"{_DOUBLE}ff(_context)?\.net\.(0\.proj|2)",
        all=r"proj_out",
    ),
    bases={"sd35-large-turbo": "sd35-large"},
)
_IN_UNET = r"(down|up)_blocks\.\d+\.attentions\.\d+\.|mid_block\.attentions\.\d+\."
_UNET_BLOCK = rf"({_IN_UNET})transformer_blocks\.\d+\."
_UNET = _nested(
    attention=rf"{_UNET_BLOCK}attn[12]\.(to_[qkv]|to_out\.0)",
    default=rf"{_UNET_BLOCK}ff\.net\.(0\.proj|2)",
    blocks=rf"({_IN_UNET})proj_(in|out)",
    all=r".+\.resnets\.\d+\.(conv1|conv2|conv_shortcut|time_emb_proj)",
)
SD15 = Training(adapter="sd15", targets=_UNET, multiple=8)
SDXL = Training(
    adapter="sdxl",
    targets=_UNET,
    bases={"sdxl-turbo": "sdxl-base", "sdxl-lightning": "sdxl-base"},
    multiple=8,
)
_Z_BLOCK = r"(layers|noise_refiner|context_refiner)\.\d+\."
Z_IMAGE = Training(
    adapter="z_image",
    targets=_nested(
        attention=r"layers\.\d+\.attention\.(to_[qkv]|to_out\.0)",
        default=rf"{_Z_BLOCK}attention\.(to_[qkv]|to_out\.0)",
        blocks=rf"{_Z_BLOCK}feed_forward\.w[123]",
        all=r"(layers|noise_refiner)\.\d+\.adaLN_modulation\.0",
    ),
    bases={"z-image-turbo": "z-image"},
)
QWEN_IMAGE = Training(
    adapter="qwen_image",
    targets=_nested(
        attention=_ATTENTION,
        default=_ADDED,
        blocks=rf"{_DOUBLE}(img|txt)_mlp\.net\.(0\.proj|2)",
        all=rf"{_DOUBLE}(img|txt)_mod\.1",
    ),
)
KREA2 = Training(
    adapter="krea2",
    targets=_nested(
        attention=_ATTENTION,
        default=rf"{_DOUBLE}attn\.to_gate",
        blocks=rf"{_DOUBLE}ff\.(gate|up|down)",
        all=r"text_fusion\.(layerwise|refiner)_blocks\.\d+"
        r"\.(attn\.(to_[qkv]|to_gate|to_out\.0)|ff\.(gate|up|down))",
    ),
    bases={"krea2-turbo": "krea2-raw"},
)
