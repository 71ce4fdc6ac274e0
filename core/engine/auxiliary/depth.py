"""Depth maps of images, by Depth Anything V2."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from transformers import DepthAnythingForDepthEstimation
from transformers.models.dpt.image_processing_pil_dpt import DPTImageProcessorPil

from core.engine.auxiliary.text_models import load_part, load_weights
from core.engine.canvas.pictures import opaque
from core.pictures.control.grey import to_image

if TYPE_CHECKING:
    from PIL.Image import Image

FLAT = 1e-6  # range of a depth map without relief
METRIC = "metric"  # models that estimate distances; the others estimate inverse depth


class DepthEstimator:
    """A loaded network that estimates depth."""

    def __init__(self, processor: Any, model: Any) -> None:
        self._processor = processor
        self._model = model

    @classmethod
    def load(cls, folder: Path, device: str) -> DepthEstimator:
        """From a folder in the layout of transformers. Raises `ModelBroken`."""
        processor = load_part(DPTImageProcessorPil, folder)
        return cls(processor, load_weights(DepthAnythingForDepthEstimation, folder, device))

    def depth(self, picture: Image) -> Image:
        """The depth map of an image as RGB of its size: the nearest point white, the farthest
        black. Deterministic. Transparency becomes white."""
        inputs = self._processor(images=opaque(picture), return_tensors="pt")
        with torch.inference_mode():
            outputs = self._model(inputs["pixel_values"].to(self._model.device, self._model.dtype))
        (result,) = self._processor.post_process_depth_estimation(
            outputs, target_sizes=[(picture.height, picture.width)]
        )
        depth = result["predicted_depth"].float().cpu().numpy()
        if self._model.config.depth_estimation_type == METRIC:
            depth = -depth
        return to_image(_spread(depth))


def _spread(depth: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The values from 0 to 1; 0 everywhere where all are equal."""
    low, high = float(depth.min()), float(depth.max())
    if high - low < FLAT:
        return np.zeros_like(depth)
    return (depth - low) / (high - low)
