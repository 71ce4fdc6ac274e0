"""The metric network: a smaller judge that ships with the model, as ONNX.

It reads attributes of the model's own drawings, and its features compare them. Weights are stored
in half precision and computed in single precision; the wordings of its attributes are in the
metadata of the file.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path

import torch
from torch import nn

from core.training.evaluation.wordings import KEY, Wording
from tools.nano import finishing, words
from tools.nano.adherence import Score, held_out
from tools.nano.finisher import in_half_precision
from tools.nano.judge import SIDE, Judge, notes
from tools.nano.judge_training import FILE as WEIGHTS
from tools.nano.judge_training import ceiling
from tools.nano.judge_training import train as train_judge
from tools.nano.parallel import Group
from tools.nano.scene import ATTRIBUTES

WIDTHS = (24, 48, 96, 144)
FEATURES = 256
MAX_BYTES = 3_000_000
OPSET = 17
FILE = "reader.onnx"
BEHIND = ("background", "backdrop", "wall")


def build() -> Judge:
    """A new network, of the size that ships."""
    return Judge(widths=WIDTHS, features=FEATURES)


def train(group: Group, folder: Path, minutes: float) -> None:
    """Train the network in `folder` for so many minutes in all."""
    train_judge(group, folder, minutes, build)


def load(folder: Path) -> Judge:
    """The finished network of a run. Raises `FileNotFoundError` or `ValueError`."""
    network = build()
    if finishing.load(network, folder / WEIGHTS) != notes():
        raise ValueError(f"the network in {folder} has other attributes; train it anew")
    return network


def measure(network: Judge, count: int) -> Score:
    """The score on unseen drawings of the program."""
    return ceiling(network, held_out(count, "reader"), SIDE, SIDE)


class _Exported(nn.Module):  # type: ignore[misc]  # torch is untyped here
    """[batch, 3, SIDE, SIDE] in -1..1 to features and the logits of all attributes, in order."""

    def __init__(self, network: Judge) -> None:
        super().__init__()
        self.net = in_half_precision(network)

    def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        features = torch.relu(self.net.wide(self.net.body(self.net.stem(pictures))))
        return features, torch.cat([head(features) for head in self.net.heads.values()], 1)


def export(network: Judge, target: Path) -> None:
    """Write the network as ONNX, with its attributes and their wordings as metadata."""
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
            output_names=["features", "logits"],
            dynamic_axes={name: {0: "batch"} for name in ("pictures", "features", "logits")},
        )
    _annotate(target, network)
    if (size := target.stat().st_size) > MAX_BYTES:
        raise ValueError(f"{target.name} has {size} bytes, more than {MAX_BYTES}")


def _annotate(target: Path, network: Judge) -> None:
    import onnx  # the studio itself does without

    model = onnx.load(target)
    facts = {
        "attributes": network.attributes,
        "wordings": [list(wording) for wording in wordings()],
    }
    onnx.helper.set_model_props(model, {KEY: json.dumps(facts)})
    onnx.save(model, target)


def wordings() -> list[Wording]:
    """Attribute, value and phrase of all that captions say, without filler words."""
    tables = {
        "subject": words.SUBJECTS,
        "color": words.COLOR_WORDS,
        "position": words.POSITION_WORDS,
        "size": words.SIZE_WORDS,
        "sky": words.SKY_WORDS,
        "ground": words.GROUND_WORDS,
        "pattern": words.PATTERN_WORDS,
        "style": {style: _fillers(forms) for style, forms in words.STYLE_WORDS.items()},
    }
    plain = [
        Wording(attribute, value, phrase)
        for attribute, table in tables.items()
        for value, phrases in table.items()
        for phrase in dict.fromkeys(phrases)
    ]
    tails = [Wording("pattern", value, phrase) for value, phrase in words.PATTERN_TAILS.items()]
    return [*plain, *tails, *_several(), *_colored_parts(), *_windows(), *_cards()]


def _fillers(forms: Iterable[str]) -> tuple[str, ...]:
    """The words of a style around its subject."""
    return tuple(form.replace("{}", "").replace("{bare}", "").strip(" ,") for form in forms)


def _several() -> Iterator[Wording]:
    for value, phrases in words.SUBJECTS.items():
        for phrase in dict.fromkeys(phrases):
            if (several := words.plural(phrase)) != phrase:
                yield Wording("subject", value, several)
    for number, word in words.NUMBERS.items():
        if number > 1:
            yield Wording("count", str(number), word)
            yield Wording("count", str(number), str(number))


def _colored_parts() -> Iterator[Wording]:
    for value, phrases in words.COLOR_WORDS.items():
        for phrase in dict.fromkeys(phrases):
            yield Wording("roof", value, f"{phrase} roof")
            for behind in BEHIND:
                yield Wording("background", value, f"{phrase} {behind}")
    for behind in BEHIND:
        yield Wording("background", "plain", f"plain {behind}")


def _windows() -> Iterator[Wording]:
    for number, word in words.NUMBERS.items():
        for text, unit in product((word, str(number)), ("window", "windows", "floor", "floors")):
            yield Wording("windows", str(number), f"{text} {unit}")


def _cards() -> Iterator[Wording]:
    for rank, suit in product(ATTRIBUTES["rank"], ATTRIBUTES["suit"]):
        values = {"subject": "card", "rank": rank, "suit": suit}
        for text in dict.fromkeys((rank, words.RANK_WORDS.get(rank, rank))):
            for attribute, value in values.items():
                yield Wording(attribute, value, f"{text} of {suit}")
