"""The metric network: a smaller judge that ships with the model, as ONNX.

It reads attributes of the model's own drawings, and its features compare them. Weights are stored
in half precision and computed in single precision; its words are in the metadata of the file.
"""

from __future__ import annotations

import json
import random
import warnings
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.utils import parametrize

from tools.nano import finishing, words
from tools.nano.adherence import held_out
from tools.nano.judge import SIDE, Judge, notes, prepare
from tools.nano.judge_training import ceiling
from tools.nano.parallel import Group
from tools.nano.judge_training import train as train_judge

WIDTHS = (24, 48, 96, 144)
FEATURES = 256
MAX_BYTES = 3_000_000
OPSET = 17
FILE = "reader.onnx"


def build() -> Judge:
    """A new network, of the size that ships."""
    return Judge(widths=WIDTHS, features=FEATURES)


def train(group: Group, folder: Path, minutes: float) -> None:
    """Train the network in `folder` for so many minutes in all."""
    train_judge(group, folder, minutes, build)
