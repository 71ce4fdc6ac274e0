"""Measurement of the control adapter: the edges of unseen drawings that results keep.

Each drawing's edges are found at the size of the studio's results. The model draws from a prompt
that says what the drawing shows and not where, alone and with the control image, at equal seeds.
"""

import json
import random
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from core.engine.auxiliary import onnx_upscaler
from core.engine.canvas.pictures import cover
from core.engine.control_adapter import ControlAdapter
from core.engine.evaluation.reader import Reader
from core.engine.finishing import finish
from core.operations.canny import Canny
from core.operations.geometry_score import GeometryScore
from core.pictures.control.edges import canny
from core.pictures.control.grey import levels
from core.pictures.control.score import boundary_f, edge_iou
from tools.nano.adherence import HELD_OUT
from tools.nano.captions import caption
from tools.nano.control_export import read
from tools.nano.control_samples import sample_drawing
from tools.nano.grids import sheet
from tools.nano.latents import GRIDS
from tools.nano.parallel import Group, Hardware
from tools.nano.placing import UNNAMED, Placement, draw_placed
from tools.nano.reader import FILE as READER
from tools.nano.sampling import Sampler
from tools.nano.scene import OPTIONAL, Scene, labels

SIDE = 512  # of the studio's results, in pixels
COUNT = 50
AT_ONCE = 10  # pictures in a call
SEED = 5


@dataclass(frozen=True)
class Drawing:
    """An unseen drawing: its scene and place, the prompt, and its edges."""

    scene: Scene
    placement: Placement | None
    prompt: str
    edges: Image.Image


def unseen(count: int = COUNT) -> list[Drawing]:
    """Drawings that training never saw, half of them placed; those without edges are left out."""
    rng = random.Random(f"{HELD_OUT} control")
    drawings: list[Drawing] = []
    while len(drawings) < count:
        scene, placement = sample_drawing(rng)
        edges = Canny.model_construct(image="").control_image(draw_placed(scene, placement, SIDE))
        named = tuple(name for name in OPTIONAL[scene.kind] if name not in UNNAMED)
        prompt = caption(replace(scene, named=named), rng)
        if edges.getbbox() is not None:
            drawings.append(Drawing(scene, placement, prompt, edges))
    return drawings


def evaluate(
    model: Path, file: Path, count: int = COUNT, strength: float = 1.0, target: Path | None = None
) -> dict[str, Any]:
    """Scores of the prompt alone and with the control; `target` gets them and a sheet."""
    sampler, adapter, drawings = Sampler.from_folder(model, _group()), read(file), unseen(count)
    images = {
        "prompt": finished(draw(sampler, drawings), model),
        "control": finished(draw(sampler, drawings, adapter, strength), model),
    }
    reader = Reader.load(model / READER, "cpu")
    report: dict[str, Any] = {name: scores(drawings, some) for name, some in images.items()}
    for name, some in images.items():
        report[name]["all_right"] = adherence(drawings, some, reader)
    shares = [report[name]["edge_iou"] for name in ("control", "prompt")]
    report |= {"drawings": count, "strength": strength, "ratio": round(shares[0] / shares[1], 2)}
    if target is not None:
        target.mkdir(parents=True, exist_ok=True)
        (target / "control.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
        _sheet(drawings, images).save(target / "control.png")
    return report


def finished(pictures: Sequence[Image.Image], model: Path) -> list[Image.Image]:
    """Pictures as the studio gives them: enlarged by the model's finisher."""
    finisher = onnx_upscaler.load(model / "finisher.onnx", "cpu")
    return [finish(picture, (SIDE, SIDE), finisher, lambda: None) for picture in pictures]


def draw(
    sampler: Sampler,
    drawings: Sequence[Drawing],
    adapter: ControlAdapter | None = None,
    strength: float = 1.0,
) -> list[Image.Image]:
    """The pictures of all drawings at equal seeds, from their prompts alone or with edges too."""
    pictures = []
    for start in range(0, len(drawings), AT_ONCE):
        some = drawings[start : start + AT_ONCE]
        with _guided(sampler, some, adapter, strength):
            prompts = [drawing.prompt for drawing in some]
            pictures += sampler.draw(prompts, GRIDS[0], SEED + start)
    return pictures


def scores(drawings: Sequence[Drawing], images: Sequence[Image.Image]) -> dict[str, float]:
    """Mean edge IoU and boundary F-score, by the settings of the operation `geometry_score`."""
    fields = GeometryScore.model_fields
    threshold, sigma, tolerance = (
        fields[name].default for name in ("threshold", "sigma", "tolerance")
    )
    pairs = [
        (levels(drawing.edges) > 0.5, canny(image, threshold / 2, threshold, sigma))
        for drawing, image in zip(drawings, images, strict=True)
    ]
    ious = np.array([edge_iou(*pair, tolerance) for pair in pairs])
    placed = np.array([drawing.placement is not None for drawing in drawings])
    means = {
        "edge_iou": ious.mean(),
        "edge_iou_usual": ious[~placed].mean(),
        "edge_iou_placed": ious[placed].mean(),
        "boundary_f": np.mean([boundary_f(*pair, tolerance)[0] for pair in pairs]),
    }
    return {name: round(float(mean), 4) for name, mean in means.items()}


def adherence(drawings: Sequence[Drawing], images: Sequence[Image.Image], reader: Reader) -> float:
    """The share of images that show all that their prompts name, as the metric network reads."""
    readings = reader.read(images)
    right = [
        all(
            reading[name] == value
            for name, value in labels(drawing.scene).items()
            if name not in UNNAMED
        )
        for drawing, reading in zip(drawings, readings, strict=True)
    ]
    return round(sum(right) / len(right), 4)


def _guided(
    sampler: Sampler,
    drawings: Sequence[Drawing],
    adapter: ControlAdapter | None,
    strength: float,
) -> AbstractContextManager[None]:
    if adapter is None:
        return nullcontext()
    side = GRIDS[0].width
    tokens = torch.cat([adapter.read(cover(drawing.edges, side, side)) for drawing in drawings])
    return adapter.guiding(sampler.model.transformer, tokens, lambda _call: strength)


def _group() -> Group:
    return Group(precision=Hardware.choose("cpu", processes=1).precision)


def _sheet(
    drawings: Sequence[Drawing], results: Mapping[str, Sequence[Image.Image]]
) -> Image.Image:
    rows: list[Image.Image] = []
    texts: list[str] = []
    for start in range(0, len(drawings), AT_ONCE):
        some = slice(start, start + AT_ONCE)
        rows += [drawing.edges for drawing in drawings[some]]
        texts += [drawing.prompt for drawing in drawings[some]]
        for name, images in results.items():
            rows += images[some]
            texts += [name] * len(images[some])
    small = [image.resize((128, 128), Image.Resampling.BOX) for image in rows]
    return sheet(small, texts, AT_ONCE)
