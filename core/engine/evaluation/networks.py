"""Metric networks: vectors of images, and the adherence of images to texts.

CLIP and SigLIP2 compare images with texts, DINOv2 compares images. Each is an auxiliary model of
the catalogue in a folder of transformers.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from PIL.Image import Image

from core.engine.auxiliary.text_models import load_part, load_weights
from core.engine.canvas.pictures import opaque
from core.errors import ModelBroken
from core.training.evaluation.measures import adherence

BATCH = 8
Vectors = NDArray[np.float64]


class SubjectNetwork(Protocol):
    """Compares images by what they show."""

    def vectors(self, images: Sequence[Image]) -> Vectors:
        """The vectors of images, (n, d)."""


class TextNetwork(Protocol):
    """Compares images with texts."""

    def adherence(self, images: Sequence[Image], prompts: Sequence[str]) -> Vectors:
        """The adherence of each image to its own prompt, (n,); NaN for one it cannot judge."""


class TextImageNetwork:
    """CLIP, SigLIP or SigLIP2."""

    def __init__(self, processor: Any, tokenizer: Any, model: Any) -> None:
        self._processor = processor
        self._tokenizer = tokenizer
        self._model = model

    @classmethod
    def load(cls, folder: Path, device: str) -> TextImageNetwork:
        """From a folder. Raises `ModelBroken`."""
        import transformers

        processor, model = _TEXT_IMAGE[_model_type(folder, _TEXT_IMAGE)]
        return cls(
            load_part(getattr(transformers, processor), folder),
            load_part(transformers.AutoTokenizer, folder),
            load_weights(getattr(transformers, model), folder, device),
        )

    def adherence(self, images: Sequence[Image], prompts: Sequence[str]) -> Vectors:
        """See `TextNetwork`: the plain cosine."""
        parts = [np.empty(0)]
        for first in range(0, len(images), BATCH):
            chosen = slice(first, first + BATCH)
            parts.append(adherence(self.vectors(images[chosen]), self._texts(prompts[chosen])))
        return np.concatenate(parts)

    def vectors(self, images: Sequence[Image]) -> Vectors:
        """See `SubjectNetwork`."""
        pixels = self._processor(images=[opaque(image) for image in images], return_tensors="pt")
        return _pooled(self._model, self._model.get_image_features, pixels)

    def _texts(self, prompts: Sequence[str]) -> Vectors:
        length = self._model.config.text_config.max_position_embeddings
        tokens = self._tokenizer(
            list(prompts),
            padding="max_length",
            truncation=True,
            max_length=length,
            return_tensors="pt",
        )
        # SigLIP was trained on padding without a mask.
        names = (
            ("input_ids", "attention_mask")
            if self._model.config.model_type == "clip"
            else ("input_ids",)
        )
        chosen = {name: tokens[name] for name in names if name in tokens}
        return _pooled(self._model, self._model.get_text_features, chosen)


class ImageNetwork:
    """DINOv2."""

    def __init__(self, processor: Any, model: Any) -> None:
        self._processor = processor
        self._model = model

    @classmethod
    def load(cls, folder: Path, device: str) -> ImageNetwork:
        """From a folder. Raises `ModelBroken`."""
        import transformers

        _model_type(folder, ("dinov2",))
        processor = load_part(transformers.BitImageProcessorPil, folder)
        return cls(processor, load_weights(transformers.Dinov2Model, folder, device))

    def vectors(self, images: Sequence[Image]) -> Vectors:
        """See `SubjectNetwork`: the normed class token."""
        parts = []
        for first in range(0, len(images), BATCH):
            chosen = [opaque(image) for image in images[first : first + BATCH]]
            pixels = self._processor(images=chosen, return_tensors="pt")
            parts.append(_pooled(self._model, self._model, pixels))
        return np.concatenate(parts)


_TEXT_IMAGE = {
    "clip": ("CLIPImageProcessorPil", "CLIPModel"),
    "siglip": ("SiglipImageProcessorPil", "SiglipModel"),
    "siglip2": ("Siglip2ImageProcessorPil", "Siglip2Model"),
}


def _model_type(folder: Path, known: Any) -> str:
    """The architecture that a folder names. Raises `ModelBroken` for another one."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        kind = str(config["model_type"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelBroken(f"{folder.name} has no readable config.json.", field="model") from error
    if kind not in known:
        raise ModelBroken(
            f"{folder.name} is {kind!r}, not one of {', '.join(known)}.",
            field="model",
            fix="Remove its folder and pull it again.",
        )
    return kind


def _pooled(model: Any, function: Any, inputs: Any) -> Vectors:
    """The pooled output of a forward pass as vectors."""
    placed = {
        name: value.to(model.device, model.dtype if value.is_floating_point() else value.dtype)
        for name, value in inputs.items()
    }
    with torch.no_grad():
        output = function(**placed)
    pooled = getattr(output, "pooler_output", output)
    vectors: Vectors = pooled.float().cpu().numpy().astype(np.float64)
    return vectors
