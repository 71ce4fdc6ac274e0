"""Depth maps of images, by Depth Anything V2."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from transformers import DepthAnythingForDepthEstimation
from transformers.models.dpt.image_processing_pil_dpt import DPTImageProcessorPil

from core.engine.auxiliary.text_models import load_part, load_weights
from core.engine.canvas.pictures import opaque
from core.pictures.control.grey import spread, to_image

if TYPE_CHECKING:
    from PIL.Image import Image

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
        return to_image(spread(depth))
