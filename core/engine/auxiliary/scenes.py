"""The classes of the pixels of a scene, by UPerNet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import UperNetForSemanticSegmentation
from transformers.models.segformer.image_processing_pil_segformer import SegformerImageProcessorPil

from core.engine.auxiliary.text_models import load_part, load_weights
from core.engine.canvas.pictures import opaque

if TYPE_CHECKING:
    from PIL.Image import Image


class SceneSegmenter:
    """A loaded network that gives every pixel a class."""

    def __init__(self, processor: Any, model: Any) -> None:
        self._processor = processor
        self._model = model

    @classmethod
    def load(cls, folder: Path, device: str) -> SceneSegmenter:
        """From a folder in the layout of transformers. Raises `ModelBroken`."""
        processor = load_part(SegformerImageProcessorPil, folder)
        return cls(processor, load_weights(UperNetForSemanticSegmentation, folder, device))

    @property
    def labels(self) -> dict[str, int]:
        """The classes by their names, in lower case."""
        return {name.lower(): int(index) for index, name in self._model.config.id2label.items()}

    def classes(self, picture: Image) -> NDArray[np.integer]:
        """The class of each pixel, rows × columns. Transparency becomes white."""
        inputs = self._processor(images=opaque(picture), return_tensors="pt")
        with torch.inference_mode():
            outputs = self._model(inputs["pixel_values"].to(self._model.device, self._model.dtype))
        outputs.logits = outputs.logits.float()
        (classes,) = self._processor.post_process_semantic_segmentation(
            outputs, target_sizes=[(picture.height, picture.width)]
        )
        result: NDArray[np.integer] = classes.cpu().numpy()
        return result
