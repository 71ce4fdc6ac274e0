"""Training of the layout network. Samples come from `layout_samples`, the loop is `training`."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from core.engine.auxiliary.layout import SIDE
from tools.nano.cutout import Cutout
from tools.nano.drawing.parts import CLASSES
from tools.nano.finishing import finish
from tools.nano.layout import Layout, build, read, to_pixels
from tools.nano.layout_samples import sample
from tools.nano.parallel import Group
from tools.nano.training import Outcome, Recipe, Training

FIRST_SIDE, FIRST_SHARE = 128, 0.6  # small pictures are enough for the first share of the time
CALM_BATCHES = 16  # that the batch statistics are measured on at the end
FILE = "layout.safetensors"
BATCH = 4  # pictures of SIDE; smaller ones are more, of the same number of pixels
SMALL = ("light", "window", "door", "pip", "figure", "roof", "tree")
SMALL_WEIGHT = 2.0  # of their pixels
DEPTH_WEIGHT = 4.0  # of the mean error of depth, beside the cross-entropy of the parts


class Batch(NamedTuple):
    """Pictures [batch, 3, side, side] 0..1, classes [batch, side, side], depth as the pictures."""

    pictures: torch.Tensor
    parts: torch.Tensor
    depth: torch.Tensor


class Reading:
    """The task: a network and the drawings that it sees."""

    def __init__(self, group: Group, network: Cutout, batch: int) -> None:
        self.group, self._pixels = group, batch * SIDE**2
        self.network = network.to(group.device).train()
        weights = [SMALL_WEIGHT if name in SMALL else 1.0 for name in CLASSES]
        self._weights = torch.tensor(weights, device=group.device)

    def named(self) -> dict[str, nn.Parameter]:
        """All parameters."""
        return dict(self.network.named_parameters())

    def is_matrix(self, name: str, parameter: nn.Parameter) -> bool:
        """The layers inside, neither what reads pixels nor what gives the answers."""
        return bool(parameter.ndim > 1 and not name.startswith(("stem.", "heads.")))

    def learn(self, step: int, done: float) -> Outcome:
        """The loss of this process's pictures of `step`; they are small at first."""
        side = FIRST_SIDE if done < FIRST_SHARE else SIDE
        rng = random.Random(f"layout {step} {self.group.rank}")
        batch = sample_batch(rng, max(1, self._pixels // side**2), side)
        moved = Batch(*(tensor.to(self.group.device) for tensor in batch))
        loss = layout_loss(read(self.network, moved.pictures), moved, self._weights)
        return Outcome(loss, f"{side} pixels", len(batch.pictures))


def recipe(minutes: float) -> Recipe:
    """The recipe of the network."""
    return Recipe(
        minutes,
        other_rate=2e-3,
        warm_up=30,
        decay=0.7,
        clip=4.0,
        average=0.99,
        save_every=2.0,
        print_every=25,
    )


def train(group: Group, folder: Path, minutes: float) -> None:
    """Train the network in `folder` for so many minutes in all, those of earlier runs included."""
    network = build()
    training = Training(group, Reading(group, network, BATCH), recipe(minutes), folder / "training")
    training.resume()
    training.run()
    if group.leads:
        finish(network, folder / "training", _calm_batches(group), folder / FILE)


def _calm_batches(group: Group) -> Iterator[torch.Tensor]:
    for number in range(CALM_BATCHES):
        rng = random.Random(f"layout at the end {number}")
        yield sample_batch(rng, BATCH, SIDE).pictures.to(group.device) * 2 - 1


def sample_batch(rng: random.Random, count: int, side: int) -> Batch:
    """`count` drawings with their truth."""
    drawings = [sample(rng, side) for _ in range(count)]
    pictures = torch.stack([to_pixels(drawing.image) for drawing in drawings])
    parts = np.stack([np.asarray(drawing.parts, np.int64) for drawing in drawings])
    depth = np.stack([np.asarray(drawing.depth, np.float32) for drawing in drawings])[:, None]
    return Batch(
        pictures.contiguous(memory_format=torch.channels_last),
        torch.from_numpy(parts),
        torch.from_numpy(depth / 255),
    )


def layout_loss(layout: Layout, batch: Batch, weights: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of the parts by class `weights`, and the mean error of the depth."""
    parts = functional.cross_entropy(layout.parts, batch.parts, weights)
    return parts + DEPTH_WEIGHT * functional.l1_loss(layout.depth, batch.depth)
