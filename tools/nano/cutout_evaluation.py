"""Scores of the cutout net on unseen images of each kind, in numbers and on a sheet."""

import json
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from tools.nano import backdrops
from tools.nano.adherence import HELD_OUT
from tools.nano.cutout import Cutout, mask_of
from tools.nano.cutout_samples import cut, form, pasted
from tools.nano.cutout_training import agreement
from tools.nano.drawing.styles import STYLES
from tools.nano.grids import sheet
from tools.nano.render import render
from tools.nano.scene import Scene, sample_scene

SIDE = 256  # pixels of the pictures
SHOWN = 4  # pictures of each kind on the sheet
GOOD = 0.9  # intersection over union from which a mask is called good
BEHIND: dict[str, backdrops.Draw] = {
    "before noise": backdrops.cloud,
    "before a gradient": backdrops.gradient,
    "before shapes": backdrops.shapes,
    "before a texture": backdrops.weave,
}
KINDS = ("drawings", "outline drawings", *BEHIND, "unknown forms")
PAPER = (255, 0, 255)  # behind what was cut out, on the sheet

Pair = tuple[Image.Image, Image.Image]


def evaluate(cutout: Cutout, target: Path, count: int = 40) -> dict[str, dict[str, float]]:
    """Measure `count` pictures of each kind; `cutout.json` and `cutout.png` go to `target`.

    By kind: the mean intersection over union, and the share of masks that are good, 0..1 each.
    """
    report, cells, texts = {}, [], []
    for kind in KINDS:
        pairs = list(samples(kind, count))
        masks = [mask_of(cutout, image) for image, _ in pairs]
        scores = agreement(masks, [truth for _, truth in pairs])
        report[kind] = {
            "mean": round(float(np.mean(scores)), 3),
            "good": round(float(np.mean(np.array(scores) > GOOD)), 3),
        }
        for (image, _), mask, share in list(zip(pairs, masks, scores, strict=True))[:SHOWN]:
            cells += [image, _on_paper(image, mask)]
            texts += [kind, f"{share:.2f}"]
    target.mkdir(parents=True, exist_ok=True)
    (target / "cutout.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
    small = [cell.resize((SIDE // 2, SIDE // 2), Image.Resampling.BOX) for cell in cells]
    sheet(small, texts, 2 * SHOWN).save(target / "cutout.png")
    return report


def samples(kind: str, count: int) -> Iterator[Pair]:
    """Pictures of a kind with their masks, that training never draws; always the same."""
    rng = random.Random(f"{HELD_OUT} {kind}")
    generator = np.random.default_rng(rng.randrange(2**32))
    for _ in range(count):
        if kind == "drawings":
            yield _drawing(rng, outline=False)
        elif kind == "outline drawings":
            yield _drawing(rng, outline=True)
        elif kind == "unknown forms":
            truth = form(generator, SIDE)
            front = Image.fromarray((backdrops.backdrop(generator, SIDE) * 255).astype(np.uint8))
            behind = backdrops.backdrop(generator, SIDE)
            yield pasted(front, truth, behind, generator), truth
        else:
            front, truth = cut(_scene(rng, outline=False), rng, SIDE)
            yield pasted(front, truth, BEHIND[kind](generator, SIDE), generator), truth


def _drawing(rng: random.Random, outline: bool) -> Pair:
    picture = render(_scene(rng, outline), SIDE, SIDE)
    return picture.image, picture.mask


def _scene(rng: random.Random, outline: bool) -> Scene:
    while True:
        scene = sample_scene(rng)
        if STYLES[scene.style].colored != outline:
            return scene


def _on_paper(image: Image.Image, mask: Image.Image) -> Image.Image:
    paper = Image.new("RGB", image.size, PAPER)
    paper.paste(image, (0, 0), mask)
    return paper
