"""Objects in images by words: OWLv2 finds their boxes, SAM their masks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from PIL import Image as Images
from scipy import ndimage
from transformers import CLIPTokenizer, Owlv2ForObjectDetection, SamModel
from transformers.models.owlv2 import image_processing_pil_owlv2 as owlv2
from transformers.models.sam.image_processing_pil_sam import SamImageProcessorPil

from core.engine.auxiliary.text_models import load_part, load_weights
from core.engine.canvas.pictures import opaque

if TYPE_CHECKING:
    from PIL.Image import Image

# A worker imports transformers without scipy (`core.engine.libraries`), which this processor needs.
vars(owlv2).update(ndi=ndimage)

OBJECTS_MAX = 20  # the surest ones
SAME = 0.5  # intersection over union of two boxes of a word that are one object
PROMPT = "a photo of a {}"

Box = tuple[float, float, float, float]  # left, top, right, bottom in pixels


@dataclass(frozen=True, slots=True)
class Detection:
    """A box of an object; `word` is the index of its word, `score` from 0 to 1."""

    word: int
    score: float
    box: Box


class ObjectDetector:
    """A loaded network that finds objects by words."""

    def __init__(self, tokenizer: Any, processor: Any, model: Any) -> None:
        self._tokenizer = tokenizer
        self._processor = processor
        self._model = model

    @classmethod
    def load(cls, folder: Path, device: str) -> ObjectDetector:
        """From a folder in the layout of transformers. Raises `ModelBroken`."""
        tokenizer = load_part(CLIPTokenizer, folder)
        processor = load_part(owlv2.Owlv2ImageProcessorPil, folder)
        return cls(tokenizer, processor, load_weights(Owlv2ForObjectDetection, folder, device))

    def find(self, picture: Image, words: Sequence[str], threshold: float) -> list[Detection]:
        """The objects with at least this confidence, the surest first, each object once."""
        model = self._model
        texts = self._tokenizer(
            [PROMPT.format(word) for word in words],
            padding="max_length",
            truncation=True,
            max_length=model.config.text_config.max_position_embeddings,
            return_tensors="pt",
        )
        pixels = self._processor(images=opaque(picture), return_tensors="pt")["pixel_values"]
        with torch.inference_mode():
            outputs = model(
                input_ids=texts["input_ids"].to(model.device),
                attention_mask=texts["attention_mask"].to(model.device),
                pixel_values=pixels.to(model.device, model.dtype),
            )
        outputs.logits, outputs.pred_boxes = outputs.logits.float(), outputs.pred_boxes.float()
        (detected,) = self._processor.post_process_object_detection(
            outputs, threshold=threshold, target_sizes=[(picture.height, picture.width)]
        )
        rows = zip(
            *(detected[name].tolist() for name in ("labels", "scores", "boxes")), strict=True
        )
        detections = [Detection(w, s, within(b, picture.size)) for w, s, b in rows]
        return distinct(detections)[:OBJECTS_MAX]


class MaskPredictor:
    """A loaded network that finds the mask of an object within its box."""

    def __init__(self, processor: Any, model: Any) -> None:
        self._processor = processor
        self._model = model

    @classmethod
    def load(cls, folder: Path, device: str) -> MaskPredictor:
        """From a folder in the layout of transformers. Raises `ModelBroken`."""
        processor = load_part(SamImageProcessorPil, folder)
        return cls(processor, load_weights(SamModel, folder, device))

    def masks(self, picture: Image, boxes: Sequence[Box]) -> list[Image]:
        """The mask of each box, black and white, of the image's size."""
        if not boxes:
            return []
        model = self._model
        inputs = self._processor(images=opaque(picture), return_tensors="pt")
        original, resized = inputs["original_sizes"], inputs["reshaped_input_sizes"]
        scale = (resized[0] / original[0]).flip(0).repeat(2)  # x, y, x, y
        given = (torch.tensor([boxes]) * scale).to(model.device, model.dtype)
        pixels = inputs["pixel_values"].to(model.device, model.dtype)
        with torch.inference_mode():
            outputs = model(pixel_values=pixels, input_boxes=given, multimask_output=False)
        (masks,) = self._processor.post_process_masks(
            outputs.pred_masks.float().cpu(), original, resized
        )
        return [Images.fromarray(mask[0].numpy().astype(np.uint8) * 255) for mask in masks]


def within(box: Sequence[float], size: tuple[int, int]) -> Box:
    """The part of a box on an image of `size` (width, height)."""
    left, top, right, bottom = box
    width, height = size
    return (
        min(max(left, 0.0), width),
        min(max(top, 0.0), height),
        min(max(right, 0.0), width),
        min(max(bottom, 0.0), height),
    )


def distinct(detections: Sequence[Detection]) -> list[Detection]:
    """The surest detection of each object, and no box without pixels; the surest first."""
    kept: list[Detection] = []
    for detection in sorted(detections, key=lambda detection: -detection.score):
        left, top, right, bottom = detection.box
        if right - left < 1 or bottom - top < 1:
            continue
        same = (other for other in kept if other.word == detection.word)
        if all(_overlap(detection.box, other.box) <= SAME for other in same):
            kept.append(detection)
    return kept


def _overlap(box: Box, other: Box) -> float:
    """Intersection over union of two boxes."""
    width = min(box[2], other[2]) - max(box[0], other[0])
    height = min(box[3], other[3]) - max(box[1], other[1])
    shared = max(0.0, width) * max(0.0, height)
    return shared / (_area(box) + _area(other) - shared)


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
