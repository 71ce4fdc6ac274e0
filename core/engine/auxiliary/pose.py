"""People and their joints in images: RT-DETR finds the people, ViTPose their 17 COCO joints."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from scipy.ndimage import affine_transform, gaussian_filter
from transformers import RTDetrForObjectDetection, VitPoseForPoseEstimation
from transformers.models.rt_detr.image_processing_pil_rt_detr import RTDetrImageProcessorPil
from transformers.models.vitpose import image_processing_pil_vitpose as vitpose

from core.engine.auxiliary.text_models import load_part, load_weights
from core.engine.canvas.pictures import opaque
from core.pictures.control.skeleton import Person, from_coco

if TYPE_CHECKING:
    from PIL.Image import Image

# A worker imports transformers without scipy (`core.engine.libraries`), which this processor needs.
vars(vitpose).update(affine_transform=affine_transform, gaussian_filter=gaussian_filter)

PERSON = "person"  # the label of the detector
MAX_PEOPLE = 20  # the surest ones

Box = tuple[float, float, float, float]  # left, top, width, height in pixels


class PersonDetector:
    """A loaded network that finds people."""

    def __init__(self, processor: Any, model: Any) -> None:
        self._processor = processor
        self._model = model

    @classmethod
    def load(cls, folder: Path, device: str) -> PersonDetector:
        """From a folder in the layout of transformers. Raises `ModelBroken`."""
        processor = load_part(RTDetrImageProcessorPil, folder)
        return cls(processor, load_weights(RTDetrForObjectDetection, folder, device))

    def people(self, picture: Image, threshold: float) -> list[Box]:
        """The boxes of the people with at least this confidence, the surest first."""
        inputs = self._processor(images=opaque(picture), return_tensors="pt")
        with torch.inference_mode():
            outputs = self._model(inputs["pixel_values"].to(self._model.device, self._model.dtype))
        size = (picture.height, picture.width)
        (detections,) = self._processor.post_process_object_detection(
            outputs, threshold=threshold, target_sizes=[size]
        )
        order = detections["scores"].argsort(descending=True)
        names = self._model.config.id2label
        boxes = []
        for index in order.tolist():
            left, top, right, bottom = (float(side) for side in detections["boxes"][index])
            if names[int(detections["labels"][index])] == PERSON and right > left and bottom > top:
                boxes.append((left, top, right - left, bottom - top))
        return boxes[:MAX_PEOPLE]


class PoseEstimator:
    """A loaded network that finds the joints of a person within a box."""

    def __init__(self, processor: Any, model: Any) -> None:
        self._processor = processor
        self._model = model

    @classmethod
    def load(cls, folder: Path, device: str) -> PoseEstimator:
        """From a folder in the layout of transformers. Raises `ModelBroken`."""
        processor = load_part(vitpose.VitPoseImageProcessorPil, folder)
        return cls(processor, load_weights(VitPoseForPoseEstimation, folder, device))

    def joints(self, picture: Image, boxes: Sequence[Box], threshold: float) -> list[Person]:
        """The body of each person, in pixels; None for a joint below the threshold."""
        if not boxes:
            return []
        given = [[list(box) for box in boxes]]
        inputs = self._processor(images=opaque(picture), boxes=given, return_tensors="pt")
        with torch.inference_mode():
            outputs = self._model(inputs["pixel_values"].to(self._model.device, self._model.dtype))
        outputs.heatmaps = outputs.heatmaps.float()
        (people,) = self._processor.post_process_pose_estimation(outputs, boxes=given)
        return [
            Person(from_coco(person["keypoints"].tolist(), person["scores"].tolist(), threshold))
            for person in people
        ]
