"""Nodes that the wall has no brick for yet, and the feature that each waits for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from core.workflows.comfy.reading import NodeType

_INPAINTING = "ControlNets that repaint"
_REGIONS = "regional prompts"
_PATCHES = "patches of the model"
_COMPOSITION = "composing of images"
_IMAGE_PROMPTS = "image prompts"


def _waiting(feature: str, names: Iterable[str]) -> Iterator[NodeType]:
    for name in names:
        yield NodeType(name, waits_for=feature)


NODES = (
    NodeType(
        "ControlNetInpaintingAliMamaApply",
        waits_for=_INPAINTING,
        widgets=("strength", "start_percent", "end_percent"),
        passes=("positive", "negative"),
    ),
    NodeType("CLIPVisionLoader", waits_for=_IMAGE_PROMPTS, widgets=("clip_name",)),
    NodeType("CLIPVisionEncode", waits_for=_IMAGE_PROMPTS, widgets=("crop",)),
    NodeType("StyleModelLoader", waits_for=_IMAGE_PROMPTS, widgets=("style_model_name",)),
    NodeType(
        "StyleModelApply",
        waits_for=_IMAGE_PROMPTS,
        widgets=("strength", "strength_type"),
        passes=("conditioning",),
    ),
    NodeType(
        "ConditioningSetArea",
        waits_for=_REGIONS,
        widgets=("width", "height", "x", "y", "strength"),
        passes=("conditioning",),
    ),
    NodeType(
        "ConditioningSetAreaPercentage",
        waits_for=_REGIONS,
        widgets=("width", "height", "x", "y", "strength"),
        passes=("conditioning",),
    ),
    NodeType(
        "ConditioningSetMask",
        waits_for=_REGIONS,
        widgets=("strength", "set_cond_area"),
        passes=("conditioning",),
    ),
    NodeType(
        "ConditioningSetTimestepRange",
        waits_for=_REGIONS,
        widgets=("start", "end"),
        passes=("conditioning",),
    ),
    NodeType("FreeU", waits_for=_PATCHES, widgets=("b1", "b2", "s1", "s2")),
    NodeType("FreeU_V2", waits_for=_PATCHES, widgets=("b1", "b2", "s1", "s2")),
    NodeType("RescaleCFG", waits_for=_PATCHES, widgets=("multiplier",)),
    NodeType("PerturbedAttentionGuidance", waits_for=_PATCHES, widgets=("scale",)),
    NodeType("SelfAttentionGuidance", waits_for=_PATCHES, widgets=("scale", "blur_sigma")),
    NodeType("TomePatchModel", waits_for=_PATCHES, widgets=("ratio",)),
    NodeType("ImageCompositeMasked", waits_for=_COMPOSITION, widgets=("x", "y", "resize_source")),
    NodeType("LatentComposite", waits_for=_COMPOSITION, widgets=("x", "y", "feather")),
    NodeType("LatentCompositeMasked", waits_for=_COMPOSITION, widgets=("x", "y", "resize_source")),
    *_waiting(_IMAGE_PROMPTS, ("IPAdapter*", "unCLIP*")),
    *_waiting("portraits from photos", ("PhotoMaker*", "InstantID*", "*FaceID*")),
    *_waiting("video", ("*VideoLatent*", "SVD_*", "SaveAnimated*", "VHS_*", "SaveWEBM")),
)
