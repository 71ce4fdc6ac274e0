"""Training samples of the judge: drawings of every grid, a little damaged, with their labels.

The network is in `judge`, the loop in `training`.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import torch
from PIL import Image
from torch import nn
from torch.nn import functional

from tools.nano.adherence import Score
from tools.nano.finishing import finish
from tools.nano.judge import ABSENT, Judge, notes, prepare
from tools.nano.parallel import Group
from tools.nano.render import render
from tools.nano.scene import Scene, labels, sample_scene
from tools.nano.training import Outcome, Recipe, Training

# Width and height in pixels, and how often the judge sees such a drawing.
GRIDS = ((128, 128), (256, 256), (192, 128), (128, 192))
SHARES = (0.5, 0.06, 0.22, 0.22)
BATCH = 64
CALM_BATCHES = 30  # that the batch statistics are measured on at the end
FILE = "judge.safetensors"
MAX_NOISE = 0.1  # standard deviation, of pixels in -1..1
MAX_LIGHT = 0.04


class Judging:
    """The task of reading attributes: a judge and the drawings that it sees."""

    def __init__(self, group: Group, judge: Judge, batch: int) -> None:
        self.group, self.batch = group, batch
        self.judge = judge.to(group.device).train()

    def named(self) -> dict[str, nn.Parameter]:
        """All parameters."""
        return dict(self.judge.named_parameters())

    def is_matrix(self, name: str, parameter: nn.Parameter) -> bool:
        """The layers inside, neither what reads pixels nor what gives answers."""
        return bool(parameter.ndim > 1 and not name.startswith(("stem.", "heads.")))

    def learn(self, step: int, done: float) -> Outcome:
        """The loss of this process's drawings of `step`."""
        rng = random.Random(f"judge {step} {self.group.rank}")
        pictures, scenes = sample_batch(rng, self.batch)
        logits = self.judge(damaged(prepare(pictures), rng).to(self.group.device))
        return Outcome(loss_of(self.judge, logits, scenes), "drawings", len(pictures))


def recipe(minutes: float) -> Recipe:
    """The recipe of the judge."""
    return Recipe(
        minutes,
        matrix_rate=0.02,
        other_rate=2e-3,
        warm_up=30,
        decay=0.7,
        clip=20.0,
        save_every=2.0,
    )


def train(group: Group, folder: Path, minutes: float, build: Callable[[], Judge] = Judge) -> None:
    """Train the judge in `folder` for so many minutes in all, those of earlier runs included.

    `build` makes a new one, of any size.
    """
    judge = build()
    training = Training(group, Judging(group, judge, BATCH), recipe(minutes), folder / "training")
    training.resume()
    training.run()
    if group.leads:
        finish(judge, folder / "training", _calm_batches(group), folder / FILE, notes())


def _calm_batches(group: Group) -> Iterator[torch.Tensor]:
    for number in range(CALM_BATCHES):
        rng = random.Random(f"judge at the end {number}")
        yield damaged(prepare(sample_batch(rng, BATCH)[0]), rng).to(group.device)


def sample_batch(rng: random.Random, count: int) -> tuple[list[Image.Image], list[Scene]]:
    """Drawings of random grids, with their scenes."""
    scenes = [sample_scene(rng) for _ in range(count)]
    sizes = rng.choices(GRIDS, SHARES, k=count)
    drawn = [render(scene, *size).image for scene, size in zip(scenes, sizes, strict=True)]
    return drawn, scenes


def loss_of(
    judge: Judge, logits: Mapping[str, torch.Tensor], scenes: Sequence[Scene]
) -> torch.Tensor:
    """Nats a picture: the sum of the cross-entropies of all attributes that it has.

    That is what makes every attribute right at once most likely.
    """
    classes = judge.classes([labels(scene) for scene in scenes])
    losses = [
        functional.cross_entropy(
            logits[name], wanted.to(logits[name].device), ignore_index=ABSENT, reduction="sum"
        )
        for name, wanted in classes.items()
    ]
    return torch.stack(losses).sum() / len(scenes)


def damaged(pictures: torch.Tensor, rng: random.Random) -> torch.Tensor:
    """Noise, blur, light and a shift by some pixels, as a generated picture may have them.

    [batch, 3, height, width] in -1..1; each picture gets noise and light of its own strength.
    """
    source = torch.Generator().manual_seed(rng.randrange(2**31))
    count = len(pictures)
    blurred = functional.avg_pool2d(
        functional.pad(pictures, (1, 1, 1, 1), mode="replicate"), 3, stride=1
    )
    share = torch.rand(count, 1, 1, 1, generator=source)
    share = torch.where(torch.rand(count, 1, 1, 1, generator=source) < 0.5, share, 0.0)
    pictures = pictures.lerp(blurred, share)
    noise = torch.randn(pictures.shape, generator=source)
    strength = torch.rand(count, 1, 1, 1, generator=source).square() * MAX_NOISE
    light = (torch.rand(count, 3, 1, 1, generator=source) * 2 - 1) * MAX_LIGHT
    shift = (rng.randint(-2, 2), rng.randint(-2, 2))
    return (pictures + noise * strength + light).roll(shift, (2, 3)).clamp(-1, 1)


def ceiling(judge: Judge, scenes: Sequence[Scene], width: int, height: int) -> Score:
    """Score of the judge on the drawings themselves: the ceiling of every measurement."""
    score = Score()
    for begin in range(0, len(scenes), BATCH):
        part = scenes[begin : begin + BATCH]
        drawn = [render(scene, width, height).image for scene in part]
        score.add(part, judge.read(drawn))
    return score
