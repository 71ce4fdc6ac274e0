"""Exporting a wall to ComfyUI's API form: the bricks that have nodes, with a report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.errors import InvalidWorkflow
from core.operations.declaration.registry import Registry, inputs
from core.workflows.comfy.drawing_nodes import draw
from core.workflows.comfy.report import Entry, Report
from core.workflows.comfy.writing import BrickWriting, GuidanceOf, NodeWriter
from core.workflows.selection import order_of, without_bypassed, without_inert
from core.workflows.wiring import wire
from core.workflows.workflow import INERT, Brick, Workflow

_DRAWN = ("generate", "img2img", "inpaint", "outpaint", "edit", "refine")
_VALUES = ("prompt", "settings", "lora_stack", "mask_painter")  # read by the bricks after them
_READ_BY_OTHERS = (*_VALUES, "controlnet")
_CANNY = {"low": 0.1, "high": 0.2}
_FIELDS = {"{": "%", "}": "%"}


@dataclass(frozen=True, slots=True)
class Exported:
    """A graph in the API form, `{id: {class_type, inputs}}`, and the outcome for each brick."""

    prompt: dict[str, Any]
    report: Report


def export_comfy(
    workflow: Workflow, registry: Registry, guidance_of: GuidanceOf = lambda model: ""
) -> Exported:
    """The nodes of a wall. `guidance_of` is the kind of guidance of a model, where it is known.

    Raises `InvalidWorkflow` for circles, and for a wall without any brick that has nodes.
    """
    report = Report("comfyui-api")
    for brick in workflow.bricks:
        report.entries[brick.id] = Entry(brick.id, brick.type)
        if brick.type == INERT or brick.bypassed:
            report.entries[brick.id].skipped = True
            report.entries[brick.id].notes.append("It takes no part in a run.")
    runs = without_bypassed(without_inert(wire(workflow, registry, [])[0]), registry)
    writer = NodeWriter(runs, report, guidance_of)
    bricks = {brick.id: brick for brick in runs.bricks}
    depth = {name: place for place, name in enumerate(order_of(runs))}
    places = {brick.id: place for place, brick in enumerate(runs.bricks)}
    in_place = all(_sources_first(runs, places))
    for name in sorted(bricks, key=(places if in_place else depth).__getitem__):
        _write(BrickWriting(bricks[name], writer), registry)
    if not writer.nodes:
        raise InvalidWorkflow(
            "The workflow has no brick that ComfyUI has nodes for.",
            field="bricks",
            fix="Add Generate, or another brick that draws.",
        )
    return Exported(writer.nodes, report)


def _sources_first(workflow: Workflow, places: dict[str, int]) -> list[bool]:
    """For each wire between bricks with nodes, True where its source comes first in the file."""
    values = {brick.id for brick in workflow.bricks if brick.type in _VALUES}
    return [
        places[existing.source_brick] < places[existing.target_brick]
        for existing in workflow.wires
        if not values & {existing.source_brick, existing.target_brick}
    ]


def _write(w: BrickWriting, registry: Registry) -> None:
    if w.brick.type in _DRAWN:
        w.entry.becomes = "KSampler, VAEDecode"
        w.gives("image", draw(w))
    elif w.brick.type in _WRITERS:
        w.entry.becomes, write = _WRITERS[w.brick.type]
        write(w)
    elif w.brick.type in _READ_BY_OTHERS:
        w.entry.becomes = "Inputs of other nodes"
    else:
        _pass_on(w, registry)


def _pass_on(w: BrickWriting, registry: Registry) -> None:
    """A brick without nodes: its outputs are its input of the same kind."""
    w.entry.unmapped = True
    declaration = registry.get(w.brick.type)
    for output in declaration.outputs if declaration else ():
        ports = [entry.port for entry in inputs(declaration).values()] if declaration else []
        for port in ports:
            if port.type == output.type and (source := w.image(port.name)) is not None:
                w.gives(output.name, source)
    w.note("ComfyUI has no node for it: what arrives passes through.")


def _load(w: BrickWriting) -> None:
    w.gives("image", (w.share("LoadImage", image=_image_file(w.brick)), 0))
    if not w.brick.props.get("image"):
        w.note("Choose its image in ComfyUI.")


def _image_file(brick: Brick, default: str = "example.png") -> str:
    """The name of a file for an image brick: that of an import, else its asset's."""
    file, asset = (brick.model_extra or {}).get("file"), brick.props.get("image")
    if isinstance(file, str) and file:
        return file
    return f"{asset}.png" if isinstance(asset, str) and asset else default


def _upscale(w: BrickWriting) -> None:
    image, factor = w.image("image"), w.number("factor", 2.0)
    if image is None:
        w.note("No image arrives.")
        return
    if w.text("method", "lanczos") == "model":
        loader = w.share("UpscaleModelLoader", model_name=_file(w.text("upscaler")))
        node = w.add("ImageUpscaleWithModel", upscale_model=(loader, 0), image=image)
        w.note("The upscaler decides the factor.")
    else:
        if w.text("method") == "diffusion":
            w.note("ComfyUI has no diffusion in tiles: the image is resampled.")
        node = w.add("ImageScaleBy", upscale_method="lanczos", scale_by=factor, image=image)
    w.gives("image", (node, 0))


def _canny(w: BrickWriting) -> None:
    image = w.image()
    if image is None:
        w.note("No image arrives.")
        return
    thresholds = {name: w.number(f"{name}_threshold", default) for name, default in _CANNY.items()}
    node = w.add(
        "Canny",
        low_threshold=thresholds["low"],
        high_threshold=thresholds["high"],
        image=image,
    )
    w.gives("image", (node, 0))


def _save(w: BrickWriting) -> None:
    image = w.image("image")
    if image is None:
        w.note("No image arrives.")
        return
    name = w.text("file_name", "ComfyUI")
    for ours, theirs in _FIELDS.items():
        name = name.replace(ours, theirs)
    w.add("SaveImage", filename_prefix=name, images=image)


def _preview(w: BrickWriting) -> None:
    image = w.image("image")
    if image is None:
        w.note("No image arrives.")
        return
    w.add("PreviewImage", images=image)


def _file(name: str) -> str:
    return f"{name}.safetensors"


_WRITERS: dict[str, tuple[str, Callable[[BrickWriting], None]]] = {
    "image_input": ("LoadImage", _load),
    "canny": ("Canny", _canny),
    "upscale": ("ImageScaleBy, ImageUpscaleWithModel", _upscale),
    "save": ("SaveImage", _save),
    "image_output": ("PreviewImage", _preview),
}
