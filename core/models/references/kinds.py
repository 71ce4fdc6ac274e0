"""The reference adapters that are recognised and run.

Names and shapes: diffusers 0.42.1 and the published files of h94/IP-Adapter and XLabs. Layers of
style and composition: InstantStyle. FaceID files need insightface, whose weights are for research
only, so `foreign` names and refuses them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from core.models.families.signature import Axis, Signature
from core.models.references.kind import Layers, ReferenceKind

VIT_H, VIT_BIGG = "clip-vision-vit-h", "clip-vision-vit-bigg"
VIT_L = "clip-vit-large-patch14"
SIGLIP = "siglip-redux"
_KEYS = "ip_adapter.1.to_k_ip.weight"
_FLUX_KEYS = "double_blocks.0.processor.ip_adapter_double_stream_k_proj.weight"
_SD15: Layers = {"subject": ()}
_SDXL: Layers = {
    "subject": (),
    "style": ("up_blocks.0.attentions.1",),
    "composition": ("down_blocks.2.attentions.1",),
}
_UNETS: Mapping[str, Layers] = {"sd15": _SD15, "sdxl": _SDXL}
_FACES: Mapping[str, Layers] = {"sd15": {"face": ()}, "sdxl": {"face": ()}}

BASE = ReferenceKind(
    id="ip-adapter",
    label="IP-Adapter",
    roles=_UNETS,
    signatures=(
        Signature(
            "original",
            needs=("image_proj.proj.weight", "image_proj.norm.weight", _KEYS),
            modules=(),
            measures={"joint": Axis(_KEYS, 1), "width": Axis("image_proj.proj.weight", 1)},
        ),
    ),
    encoders={1024: VIT_H, 1280: VIT_BIGG},
)
PLUS = ReferenceKind(
    id="ip-adapter-plus",
    label="IP-Adapter Plus",
    roles=_UNETS,
    signatures=(
        Signature(
            "original",
            needs=("image_proj.latents", "image_proj.proj_in.weight", _KEYS),
            modules=(),
            measures={
                "joint": Axis(_KEYS, 1),
                "width": Axis("image_proj.proj_in.weight", 1),
            },
        ),
    ),
    encoders={1280: VIT_H},
    hidden=True,
)
FULL_FACE = ReferenceKind(
    id="ip-adapter-full-face",
    label="IP-Adapter Full Face",
    roles=_FACES,
    signatures=(
        Signature(
            "original",
            needs=("image_proj.proj.0.weight", "image_proj.proj.3.weight", _KEYS),
            modules=(),
            measures={"joint": Axis(_KEYS, 1), "width": Axis("image_proj.proj.0.weight", 1)},
        ),
    ),
    encoders={1280: VIT_H},
    hidden=True,
)
FLUX1 = ReferenceKind(
    id="ip-adapter-flux1",
    label="IP-Adapter for FLUX.1",
    roles={"flux1": {"subject": ()}},
    signatures=(
        Signature(
            "original",
            needs=(
                "ip_adapter_proj_model.proj.weight",
                _FLUX_KEYS,
            ),
            modules=(),
            measures={
                "width": Axis("ip_adapter_proj_model.proj.weight", 1),
                "joint": Axis(
                    "double_blocks.0.processor.ip_adapter_double_stream_k_proj.weight", 1
                ),
            },
        ),
    ),
    encoders={768: VIT_L},
    black=True,
)

REDUX = ReferenceKind(
    id="redux",
    label="FLUX.1 Redux",
    roles={"flux1": {"subject": ()}},
    signatures=(
        Signature(
            "original",
            needs=("redux_up.weight", "redux_down.weight"),
            modules=(),
            measures={
                "width": Axis("redux_up.weight", 1),
                "joint": Axis("redux_down.weight", 0),
            },
        ),
    ),
    encoders={1152: SIGLIP},
    as_tokens=True,
)

REFERENCES: Mapping[str, ReferenceKind] = MappingProxyType(
    {kind.id: kind for kind in (BASE, PLUS, FULL_FACE, FLUX1, REDUX)}
)
