"""The layout network: the parts and the depth of a drawing, by one small U-net, as ONNX.

Weights are stored in half precision and computed in single precision. The names of the parts are in
the metadata of the file, with the class of ADE20K whose colour each takes in a map of segments.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import nn

from core.engine.auxiliary.layout import PARTS, SIDE
from tools.nano import finishing
from tools.nano.cutout import OPSET, Cutout
from tools.nano.drawing.parts import CLASSES
from tools.nano.finisher import in_half_precision

FILE = "layout.onnx"
MAX_BYTES = 2_000_000
ADE20K = {
    "background": 0,  # wall
    "sky": 2,
    "light": 82,
    "ground": 13,  # earth
    "tree": 4,
    "wall": 1,  # building
    "roof": 25,  # house
    "window": 8,
    "door": 14,
    "object": 108,  # toy
    "garment": 92,
    "pattern": 131,  # blanket
    "card": 100,  # poster
    "pip": 149,  # flag
    "figure": 132,  # sculpture
}


class Layout(NamedTuple):
    """Logits of the parts [batch, classes, side, side] and depth 0..1 [batch, 1, side, side]."""

    parts: torch.Tensor
    depth: torch.Tensor


def build() -> Cutout:
    """A new network: the form of the background remover, with a channel a class and one of depth.

    It reads [batch, 3, side, side] in -1..1.
    """
    return Cutout(channels=len(CLASSES) + 1)


def read(network: nn.Module, pictures: torch.Tensor) -> Layout:
    """The layout of pictures [batch, 3, side, side] in 0..1."""
    answers = network(pictures * 2 - 1)
    return Layout(answers[:, :-1], torch.sigmoid(answers[:, -1:]))


def to_pixels(picture: Image.Image) -> torch.Tensor:
    """An RGB picture as [3, height, width] in 0..1."""
    return torch.from_numpy(np.array(picture, np.float32) / 255).permute(2, 0, 1)


class _Exported(nn.Module):  # type: ignore[misc]  # torch is untyped here
    """Answers the probabilities of the parts, and the depth."""

    def __init__(self, network: Cutout) -> None:
        super().__init__()
        self.net = in_half_precision(network)

    def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        layout = read(self.net, pictures)
        return torch.softmax(layout.parts, 1), layout.depth


def load(path: Path) -> Cutout:
    """The network of a finished file, ready for use."""
    network = build()
    finishing.load(network, path)
    return network


def export(network: Cutout, target: Path) -> None:
    """Write the network as ONNX with free sides. Needs the package `onnx`."""
    sides = {2: "height", 3: "width"}
    with warnings.catch_warnings():
        # The newer exporter needs one more package; of weights in half precision this one warns.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _Exported(network).eval(),
            (torch.zeros(1, 3, SIDE, SIDE),),
            target,
            dynamo=False,
            opset_version=OPSET,
            do_constant_folding=False,  # it would store the weights in single precision
            input_names=["pictures"],
            output_names=["parts", "depth"],
            dynamic_axes=dict.fromkeys(("pictures", "parts", "depth"), sides),
        )
    _annotate(target)
    if (size := target.stat().st_size) > MAX_BYTES:
        raise ValueError(f"{target.name} has {size} bytes, more than {MAX_BYTES}")


def _annotate(target: Path) -> None:
    import onnx  # the studio itself does without

    model = onnx.load(target)
    numbers = {name: ADE20K[name] for name in CLASSES}
    onnx.helper.set_model_props(model, {PARTS: json.dumps(numbers)})
    onnx.save(model, target)
