"""The judge: a small network that reads the attributes of a picture, one head an attribute.

It is trained on drawings and measures whether a generated picture shows what its prompt said.
Holds the network, its preprocessing and its weights.
"""

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

from tools.nano import finishing
from tools.nano.scene import ATTRIBUTES

SIDE = 128  # pixels of the square that the judge looks at
WIDTHS = (32, 64, 128, 192)  # channels at a quarter, an eighth, ... of SIDE
FEATURES = 384
BORDER = (128, 128, 128)  # fills the square beside a picture that is not square
ABSENT = -100  # the class of an attribute that a picture does not have: no loss, no score


class Judge(nn.Module):  # type: ignore[misc]  # torch is untyped here
    """RGB [batch, 3, SIDE, SIDE] in -1..1 to logits [batch, values] by attribute."""

    def __init__(
        self,
        attributes: Mapping[str, Sequence[str]] = ATTRIBUTES,
        widths: Sequence[int] = WIDTHS,
        features: int = FEATURES,
    ) -> None:
        super().__init__()
        self.attributes = {name: tuple(values) for name, values in attributes.items()}
        # Two steps down to a quarter: one alone does not see whether edges are stairs of pixels.
        self.stem = _convolution(3, widths[0] // 2, 4, 2, 1)
        layers = [_convolution(widths[0] // 2, widths[0], 3, 2, 1), _Residual(widths[0])]
        for before, after in pairwise(widths):
            layers += [_convolution(before, after, 3, 2, 1), _Residual(after)]
        self.body = nn.Sequential(*layers, _Residual(widths[-1]))
        cells = (SIDE // 4 // 2 ** (len(widths) - 1)) ** 2
        self.wide = nn.Sequential(
            nn.Flatten(), nn.Linear(widths[-1] * cells, features), nn.BatchNorm1d(features)
        )
        self.heads = nn.ModuleDict(
            {name: nn.Linear(features, len(values)) for name, values in self.attributes.items()}
        )

    def forward(self, pictures: torch.Tensor) -> dict[str, torch.Tensor]:
        features = torch.relu(self.wide(self.body(self.stem(pictures))))
        return {name: head(features) for name, head in self.heads.items()}

    def read(self, pictures: Sequence[Image.Image]) -> list[dict[str, str]]:
        """The likeliest value of every attribute, for each picture; also where it has none."""
        with torch.no_grad():
            logits = self(prepare(pictures))
        best = {name: scores.argmax(1).tolist() for name, scores in logits.items()}
        return [
            {name: self.attributes[name][best[name][index]] for name in best}
            for index in range(len(pictures))
        ]

    def classes(self, shown: Sequence[Mapping[str, str]]) -> dict[str, torch.Tensor]:
        """Expected classes of each head for images with such labels, int64 [batch] each."""
        return {
            name: torch.tensor(
                [values.index(labels[name]) if name in labels else ABSENT for labels in shown]
            )
            for name, values in self.attributes.items()
        }


class _Residual(nn.Module):  # type: ignore[misc]
    """Adds a convolution to what it reads."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.convolution = _convolution(channels, channels, 3, 1, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        added: torch.Tensor = x + self.convolution(x)
        return added


def _convolution(before: int, after: int, kernel: int, stride: int, padding: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(before, after, kernel, stride, padding, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(inplace=True),
    )


def prepare(pictures: Sequence[Image.Image]) -> torch.Tensor:
    """RGB pictures of any size as [batch, 3, SIDE, SIDE] in -1..1."""
    pixels = np.stack([np.asarray(fitted(picture)) for picture in pictures])
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 127.5 - 1


def fitted(picture: Image.Image) -> Image.Image:
    """The whole picture in the middle of a square of SIDE pixels, as large as it can be."""
    if picture.size == (SIDE, SIDE):
        return picture.convert("RGB")
    scale = SIDE / max(picture.size)
    width, height = (max(1, round(side * scale)) for side in picture.size)
    small = picture.convert("RGB").resize((width, height), Image.Resampling.BOX)
    square = Image.new("RGB", (SIDE, SIDE), BORDER)
    square.paste(small, ((SIDE - width) // 2, (SIDE - height) // 2))
    return square


def notes() -> dict[str, str]:
    """Metadata of the weights: the attributes, because a judge of others cannot be used."""
    return {"attributes": json.dumps(ATTRIBUTES)}


def load(path: Path) -> Judge:
    """The judge of a finished file, ready to read."""
    if not path.exists():
        raise FileNotFoundError(f"no judge at {path}; train it first")
    judge = Judge()
    try:
        known = finishing.load(judge, path)
    except RuntimeError as error:
        raise ValueError(f"the judge at {path} knows other attributes; train it anew") from error
    if known != notes():
        raise ValueError(f"the judge at {path} knows other attributes; train it anew")
    return judge
