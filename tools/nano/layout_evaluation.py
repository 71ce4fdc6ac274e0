"""Scores of the exported layout network on unseen drawings, as the studio uses it."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.engine.auxiliary.layout import LayoutNetwork
from core.pictures.control.grey import levels
from core.pictures.control.score import depth_correlation
from core.pictures.control.segments import PALETTE
from tools.nano.adherence import HELD_OUT
from tools.nano.drawing.parts import CLASSES
from tools.nano.grids import sheet
from tools.nano.layout import ADE20K
from tools.nano.render import Picture, render
from tools.nano.scene import sample_scene

SIDE = 256  # pixels of the drawings
SHOWN = 24  # drawings on the sheet
COLUMNS = 10


def evaluate(file: Path, target: Path, count: int = 60) -> dict[str, float | dict[str, float]]:
    """Measure `count` drawings; `layout.json` and `layout.png` go to `target`.

    For each part its intersection over union over all drawings; the share of right pixels, and the
    mean correlation of the depth with the truth in a drawing.
    """
    network = LayoutNetwork.load(file, "cpu")
    both, either = np.zeros(len(CLASSES)), np.zeros(len(CLASSES))
    right, depths, cells = [], [], []
    for number, drawing in enumerate(unseen(count)):
        predicted, truth = parts_of(network, drawing.image), np.asarray(drawing.parts)
        for index in range(len(CLASSES)):
            both[index] += ((predicted == index) & (truth == index)).sum()
            either[index] += ((predicted == index) | (truth == index)).sum()
        depth = network.depth(drawing.image).convert("L")
        right.append(float((predicted == truth).mean()))
        depths.append(depth_correlation(levels(drawing.depth), levels(depth)) or 0.0)
        if number < SHOWN:
            cells += [drawing.image, _map(truth), _map(predicted), drawing.depth.convert("RGB")]
            cells.append(depth.convert("RGB"))
    shares = {name: round(float(both[i] / max(1, either[i])), 3) for i, name in enumerate(CLASSES)}
    report: dict[str, float | dict[str, float]] = {
        "pixels": round(float(np.mean(right)), 3),
        "mean_iou": round(float(np.mean([*shares.values()])), 3),
        "depth_correlation": round(float(np.mean(depths)), 3),
        "iou": shares,
    }
    target.mkdir(parents=True, exist_ok=True)
    (target / "layout.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
    small = [cell.resize((SIDE // 2, SIDE // 2), Image.Resampling.BOX) for cell in cells]
    sheet(small, [""] * len(small), COLUMNS).save(target / "layout.png")
    return report


def unseen(count: int) -> list[Picture]:
    """Drawings that training never makes; always the same."""
    rng = random.Random(f"{HELD_OUT} layout")
    return [render(sample_scene(rng), SIDE, SIDE) for _ in range(count)]


def parts_of(network: LayoutNetwork, picture: Image.Image) -> NDArray[np.integer]:
    """The index in `CLASSES` of each pixel."""
    numbers = np.zeros(len(PALETTE), np.int64)
    for index, name in enumerate(CLASSES):
        numbers[network.labels[name]] = index
    predicted: NDArray[np.integer] = numbers[network.classes(picture)]
    return predicted


def _map(parts: NDArray[np.integer]) -> Image.Image:
    colours = np.array([PALETTE[ADE20K[name]] for name in CLASSES])
    return Image.fromarray(colours[parts])
