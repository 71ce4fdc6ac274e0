"""Vectors of reference images, by the vision part of CLIP or SigLIP."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from PIL import Image as images
from transformers import (
    CLIPImageProcessorPil,
    CLIPVisionModelWithProjection,
    SiglipImageProcessorPil,
    SiglipVisionModel,
)

from core.engine.auxiliary.text_models import load_weights
from core.engine.canvas.pictures import opaque
from core.models.library.walk import CONFIG_NAME

if TYPE_CHECKING:
    from PIL.Image import Image

    from core.models.references.kind import ReferenceKind


@dataclass(frozen=True, slots=True)
class ImageVectors:
    """An encoded image, and the counterpart for the negative prompt: (1, 1, width), or of all
    patches (1, 1, tokens, width); of SigLIP (1, tokens, width) and no counterpart."""

    positive: torch.Tensor
    negative: torch.Tensor | None


class ImageEncoder:
    """A loaded image encoder."""

    def __init__(self, model: Any) -> None:
        size = model.config.image_size
        if isinstance(model, SiglipVisionModel):
            self._processor = SiglipImageProcessorPil(size={"height": size, "width": size})
        else:
            self._processor = CLIPImageProcessorPil(size=size, crop_size=size)
        self._model = model

    @classmethod
    def load(cls, folder: Path, device: str) -> ImageEncoder:
        """From a folder of transformers, or one that holds such a folder. Raises `ModelBroken`."""
        config = next(iter(sorted(folder.rglob(CONFIG_NAME))), folder / CONFIG_NAME)
        siglip = "siglip" in config.read_text(encoding="utf-8") if config.is_file() else False
        network = SiglipVisionModel if siglip else CLIPVisionModelWithProjection
        return cls(load_weights(network, config.parent, device))

    def encode(self, image: Image, kind: ReferenceKind) -> ImageVectors:
        """The vectors that adapters of a kind read; their negative is as the kind was trained.

        Transparency becomes white.
        """
        pixels = self._pixels(opaque(image))
        with torch.no_grad():
            if kind.as_tokens:
                return ImageVectors(self._model(pixels).last_hidden_state, None)
            if kind.hidden:
                return ImageVectors(self._states(pixels), self._states(torch.zeros_like(pixels)))
            vector = self._vector(pixels)
            if not kind.black:
                return ImageVectors(vector, torch.zeros_like(vector))
            return ImageVectors(vector, self._vector(self._pixels(images.new("RGB", image.size))))

    def _pixels(self, image: Image) -> torch.Tensor:
        pixels: torch.Tensor = self._processor(image, return_tensors="pt")["pixel_values"]
        return pixels.to(self._model.device, self._model.dtype)

    def _vector(self, pixels: torch.Tensor) -> torch.Tensor:
        vector: torch.Tensor = self._model(pixels).image_embeds[None]
        return vector

    def _states(self, pixels: torch.Tensor) -> torch.Tensor:
        states: torch.Tensor = self._model(pixels, output_hidden_states=True).hidden_states[-2]
        return states[None]
