"""The background remover: a small U-net, and its ONNX file as rembg's custom session loads it.

rembg scales every picture to 320 x 320 pixels, divides by its brightest value, brings it to the
usual means and deviations, and stretches the answer to 0..1 before it scales it back.
"""

import warnings
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.nn import functional

from tools.nano import finishing

SIDE = 320  # pixels, fixed by rembg
MEANS = np.array((0.485, 0.456, 0.406), np.float32)
DEVIATIONS = np.array((0.229, 0.224, 0.225), np.float32)
WIDTHS = (16, 24, 48, 72, 80)  # channels at a half, a quarter, ... of the side
MAX_BYTES = 2_000_000
OPSET = 17


class Cutout(nn.Module):  # type: ignore[misc]  # torch is untyped here
    """[batch, 3, side, side] as `prepare` gives to the logits of the mask, [batch, 1, side, side].

    The side is any multiple of 32: training begins with smaller pictures. The layout network has
    this form too, with more `channels` of answers.
    """

    def __init__(self, widths: tuple[int, ...] = WIDTHS, channels: int = 1) -> None:
        super().__init__()
        self.stem = _convolution(3, widths[0], stride=2)
        self.down = nn.ModuleList(
            nn.Sequential(_convolution(before, after, stride=2), _convolution(after, after))
            for before, after in pairwise(widths)
        )
        last = widths[-1]
        self.middle = nn.Sequential(_convolution(last, last, spread=2), _convolution(last, last))
        self.around = nn.Conv2d(last, last, 1)  # of the mean over the picture: what it shows
        self.up = nn.ModuleList(
            nn.Sequential(_convolution(before + after, after, kernel=1), _convolution(after, after))
            for before, after in zip(widths[:0:-1], widths[-2::-1], strict=True)
        )
        # Four logits a place, two by two: the mask gets the picture's own resolution.
        head = nn.Conv2d(widths[0], 4 * channels, 3, padding=1)
        self.heads = nn.Sequential(head, nn.PixelShuffle(2))

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        levels = [self.stem(pictures)]
        for down in self.down:
            levels.append(down(levels[-1]))
        x = self.middle(levels.pop())
        x = x + self.around(x.mean((2, 3), keepdim=True))
        for up in self.up:
            x = functional.interpolate(x, scale_factor=2.0, mode="bilinear")
            x = up(torch.cat([x, levels.pop()], 1))
        logits: torch.Tensor = self.heads(x)
        return logits


class _Exported(nn.Module):  # type: ignore[misc]
    """Answers the mask itself, 0..1."""

    def __init__(self, cutout: Cutout) -> None:
        super().__init__()
        self.cutout = cutout

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(self.cutout(pictures))


def _convolution(
    before: int, after: int, kernel: int = 3, stride: int = 1, spread: int = 1
) -> nn.Module:
    padding = spread * (kernel // 2)
    return nn.Sequential(
        nn.Conv2d(before, after, kernel, stride, padding, dilation=spread, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(inplace=True),
    )


def prepare(picture: Image.Image, side: int = SIDE) -> torch.Tensor:
    """An RGB picture as [3, side, side], exactly as rembg does it at its own side."""
    if picture.size != (side, side):
        picture = picture.resize((side, side), Image.Resampling.LANCZOS)
    pixels = np.asarray(picture.convert("RGB"), np.float32)
    pixels = pixels / max(float(pixels.max()), 1e-6)
    normal = (pixels - MEANS) / DEVIATIONS
    return torch.from_numpy(normal).permute(2, 0, 1)


def mask_of(cutout: Cutout, picture: Image.Image) -> Image.Image:
    """The L mask of a picture, of its own size, without rembg."""
    with torch.no_grad():
        alpha = torch.sigmoid(cutout(prepare(picture)[None]))[0, 0].numpy()
    mask = Image.fromarray((alpha * 255).round().astype(np.uint8))
    return mask.resize(picture.size, Image.Resampling.LANCZOS)


def load(path: Path) -> Cutout:
    """The net of a finished file, ready to cut."""
    cutout = Cutout()
    finishing.load(cutout, path)
    return cutout


def export(cutout: Cutout, target: Path) -> None:
    """Write the net as ONNX. Needs the package `onnx`; running the file does not."""
    with warnings.catch_warnings():
        # The newer exporter needs one more package and writes the same graph for this net.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            _Exported(cutout).eval(),
            (torch.zeros(1, 3, SIDE, SIDE),),
            target,
            dynamo=False,
            opset_version=OPSET,
            input_names=["picture"],
            output_names=["mask"],
        )
    size = target.stat().st_size
    if size > MAX_BYTES:
        raise ValueError(f"{target.name} has {size} bytes, more than {MAX_BYTES}")
