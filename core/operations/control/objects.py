"""Objects that are found in an image by words: fields of operations, and the search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from core.errors import InvalidInput
from core.operations.declaration.base import Context
from core.operations.declaration.fields import ui

if TYPE_CHECKING:
    from PIL.Image import Image

WORDS_MAX, WORD_MAX = 16, 60
DETECTOR, MASK_NETWORK = "owlv2-base", "sam-vit-base"
ORDERS = {
    "left_to_right": "Left to right",
    "largest": "Largest first",
    "confidence": "Surest first",
}
ObjectOrder = Literal["left_to_right", "largest", "confidence"]


def network_field(default: str, title: str, task: str, **hints: Any) -> Any:
    """A field for an auxiliary model that finds objects; `hints` are those of `ui`."""
    return Field(
        default,
        max_length=100,
        title=title,
        description="The id of an auxiliary model.",
        json_schema_extra=ui("companion", task=task, advanced=True, **hints),
    )


def detector_field(**hints: Any) -> Any:
    """The field of the network that finds objects by words."""
    return network_field(DETECTOR, "Object detector", "object_detector", **hints)


def mask_field(**hints: Any) -> Any:
    """The field of the network that finds the mask of an object in its box."""
    return network_field(MASK_NETWORK, "Mask network", "object_masks", **hints)


@dataclass(frozen=True, slots=True)
class FoundObject:
    """An object in an image: its word, its confidence from 0 to 1, its mask of the image's size."""

    word: str
    score: float
    mask: Image

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of its mask, in pixels."""
        return self.mask.getbbox() or (0, 0, 0, 0)

    def record(self, number: int) -> dict[str, Any]:
        """Its entry in a report and a snapshot; objects are numbered from 1."""
        box = list(self.box)
        return {"number": number, "word": self.word, "score": round(self.score, 4), "box": box}


def words_of(text: str) -> list[str]:
    """The words between commas or in lines, each once. Raises `InvalidInput`."""
    parts = [part.strip() for part in text.replace("\n", ",").split(",")]
    words = list(dict.fromkeys(part for part in parts if part))
    too_long = next((word for word in words if len(word) > WORD_MAX), None)
    if too_long is not None or len(words) > WORDS_MAX:
        reason = f"{too_long[:20]!r}… is too long" if too_long else f"There are {len(words)} words"
        raise InvalidInput(
            f"{reason}: objects are found by up to {WORDS_MAX} words of {WORD_MAX} characters.",
            field="objects",
            fix="Separate the words by commas, such as `face, hand`.",
        )
    return words


def find_objects(
    ctx: Context,
    picture: Image,
    words: list[str],
    threshold: float,
    networks: tuple[str, str] = (DETECTOR, MASK_NETWORK),
) -> list[FoundObject]:
    """The objects of an image, the surest first; `networks` are detector and mask network."""
    from core.engine.auxiliary.objects import MaskPredictor, ObjectDetector

    ctx.progress("loading")
    detector = ctx.auxiliary_models.get(networks[0], ObjectDetector.load)
    ctx.progress("finding objects")
    detections = detector.find(picture, words, threshold)
    if not detections:
        return []
    predictor = ctx.auxiliary_models.get(networks[1], MaskPredictor.load)
    masks = predictor.masks(picture, [detection.box for detection in detections])
    return [
        FoundObject(words[detection.word], detection.score, mask)
        for detection, mask in zip(detections, masks, strict=True)
        if mask.getbbox() is not None
    ]


def ordered(objects: list[FoundObject], order: ObjectOrder) -> list[FoundObject]:
    """The objects in an order; they come with the surest first."""
    from core.pictures.control.segments import area

    if order == "left_to_right":
        return sorted(objects, key=lambda item: (item.box[0] + item.box[2], item.box[1]))
    if order == "largest":
        return sorted(objects, key=lambda item: -area(item.mask))
    return objects
