"""A reference with its picture: the part that counts, encoded for its adapter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.errors import InvalidInput
from core.operations.diffusion.reference_use import WHOLE, ReferenceUse

if TYPE_CHECKING:
    from PIL.Image import Image

    from core.operations.declaration.base import Context

FACE, CONFIDENCE = "face", 0.2
MARGIN = 0.25  # around a face, of its longer side: hair and chin count too
Box = tuple[float, float, float, float]  # left, top, right, bottom in pixels


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference with the encoded part of its picture."""

    use: ReferenceUse
    vectors: Any  # core.engine.auxiliary.image_encoding.ImageVectors

    @property
    def parameters(self) -> dict[str, Any]:
        """The fields that the engine reads."""
        return {**self.use.model_dump(include={"model", "role", "weight"}), "vectors": self.vectors}


def encode(use: ReferenceUse, picture: Image, ctx: Context) -> Reference:
    """The reference of a picture that is cut to the part that counts."""
    from core.engine.auxiliary.image_encoding import ImageEncoder

    assert use.model is not None  # resolved before it runs
    file = ctx.resolver.references.find(use.model)
    encoder = ctx.auxiliary_models.get(file.encoder, ImageEncoder.load)
    return Reference(use, encoder.encode(picture, file.kind))


def with_face(use: ReferenceUse, picture: Image, ctx: Context) -> Image:
    """The largest face of the picture, where the reference has a detector that finds one; else the
    picture, with a warning."""
    if use.detector is None or not use.seeks_face:
        return picture
    from core.engine.auxiliary.objects import ObjectDetector

    detector = ctx.auxiliary_models.get(use.detector, ObjectDetector.load)
    faces = detector.find(picture, [FACE], CONFIDENCE)
    if not faces:
        ctx.warn(
            "face_not_found", "There is no face in a reference: it is read whole.", "reference"
        )
        return picture
    return _framed(picture, max((face.box for face in faces), key=_area))


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _framed(picture: Image, box: Box) -> Image:
    """The box with a margin around it, as far as the picture reaches."""
    from core.engine.canvas.pictures import opaque

    margin = MARGIN * max(box[2] - box[0], box[3] - box[1])
    left, top = (max(0, int(side - margin)) for side in box[:2])
    right = min(picture.width, round(box[2] + margin))
    bottom = min(picture.height, round(box[3] + margin))
    return opaque(picture).crop((left, top, right, bottom))


def part_of(use: ReferenceUse, picture: Image, mask: Image | None, index: int) -> Image:
    """The part of a picture that counts: its crop, and of that the white of the mask on white.

    Raises `InvalidInput` naming the reference where nothing is left.
    """
    from PIL import Image as images

    from core.engine.canvas import masks
    from core.engine.canvas.pictures import opaque

    if use.crop == WHOLE and mask is None:
        return picture
    left, top, right, bottom = use.crop
    box = (
        int(left * picture.width),
        int(top * picture.height),
        max(int(left * picture.width) + 1, round(right * picture.width)),
        max(int(top * picture.height) + 1, round(bottom * picture.height)),
    )
    cut = opaque(picture).crop(box)
    if mask is None:
        return cut
    levels = masks.grey(mask, picture.size).crop(box)
    inside = levels.getbbox()
    if inside is None:
        raise InvalidInput(
            f"The mask of reference {index + 1} is black in the part that counts.",
            field=f"reference.{index}.mask",
            fix="Paint white what is to be used, or leave the mask out.",
        )
    ground = images.new("RGB", cut.size, "white")
    return images.composite(cut, ground, levels).crop(inside)
