"""Scores of the finisher on unseen pairs, in numbers and on a sheet, beside Lanczos resampling."""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from tools.nano.adherence import HELD_OUT
from tools.nano.finisher import Finisher
from tools.nano.finisher_pairs import HIGH, LOW, draw_pairs
from tools.nano.grids import sheet
from tools.nano.sampling import Sampler

KINDS = ("redrawn", "decoded", "generic")
SHOWN = 3  # pairs of each kind on the sheet
FLAT = 8  # pixels around a place without an edge
EDGE = 6.0  # levels a pixel

Levels = NDArray[np.float32]


@dataclass(frozen=True)
class Scores:
    """Means over pictures against the drawing: PSNR in dB, error and unevenness in levels.

    `sharpness` is that of edges as a share of the drawing's.
    """

    psnr: float
    error: float
    sharpness: float
    unevenness: float


def evaluate(
    sampler: Sampler, network: Finisher, target: Path, count: int = 32
) -> dict[str, dict[str, dict[str, float]]]:
    """Measure `count` pairs of each kind; `finisher.json` and `finisher.png` go to `target`."""
    report, cells, texts = {}, [], []
    for kind in KINDS:
        rng = random.Random(f"{HELD_OUT} finisher {kind}")
        pairs = [pair for _ in range(count // 8) for pair in draw_pairs(sampler, kind, 8, rng)]
        ways = {
            "lanczos": [low.resize((HIGH, HIGH), Image.Resampling.LANCZOS) for low, _ in pairs],
            "finisher": [enlarged(network, low) for low, _ in pairs],
        }
        drawings = [high for _, high in pairs]
        report[kind] = {name: vars(measure(pictures, drawings)) for name, pictures in ways.items()}
        for index in range(SHOWN):
            shown = [*(pictures[index] for pictures in ways.values()), drawings[index]]
            cells += [picture.resize((2 * LOW, 2 * LOW), Image.Resampling.BOX) for picture in shown]
            texts += [f"{kind} {name}" for name in (*ways, "drawing")]
    target.mkdir(parents=True, exist_ok=True)
    (target / "finisher.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
    sheet(cells, texts, 3).save(target / "finisher.png")
    return report


def enlarged(network: Finisher, picture: Image.Image) -> Image.Image:
    """The RGB image by the network, without the studio."""
    pixels = torch.tensor(np.asarray(picture)).permute(2, 0, 1)[None].float() / 255
    with torch.no_grad():
        large = network(pixels)[0].clamp(0, 1).permute(1, 2, 0).numpy()
    return Image.fromarray((large * 255).round().astype(np.uint8))


def measure(pictures: Sequence[Image.Image], drawings: Sequence[Image.Image]) -> Scores:
    """The scores of pictures against the drawings that they should be."""
    scores = [
        _measured(np.asarray(picture, np.float32), np.asarray(drawing, np.float32))
        for picture, drawing in zip(pictures, drawings, strict=True)
    ]
    return Scores(*(round(float(np.mean(values)), 3) for values in zip(*scores, strict=True)))


def table(report: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    """The report as lines, one a kind and way."""
    return "\n".join(
        f"{kind} {way}: " + ", ".join(f"{name} {value:g}" for name, value in scores.items())
        for kind, ways in report.items()
        for way, scores in ways.items()
    )


def _measured(picture: Levels, drawing: Levels) -> tuple[float, float, float, float]:
    error = picture - drawing
    psnr = 10 * np.log10(255**2 / max(float((error**2).mean()), 1e-6))
    flat = _far_from_edges(_slopes(drawing))
    unevenness = float(_slopes(picture)[flat].mean()) if flat.any() else 0.0
    sharpness = _sharpness(picture) / max(_sharpness(drawing), 1e-6)
    return float(psnr), float(np.abs(error).mean()), sharpness, unevenness


def _slopes(levels: Levels) -> Levels:
    """The difference to the pixel on the right and below, of the strongest channel."""
    across = np.abs(np.diff(levels, axis=1, append=levels[:, -1:])).max(2)
    down = np.abs(np.diff(levels, axis=0, append=levels[-1:])).max(2)
    steepest: Levels = np.maximum(across, down)
    return steepest


def _sharpness(levels: Levels) -> float:
    """The mean slope, weighted by itself: large where edges are few pixels wide."""
    slopes = _slopes(levels)
    return float((slopes**2).sum() / max(float(slopes.sum()), 1e-6))


def _far_from_edges(slopes: Levels) -> NDArray[np.bool_]:
    edges = Image.fromarray((slopes > EDGE).astype(np.uint8) * 255)
    near = np.asarray(
        edges.resize((edges.width // FLAT, edges.height // FLAT), Image.Resampling.BOX)
    )
    wide = np.pad(near > 0, 1, mode="edge")
    around = np.lib.stride_tricks.sliding_window_view(wide, (3, 3)).any((2, 3))
    return ~around.repeat(FLAT, 0).repeat(FLAT, 1)
