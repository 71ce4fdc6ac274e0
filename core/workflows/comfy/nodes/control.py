"""ControlNets: their loaders, the prompts that they guide, and pre-processors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core.operations.diffusion.control_use import STRENGTH_MAX
from core.workflows.comfy.reading import NodeType, Reading
from core.workflows.comfy.values import Conditioning, ControlNetValue, ControlUse, ImageValue

UNION_TYPES: Mapping[str, str] = {
    "openpose": "pose",
    "depth": "depth",
    "hed/pidi/scribble/ted": "softedge",
    "canny/lineart/anime_lineart/mlsd": "canny",
    "normal": "normal",
    "segment": "segment",
    "tile": "tile",
    "repaint": "repaint",
}
"""ComfyUI's names of the types of union models, and those of the brick Control."""
START_MAX, END_MIN = 0.95, 0.05
_PREPROCESSORS: Mapping[str, str] = {
    "LineArtPreprocessor": "lineart",
    "LineartStandardPreprocessor": "lineart",
    "AnimeLineArtPreprocessor": "lineart",
    "HEDPreprocessor": "softedge",
    "PiDiNetPreprocessor": "softedge",
    "ScribblePreprocessor": "scribble",
    "DepthAnythingPreprocessor": "depth",
    "DepthAnythingV2Preprocessor": "depth",
    "MiDaS-DepthMapPreprocessor": "depth",
    "Zoe-DepthMapPreprocessor": "depth",
    "OpenposePreprocessor": "pose",
    "DWPreprocessor": "pose",
    "TilePreprocessor": "tile",
}
"""Pre-processors of comfyui_controlnet_aux, and the operations in their place."""


def loader(r: Reading) -> tuple[Any, ...]:
    """A ControlNet by the name of its file."""
    return (ControlNetValue(r.file("control", r.text("control_net_name"))),)


def union_type(r: Reading) -> tuple[Any, ...]:
    """A union model with the type of its control image."""
    net, kind = r.find("control_net", ControlNetValue), r.text("type", "auto")
    if net is None:
        return (None,)
    if kind not in UNION_TYPES:
        r.note(f"Choose the type of the control image: {kind[:40]!r} leaves it open.")
    return (replace(net, type=UNION_TYPES.get(kind)),)


def apply(r: Reading) -> tuple[Any, ...]:
    """A prompt whose images follow a control image."""
    return (_controlled(r, r.prompt("conditioning"), _use(r)),)


def apply_to_both(r: Reading) -> tuple[Any, ...]:
    """Both prompts, with the share of the steps that follows the control image."""
    use = _use(r, start=r.number("start_percent", 0, 0, 1), end=r.number("end_percent", 1, 0, 1))
    return _controlled(r, r.prompt("positive"), use), r.find("negative", Conditioning)


def _use(r: Reading, start: float = 0.0, end: float = 1.0) -> ControlUse | None:
    net, image = r.find("control_net", ControlNetValue), r.find("image", ImageValue)
    strength = r.number("strength", 1.0, 0, STRENGTH_MAX)
    if net is None or image is None:
        r.note("No ControlNet or no image arrives: the prompt passes through.")
        return None
    if strength == 0 or end <= start:
        r.note("It has no effect: the prompt passes through.")
        return None
    start, end = min(start, START_MAX), max(end, END_MIN)
    return ControlUse(image, net.name, net.type, strength, start, end)


def _controlled(r: Reading, prompt: Conditioning, use: ControlUse | None) -> Conditioning:
    return replace(prompt, controls=(*prompt.controls, use)) if use else prompt


def canny(r: Reading) -> tuple[Any, ...]:
    """Edges of an image."""
    return _canny(r, 1.0, 0.4, 0.8)


def canny_of_bytes(r: Reading) -> tuple[Any, ...]:
    """Edges of an image, by thresholds from 0 to 255."""
    return _canny(r, 255.0, 100, 200)


def _canny(r: Reading, scale: float, low: float, high: float) -> tuple[Any, ...]:
    low = r.number("low_threshold", low, 0, scale) / scale
    high = r.number("high_threshold", high, 0, scale) / scale
    r.note("Its edges are found at a smoothing of one pixel.")
    return _preprocessed(r, "canny", {"low_threshold": min(low, high), "high_threshold": high})


def preprocessor(operation: str) -> Any:
    """A reader of a pre-processor that an operation replaces, with settings of its own."""

    def read(r: Reading) -> tuple[Any, ...]:
        r.note("The settings of the pre-processor are its own here.")
        return _preprocessed(r, operation, {})

    return read


def _preprocessed(r: Reading, operation: str, props: Mapping[str, Any]) -> tuple[Any, ...]:
    image = r.find("image", ImageValue)
    if image is None:
        r.note("No image arrives.")
        return (None,)
    brick = r.brick(operation, props)
    r.wall.wire(image.source, f"{brick}.image")
    return (ImageValue(f"{brick}.image", image.width, image.height),)


_SHARE = ("strength", "start_percent", "end_percent")
NODES = (
    NodeType("ControlNetLoader", "Control", loader, ("control_net_name",)),
    NodeType("DiffControlNetLoader", "Control", loader, ("control_net_name",)),
    NodeType("SetUnionControlNetType", "Type of Control", union_type, ("type",)),
    NodeType("ControlNetApply", "Control", apply, ("strength",)),
    NodeType("ControlNetApplyAdvanced", "Control", apply_to_both, _SHARE),
    NodeType("ControlNetApplySD3", "Control", apply_to_both, _SHARE),
    NodeType("Canny", "Edges (Canny)", canny, ("low_threshold", "high_threshold")),
    NodeType(
        "CannyEdgePreprocessor",
        "Edges (Canny)",
        canny_of_bytes,
        ("low_threshold", "high_threshold", "resolution"),
    ),
    *(
        NodeType(name, operation.capitalize(), preprocessor(operation))
        for name, operation in _PREPROCESSORS.items()
    ),
)
