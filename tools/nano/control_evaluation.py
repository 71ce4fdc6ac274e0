"""Measurement of the control adapter: the edges of unseen drawings that results keep.

Each drawing's edges are found at the size of the studio's results. The model draws from a prompt
that says what the drawing shows and not where, alone and with the control image, at equal seeds.
"""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from core.engine.auxiliary import onnx_upscaler
from core.engine.canvas.pictures import cover
from core.engine.control_adapter import ControlAdapter
from core.engine.finishing import finish
from core.operations.canny import Canny
from core.operations.geometry_score import GeometryScore
from core.pictures.control.edges import canny
from core.pictures.control.grey import levels
from core.pictures.control.score import boundary_f, edge_iou
from tools.nano.adherence import ALL, HELD_OUT, Score
from tools.nano.captions import caption
from tools.nano.control_samples import sample_drawing
from tools.nano.grids import sheet
from tools.nano.judge import Judge
from tools.nano.latents import GRIDS
from tools.nano.placing import UNNAMED, Placement, draw_placed
from tools.nano.sampling import Sampler
from tools.nano.scene import OPTIONAL, Scene

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
    sampler: Sampler,
    adapter: ControlAdapter,
    model: Path,
    target: Path | None = None,
    count: int = COUNT,
    judge: Judge | None = None,
) -> dict[str, Any]:
    """Scores of the prompt alone and with the control; a sheet goes into the folder `target`."""
    drawings = unseen(count)
    finisher = onnx_upscaler.load(model / "finisher.onnx", "cpu")
    results = {
        name: [
            finish(image, (SIDE, SIDE), finisher, lambda: None)
            for image in draw(sampler, drawings, adapter if name == "control" else None)
        ]
        for name in ("prompt", "control")
    }
    report = {
        name: {**_scores(drawings, images), **_adherence(drawings, images, judge)}
        for name, images in results.items()
    }
    report["ratio"] = {
        name: round(report["control"][name] / report["prompt"][name], 2)
        for name in ("edge_iou", "edge_iou_usual", "edge_iou_placed")
    }
    if target is not None:
        target.mkdir(parents=True, exist_ok=True)
        (target / "control.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
        _sheet(drawings, results).save(target / "control.png")
    return report


def draw(
    sampler: Sampler, drawings: Sequence[Drawing], adapter: ControlAdapter | None, seed: int = SEED
) -> list[Image.Image]:
    """The pictures of all drawings, from their prompts alone or with their edges."""
    pictures = []
    for start in range(0, len(drawings), AT_ONCE):
        some = drawings[start : start + AT_ONCE]
        prompts = [drawing.prompt for drawing in some]
        if adapter is None:
            pictures += sampler.draw(prompts, GRIDS[0], seed + start)
            continue
        side = GRIDS[0].width
        tokens = torch.cat([adapter.read(cover(drawing.edges, side, side)) for drawing in some])
        with adapter.guiding(sampler.model.transformer, tokens, lambda _call: 1.0):
            pictures += sampler.draw(prompts, GRIDS[0], seed + start)
    return pictures


def _scores(drawings: Sequence[Drawing], images: Sequence[Image.Image]) -> dict[str, float]:
    """Mean edge IoU and boundary F-score by the settings of the operation `geometry_score`."""
    fields = GeometryScore.model_fields
    threshold, sigma, tolerance = (
        fields[name].default for name in ("threshold", "sigma", "tolerance")
    )
    ious, f_scores = [], []
    for drawing, image in zip(drawings, images, strict=True):
        wanted = levels(drawing.edges) > 0.5
        drawn = canny(image, threshold / 2, threshold, sigma)
        ious.append(edge_iou(wanted, drawn, tolerance))
        f_scores.append(boundary_f(wanted, drawn, tolerance)[0])
    placed = np.array([drawing.placement is not None for drawing in drawings])
    return {
        "edge_iou": round(float(np.mean(ious)), 4),
        "edge_iou_usual": round(float(np.mean(np.array(ious)[~placed])), 4),
        "edge_iou_placed": round(float(np.mean(np.array(ious)[placed])), 4),
        "boundary_f": round(float(np.mean(f_scores)), 4),
    }


def _adherence(
    drawings: Sequence[Drawing], images: Sequence[Image.Image], judge: Judge | None
) -> Mapping[str, float]:
    """The share of usual drawings whose named attributes are all right."""
    if judge is None:
        return {}
    rows = [row for row, drawing in enumerate(drawings) if drawing.placement is None]
    score = Score()
    score.add([drawings[row].scene for row in rows], judge.read([images[row] for row in rows]))
    return {"all_right": round(score.shares()[ALL], 4)}


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
