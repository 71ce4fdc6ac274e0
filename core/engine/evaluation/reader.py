"""The metric network of a model that draws from a vocabulary: it reads attributes from drawings.

An ONNX file beside the model. It judges drawings of that model only.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.engine.auxiliary import onnx_files
from core.engine.canvas.pictures import opaque
from core.training.evaluation.wordings import KEY, Wording, named_attributes

BATCH = 16
BORDER = (128, 128, 128)
Vectors = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Reader:
    """The network with its attributes, the values of each in the order of the logits."""

    session: Any
    side: int
    attributes: Mapping[str, tuple[str, ...]]
    wordings: tuple[Wording, ...]

    @classmethod
    def load(cls, path: Path, device: str) -> Reader:
        """From a file. Raises `ModelBroken` for one without attributes."""
        onnx_files.check(path)
        try:
            session = onnx_files.runtime().InferenceSession(
                path, onnx_files.session_options(), providers=onnx_files.providers(device)
            )
            facts = json.loads(session.get_modelmeta().custom_metadata_map[KEY])
            attributes = {name: tuple(values) for name, values in facts["attributes"].items()}
            wordings = tuple(Wording(*entry) for entry in facts["wordings"])
            side = int(session.get_inputs()[0].shape[-1])
        except Exception as error:
            # The runtime raises many types of errors for broken files; all mean the same here.
            raise onnx_files.broken(path, str(error).splitlines()[0][:200]) from error
        return cls(session, side, attributes, wordings)

    def vectors(self, images: Sequence[Image.Image]) -> Vectors:
        """See `SubjectNetwork`: the features before the attributes are read."""
        return self._run(images)[0]

    def adherence(self, images: Sequence[Image.Image], prompts: Sequence[str]) -> Vectors:
        """See `TextNetwork`: the mean probability of the values that the prompt names.

        NaN where it names none, such as that of a word that the network was not trained on.
        """
        _, logits = self._run(images)
        return np.array(
            [
                self._mean_probability(row, prompt)
                for row, prompt in zip(logits, prompts, strict=True)
            ]
        )

    def read(self, images: Sequence[Image.Image]) -> list[dict[str, str]]:
        """The likeliest value of every attribute, for each image; also where it has none."""
        return [
            {name: self.attributes[name][int(p.argmax())] for name, p in self._shares(row).items()}
            for row in self._run(images)[1]
        ]

    def _mean_probability(self, logits: Vectors, prompt: str) -> float:
        named = named_attributes(prompt, self.wordings, self.attributes)
        shares = self._shares(logits)
        values = [shares[name][self.attributes[name].index(value)] for name, value in named.items()]
        return float(np.mean(values)) if values else math.nan

    def _shares(self, logits: Vectors) -> dict[str, Vectors]:
        """The probabilities of the values of every attribute."""
        shares, first = {}, 0
        for name, values in self.attributes.items():
            part = logits[first : first + len(values)]
            exponents = np.exp(part - part.max())
            shares[name] = exponents / exponents.sum()
            first += len(values)
        return shares

    def _run(self, images: Sequence[Image.Image]) -> tuple[Vectors, Vectors]:
        """Features and logits of images, (n, d) and (n, values)."""
        features, logits = [], []
        for first in range(0, len(images), BATCH):
            levels = [np.asarray(self._fitted(image)) for image in images[first : first + BATCH]]
            pixels = np.stack(levels).transpose(0, 3, 1, 2).astype(np.float32) / 127.5 - 1
            answers = self.session.run(["features", "logits"], {"pictures": pixels})
            features.append(answers[0].astype(np.float64))
            logits.append(answers[1].astype(np.float64))
        return np.concatenate(features), np.concatenate(logits)

    def _fitted(self, image: Image.Image) -> Image.Image:
        """The whole image in the middle of a square, as large as it can be."""
        image, side = opaque(image), self.side
        if image.size == (side, side):
            return image
        scale = side / max(image.size)
        width, height = (max(1, round(length * scale)) for length in image.size)
        square = Image.new("RGB", (side, side), BORDER)
        small = image.resize((width, height), Image.Resampling.BOX)
        square.paste(small, ((side - width) // 2, (side - height) // 2))
        return square
