"""Training of the cutout net: the loss at edges and inside, and the agreement of masks.

Samples come from `cutout_samples`, the loop in `training`.
"""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.nn import functional

from tools.nano.cutout import SIDE, Cutout, prepare
from tools.nano.cutout_samples import sample
from tools.nano.finishing import finish
from tools.nano.parallel import Group
from tools.nano.training import Outcome, Recipe, Training

FIRST_SIDE, FIRST_SHARE = 160, 0.55  # small pictures are enough for the first share of the time
CALM_BATCHES = 16  # that the batch statistics are measured on at the end
FILE = "cutout.safetensors"
BATCH = 8  # pictures of SIDE; smaller ones are more, of the same number of pixels
EDGE_WEIGHT, EDGE_REACH = 3.0, 5  # of places so near an edge, in pixels


class Cutting:
    """The task of cutting out: a net and the pictures that it sees."""

    def __init__(self, group: Group, cutout: Cutout, batch: int) -> None:
        self.group, self._pixels = group, batch * SIDE**2
        self.cutout = cutout.to(group.device).train()

    def named(self) -> dict[str, nn.Parameter]:
        """All parameters."""
        return dict(self.cutout.named_parameters())

    def is_matrix(self, name: str, parameter: nn.Parameter) -> bool:
        """The layers inside, neither what reads pixels nor what gives the mask."""
        return bool(parameter.ndim > 1 and not name.startswith(("stem.", "heads.")))

    def learn(self, step: int, done: float) -> Outcome:
        """The loss of this process's pictures of `step`; they are small at first."""
        side = FIRST_SIDE if done < FIRST_SHARE else SIDE
        rng = random.Random(f"cutout {step} {self.group.rank}")
        pictures, masks = sample_batch(rng, max(1, self._pixels // side**2), side)
        logits = self.cutout(pictures.to(self.group.device))
        loss = mask_loss(logits, masks.to(self.group.device))
        return Outcome(loss, f"{side} pixels", len(pictures))


def recipe(minutes: float) -> Recipe:
    """The recipe of the net."""
    return Recipe(
        minutes,
        other_rate=2e-3,
        warm_up=30,
        decay=0.7,
        clip=4.0,
        average=0.995,
        save_every=2.0,
        print_every=25,
    )


def train(group: Group, folder: Path, minutes: float) -> None:
    """Train the net in `folder` for so many minutes in all, those of earlier runs included."""
    cutout = Cutout()
    training = Training(group, Cutting(group, cutout, BATCH), recipe(minutes), folder / "training")
    training.resume()
    training.run()
    if group.leads:
        finish(cutout, folder / "training", _calm_batches(group), folder / FILE)


def _calm_batches(group: Group) -> Iterator[torch.Tensor]:
    for number in range(CALM_BATCHES):
        rng = random.Random(f"cutout at the end {number}")
        yield sample_batch(rng, BATCH)[0].to(group.device)


def sample_batch(
    rng: random.Random, count: int, side: int = SIDE
) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures [count, 3, side, side] as the net reads them, masks [count, 1, side, side] 0..1."""
    pairs = [sample(rng, side) for _ in range(count)]
    pictures = torch.stack([prepare(image, side) for image, _ in pairs])
    pictures = pictures.contiguous(memory_format=torch.channels_last)
    masks = np.stack([np.asarray(mask, np.float32) for _, mask in pairs]) / 255
    return pictures, torch.from_numpy(masks)[:, None]


def mask_loss(logits: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
    """Cross-entropy, heavier near the edges, and the Dice loss of every picture."""
    loss = functional.binary_cross_entropy_with_logits(logits, masks, reduction="none")
    near = functional.avg_pool2d(masks, 2 * EDGE_REACH + 1, 1, EDGE_REACH, count_include_pad=False)
    weight = 1 + EDGE_WEIGHT * 4 * near * (1 - near)
    alpha = torch.sigmoid(logits)
    both = (alpha * masks).sum((1, 2, 3))
    either = (alpha + masks).sum((1, 2, 3))
    dice = 1 - (2 * both + 1) / (either + 1)
    return (loss * weight).sum() / weight.sum() + dice.mean()


def agreement(masks: Sequence[Image.Image], truths: Sequence[Image.Image]) -> list[float]:
    """Intersection over union, 0..1, of each mask with its truth, both cut at one half."""
    scores = []
    for mask, truth in zip(masks, truths, strict=True):
        predicted, other = np.asarray(mask) > 127, np.asarray(truth) > 127
        scores.append(float((predicted & other).sum() / max(1, (predicted | other).sum())))
    return scores
