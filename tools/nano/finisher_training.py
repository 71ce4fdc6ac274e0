"""Training of the finisher: crops of the pairs, their degradation, and the loss."""

import random
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from tools.nano import finisher, finishing
from tools.nano.finisher import SCALE, Finisher
from tools.nano.parallel import Group
from tools.nano.training import Outcome, Recipe, Training

FILE = "finisher.safetensors"
BATCH = 8  # crops
CROP = 48  # pixels of a crop, before it is enlarged
STEP = 4  # crops begin at multiples of it: the network may learn the grid of the pixel style
GENERIC, MASKS, DEGRADED = 0.3, 0.15, 0.3  # shares of the crops; the latter two of the drawings
DRAWN = 12  # levels of deviation from which on a crop counts as one with a drawing in it
EDGE_WEIGHT, EDGE_REACH = 2.0, 4  # of places so near an edge, in pixels
SLOPES, EVENNESS = 0.5, 3.0  # weights of the gradients' error, and more of it in flat places
FAINT = 0.2  # deviation of a crop's levels; the error of fainter ones counts more

Pixels = NDArray[np.uint8]


class Sharpening:
    """The task of finishing: a network and the crops that it sees."""

    def __init__(self, group: Group, network: Finisher, crops: "Crops", batch: int = BATCH) -> None:
        self.group, self.crops, self._batch = group, crops, batch
        self.network = network.to(group.device).train()

    def named(self) -> dict[str, nn.Parameter]:
        """All parameters."""
        return dict(self.network.named_parameters())

    def is_matrix(self, name: str, parameter: nn.Parameter) -> bool:
        """The convolutions inside, neither what reads pixels nor what gives them."""
        return bool(parameter.ndim == 4 and min(parameter.shape[:2]) >= 32)

    def learn(self, step: int, done: float) -> Outcome:
        """The loss of this process's crops of `step`."""
        rng = random.Random(f"finisher {step} {self.group.rank}")
        given, wanted = (part.to(self.group.device) for part in self.crops.batch(rng, self._batch))
        with self.group.autocast():
            result = self.network(given.contiguous(memory_format=torch.channels_last)).float()
        return Outcome(loss(result, wanted), "crops", self._batch)


class Crops:
    """Crops of all pools of a folder, with the model's faults imitated where a pair has none."""

    def __init__(self, folder: Path) -> None:
        self._drawings: list[tuple[Pixels, Pixels]] = []
        self._generic: list[tuple[Pixels, Pixels]] = []
        for path in sorted(folder.glob("*_lo.npy")):
            pools = self._generic if path.name.startswith("generic") else self._drawings
            high = path.with_name(path.name.replace("_lo", "_hi"))
            pools.append((np.load(path, "r"), np.load(high, "r")))
        if not self._drawings:
            raise FileNotFoundError(f"no pairs in {folder}; draw them first")

    def batch(self, rng: random.Random, size: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Crops in 0..1, float32 [size, 3, CROP, CROP], and the same SCALE times as large."""
        pairs = [self._pair(rng) for _ in range(size)]
        low, high = zip(*pairs, strict=True)
        return torch.stack(low), torch.stack(high)

    def _pair(self, rng: random.Random) -> tuple[torch.Tensor, torch.Tensor]:
        generic = bool(self._generic) and rng.random() < GENERIC
        pools = self._generic if generic else self._drawings
        low, high = rng.choices(pools, [len(pool[0]) for pool in pools])[0]
        index = rng.randrange(len(low))
        y, x = _place(rng, low[index])
        given = _tensor(low[index, y : y + CROP, x : x + CROP])
        top, left, side = SCALE * y, SCALE * x, SCALE * CROP
        wanted = _tensor(high[index, top : top + side, left : left + side])
        if not generic:
            dice = rng.random()
            if dice < MASKS:
                wanted = _mask(wanted, _tensor(high[index, :1, :1]), rng)
            if dice < MASKS or rng.random() < DEGRADED:
                given = degraded(wanted, rng)
        return _turned(given, wanted, rng)


def train(group: Group, folder: Path, minutes: float, start: Path | None = None) -> None:
    """Train the network in `folder` for so many minutes in all, those of earlier runs included.

    `start` is a finished file to begin with.
    """
    network = Finisher() if start is None else finisher.load(start)
    task = Sharpening(group, network, Crops(folder / "pools"))
    training = Training(group, task, recipe(minutes), folder / "training")
    training.resume()
    training.run()
    if group.leads:
        finishing.finish(network, folder / "training", (), folder / FILE)


def recipe(minutes: float) -> Recipe:
    """The recipe of the network."""
    return Recipe(
        minutes,
        other_rate=1e-3,
        matrix_decay=0.0,
        warm_up=50,
        decay=0.7,
        clip=1.0,
        average=0.995,
        save_every=2.0,
        print_every=50,
    )


def loss(result: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Absolute error, heavier near edges, and the error of gradients, heavier in flat places."""
    error = result - wanted
    across = functional.pad(wanted.diff(dim=3).abs().sum(1, True), (0, 1))
    slope = across + functional.pad(wanted.diff(dim=2).abs().sum(1, True), (0, 0, 0, 1))
    near = (2 * functional.max_pool2d(slope, 2 * EDGE_REACH + 1, 1, EDGE_REACH)).clamp(0, 1)
    contrast = wanted.std((1, 2, 3), keepdim=True)
    weight = (FAINT / (contrast + 0.05)).clamp(0.5, 2)
    flat = 1 + EVENNESS * (1 - near)
    change = (error.diff(dim=3).abs() * (weight * flat)[..., 1:]).mean()
    change = change + (error.diff(dim=2).abs() * (weight * flat)[..., 1:, :]).mean()
    return (error.abs() * weight * (1 + EDGE_WEIGHT * near)).mean() + SLOPES * change


def degraded(picture: torch.Tensor, rng: random.Random) -> torch.Tensor:
    """The picture made small, with edges that wander by up to a pixel, soft and uneven."""
    numbers = np.random.default_rng(rng.getrandbits(62))
    side, cells = picture.shape[-1], rng.choice((4, 6, 10))
    drift = torch.from_numpy(numbers.standard_normal((1, 2, cells, cells))).float()
    drift = drift * rng.choice((0, 0.2, 0.35, 0.5)) * SCALE * 2 / side
    drift = functional.interpolate(drift, (side, side), mode="bicubic")[0].permute(1, 2, 0)
    line = (torch.arange(side) + 0.5) * 2 / side - 1
    grid = torch.stack(torch.meshgrid(line, line, indexing="xy"), -1) + drift
    warped = functional.grid_sample(
        picture[None], grid[None], padding_mode="border", align_corners=False
    )
    low = functional.avg_pool2d(warped, SCALE)
    if spread := rng.choice((0.0, 0.3, 0.5, 0.7)):
        taps = torch.exp(-(torch.arange(-2, 3).float() ** 2) / (2 * spread**2))
        kernel = (taps[:, None] * taps / taps.sum() ** 2).expand(3, 1, 5, 5)
        low = functional.conv2d(functional.pad(low, (2, 2, 2, 2), "replicate"), kernel, groups=3)
    noise = torch.from_numpy(numbers.standard_normal(low.shape)).float()
    return (low + noise * rng.choice((0, 0.004, 0.01))).clamp(0, 1)[0]


def _place(rng: random.Random, picture: Pixels) -> tuple[int, int]:
    """The top and left of a crop, rather where something is drawn."""
    y, x = 0, 0
    for _ in range(3):
        y, x = (rng.randrange(0, (picture.shape[0] - CROP) // STEP + 1) * STEP for _ in range(2))
        if picture[y : y + CROP, x : x + CROP].std((0, 1)).max() > DRAWN:
            break
    return y, x


def _mask(picture: torch.Tensor, ground: torch.Tensor, rng: random.Random) -> torch.Tensor:
    """A grey mask of what differs from the ground, for the transparency of cut-out drawings."""
    distance = (picture - ground).abs().amax(0, keepdim=True)
    return (distance * rng.choice((3, 8))).clamp(0, 1).expand(3, -1, -1).contiguous()


def _turned(
    given: torch.Tensor, wanted: torch.Tensor, rng: random.Random
) -> tuple[torch.Tensor, torch.Tensor]:
    """Both mirrored, turned, with other colors or negative, in the same way."""
    axes = [axis for axis in (1, 2) if rng.random() < 0.5]
    transposed, negative = rng.random() < 0.5, rng.random() < 0.15
    order = rng.sample(range(3), 3) if rng.random() < 0.5 else [0, 1, 2]

    def turn(picture: torch.Tensor) -> torch.Tensor:
        picture = picture[order].flip(axes)
        picture = picture.transpose(1, 2) if transposed else picture
        return (1 - picture if negative else picture).contiguous()

    return turn(given), turn(wanted)


def _tensor(pixels: Pixels) -> torch.Tensor:
    return torch.from_numpy(np.array(pixels)).permute(2, 0, 1).float() / 255
