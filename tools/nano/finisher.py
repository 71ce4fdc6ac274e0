"""The finisher: a small U-net that makes the model's drawings four times as large, and crisp.

Its ONNX file is what the studio runs: weights in half precision, computed in single precision.
"""

import warnings
from copy import deepcopy
from pathlib import Path
from typing import TypeVar

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils import parametrize

from tools.nano import finishing

Network = TypeVar("Network", bound=nn.Module)
SCALE = 4
COLORS = 3  # that a small pixel proposes
MULTIPLE = 8  # sides of what it reads are multiples of this
MAX_BYTES = 1_500_000
OPSET = 17
SHARPNESS = 4.0  # factor of the logits that choose a color
CUBIC = -0.5  # the coefficient of bicubic interpolation, as in Pillow


class Finisher(nn.Module):  # type: ignore[misc]  # torch is untyped here
    """RGB [batch, 3, height, width] in 0..1 to [batch, 3, SCALE * height, SCALE * width].

    A residual U-net that works at a half, a quarter and an eighth of the sides: it sees far enough
    to straighten an edge. Every small pixel proposes COLORS changes of color, and every large one
    chooses between them and none, so edges are crisp by construction.
    """

    def __init__(self, fine: int = 32, widths: tuple[int, int, int] = (48, 72, 96)) -> None:
        super().__init__()
        a, b, c = widths
        self.enter, self.half_in = _convolution(12, a), _blocks(a, 2)
        self.down, self.quarter_in = _convolution(a, b, 2), _blocks(b, 1)
        self.further, self.eighth = _convolution(b, c, 2), _blocks(c, 1)
        self.up, self.quarter_out = nn.Conv2d(c, 4 * b, 1), _blocks(b, 1)
        self.upper, self.half_out = nn.Conv2d(b, 4 * a, 1), _blocks(a, 2)
        self.top, self.beside = nn.Conv2d(a, 4 * fine, 1), _convolution(3, fine)
        self.fine = _blocks(fine, 2)
        self.choose = _convolution(fine, (COLORS + 1) * SCALE**2)
        self.propose = _convolution(fine, 3 * COLORS)
        nn.init.normal_(self.propose.weight, std=0.02)
        self.register_buffer("smooth", bicubic_kernels(), persistent=False)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        half = self.half_in(self.enter(functional.pixel_unshuffle(pictures, 2)))
        quarter = self.quarter_in(self.down(half))
        eighth = self.eighth(self.further(quarter))
        quarter = self.quarter_out(quarter + functional.pixel_shuffle(self.up(eighth), 2))
        half = self.half_out(half + functional.pixel_shuffle(self.upper(quarter), 2))
        features = self.fine(self.beside(pictures) + functional.pixel_shuffle(self.top(half), 2))
        logits = functional.pixel_shuffle(SHARPNESS * self.choose(features), SCALE)
        shares = logits.softmax(1)
        offers = functional.interpolate(
            self.propose(features), scale_factor=float(SCALE), mode="bilinear"
        )
        result = self.enlarge(pictures)
        for number in range(COLORS):
            offer = offers[:, 3 * number : 3 * number + 3]
            result = result + shares[:, number : number + 1] * offer
        return result

    def enlarge(self, pictures: torch.Tensor) -> torch.Tensor:
        """`pictures` by bicubic interpolation, on which the network adds its changes."""
        padded = functional.pad(pictures, (2, 2, 2, 2), mode="replicate")
        phases = functional.conv2d(padded, self.smooth.repeat(3, 1, 1, 1), groups=3)
        return functional.pixel_shuffle(phases, SCALE)


class _Block(nn.Module):  # type: ignore[misc]
    """Adds two convolutions to what it reads."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.act = _convolution(width, width), nn.PReLU(width)
        self.second = _convolution(width, width)
        nn.init.zeros_(self.second.weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        added: torch.Tensor = x + self.second(self.act(self.first(x)))
        return added


def _blocks(width: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(_Block(width) for _ in range(count)))


def _convolution(before: int, after: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(before, after, 3, stride, 1)


def bicubic_kernels() -> torch.Tensor:
    """Weights [SCALE ** 2, 1, 5, 5] of bicubic interpolation: one kernel a large pixel."""
    rows = []
    for phase in range(SCALE):
        center = (phase + 0.5) / SCALE - 0.5  # of the large pixel, from that of the small one
        weights = torch.tensor([_cubic(place - center) for place in range(-2, 3)])
        rows.append(weights / weights.sum())
    lines = torch.stack(rows)
    kernels = lines[:, None, :, None] * lines[None, :, None, :]
    return kernels.reshape(SCALE**2, 1, 5, 5)


def _cubic(distance: float) -> float:
    x = abs(distance)
    if x < 1:
        return (CUBIC + 2) * x**3 - (CUBIC + 3) * x**2 + 1
    if x < 2:
        return CUBIC * (x**3 - 5 * x**2 + 8 * x - 4)
    return 0.0


def load(path: Path) -> Finisher:
    """The network of a finished file, ready to use."""
    network = Finisher()
    finishing.load(network, path)
    return network


class _Widened(nn.Module):  # type: ignore[misc]
    """Half-precision weights as the single precision that is computed in."""

    def forward(self, weights: torch.Tensor) -> torch.Tensor:
        return weights.float()


def in_half_precision(network: Network) -> Network:
    """A copy whose weights are stored in half precision, and computed in single precision."""
    copied = deepcopy(network)
    for module in list(copied.modules()):
        for name, weights in list(module.named_parameters(recurse=False)):
            weights.data = weights.data.half()
            parametrize.register_parametrization(module, name, _Widened(), unsafe=True)
    return copied


class _Exported(nn.Module):  # type: ignore[misc]
    """Answers the picture in 0..1, from weights in half precision."""

    def __init__(self, network: Finisher) -> None:
        super().__init__()
        self.net = in_half_precision(network)  # its name is part of every name in the file

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        large: torch.Tensor = self.net(picture).clamp(0, 1)
        return large


def export(network: Finisher, target: Path) -> None:
    """Write the network as ONNX: free sides, weights in half precision."""
    sides = {2: "height", 3: "width"}
    with warnings.catch_warnings():
        # The newer exporter needs one more package; of weights in half precision this one warns.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _Exported(network).eval(),
            (torch.zeros(1, 3, 64, 64),),
            target,
            dynamo=False,
            opset_version=OPSET,
            do_constant_folding=False,  # it would store the weights in single precision
            input_names=["picture"],
            output_names=["large"],
            dynamic_axes={"picture": sides, "large": sides},
        )
    if (size := target.stat().st_size) > MAX_BYTES:
        raise ValueError(f"{target.name} has {size} bytes, more than {MAX_BYTES}")
