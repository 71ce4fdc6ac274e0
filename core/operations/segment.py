"""The segments of an image: a map in flat colours, and the masks of chosen objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from core.errors import InvalidInput
from core.operations.control.objects import (
    ORDERS,
    FoundObject,
    ObjectOrder,
    detector_field,
    find_objects,
    mask_field,
    ordered,
    words_of,
)
from core.operations.control.preprocessor import NetworkPreprocessor
from core.operations.declaration.base import Context, Resolved
from core.operations.declaration.fields import Port, ui
from core.operations.declaration.resolving import ResolveContext

if TYPE_CHECKING:
    from PIL.Image import Image

METHODS = {"scene": "The whole scene", "objects": "Objects by words"}
_SCENE, _OBJECTS = {"method": ["scene"]}, {"method": ["objects"]}


class Segment(NetworkPreprocessor):
    """Divide an image into segments: the classes of a whole scene, or objects named by words.

    What is transparent counts as white.
    """

    name = "segment"
    title = "Segmentation"
    summary = "Draws the segments of an image, for a control model, and masks of its objects."
    outputs = (Port("image", "image"), Port("mask", "mask", many=True), Port("objects", "json"))
    form_order = ("image", "method", "objects")

    method: Literal["scene", "objects"] = Field(
        "scene",
        title="Method",
        description="All that is in the picture by the 150 classes of ADE20K, or objects by words.",
        json_schema_extra=ui("select", choices=METHODS),
    )
    objects: str = Field(
        "",
        max_length=1000,
        title="Objects",
        description="Words with commas between them, such as `face, person`: each gets its masks.",
        json_schema_extra=ui("text"),
    )
    threshold: float = Field(
        0.2,
        ge=0.01,
        le=0.95,
        title="Threshold",
        description="Least confidence of an object.",
        json_schema_extra=ui("slider", step=0.01, when=_OBJECTS),
    )
    order: ObjectOrder = Field(
        "left_to_right",
        title="Order",
        description="Of the objects and their masks.",
        json_schema_extra=ui("select", choices=ORDERS, when=_OBJECTS),
    )
    merge_masks: bool = Field(
        False,
        title="One mask for all",
        description="Join the masks of all objects.",
        json_schema_extra=ui("toggle"),
    )
    model: str = Field(
        "",
        max_length=100,
        title="Model",
        description="The id of an auxiliary model. Empty takes UPerNet where it is on this "
        "machine, else the network of the built-in model, for its drawings.",
        json_schema_extra=ui("companion", task="segment", none="Automatic", when=_SCENE),
    )
    detector: str = detector_field(when=_OBJECTS)
    mask_network: str = mask_field(when=_OBJECTS)

    @property
    def networks(self) -> tuple[str, ...]:
        """The ids of its auxiliary models."""
        return (self.model,) if self.method == "scene" else (self.detector, self.mask_network)

    def resolve(self, ctx: ResolveContext) -> Resolved:
        """Refuse at once where a model or the words are missing."""
        if not words_of(self.objects) and self.method == "objects":
            raise InvalidInput(
                "No objects are named.",
                field="objects",
                fix="Name them, such as `face, person`, or choose the whole scene.",
            )
        return super().resolve(ctx)

    def run(self, ctx: Context) -> None:
        """One image in; its segments, the masks of objects and a list of them out."""
        picture = ctx.image(self.image)
        self.check_sizes({"image": [picture.size]})
        segment = self._scene if self.method == "scene" else self._objects
        drawn, objects = segment(ctx, picture)
        if self.objects and not objects:
            ctx.warn(
                "nothing_found",
                f"Nothing was found for {self.objects!r}, so there is no mask.",
                "objects",
            )
        ctx.add_image(drawn)
        for mask in _joined(objects) if self.merge_masks else [item.mask for item in objects]:
            ctx.add_image(mask, port="mask")
        records = [item.record(number) for number, item in enumerate(objects, start=1)]
        ctx.add_value(records, port="objects")

    def _scene(self, ctx: Context, picture: Image) -> tuple[Image, list[FoundObject]]:
        """The map of the scene, and a mask for each word that is one of its classes."""
        from PIL import Image

        from core.engine.auxiliary.layout import load_scene
        from core.pictures.control.segments import draw_scene

        ctx.progress("loading")
        segmenter = ctx.auxiliary_models.get(self.model, load_scene)
        labels = segmenter.labels
        words = words_of(self.objects)
        unknown = [word for word in words if word.lower() not in labels]
        if unknown:
            raise InvalidInput(
                f"{self.model} has no class {unknown[0]!r}.",
                field="objects",
                fix=f"Find it as an object by words. It has: {', '.join(sorted(labels))}.",
            )
        ctx.progress("finding segments")
        classes = segmenter.classes(picture)
        masks = [(word, Image.fromarray(classes == labels[word.lower()])) for word in words]
        objects = [FoundObject(word, 1.0, mask.convert("L")) for word, mask in masks]
        return draw_scene(classes), [item for item in objects if item.mask.getbbox()]

    def _objects(self, ctx: Context, picture: Image) -> tuple[Image, list[FoundObject]]:
        """Objects in a colour for each word."""
        from core.pictures.control.segments import draw_objects

        words = words_of(self.objects)
        networks = (self.detector, self.mask_network)
        objects = ordered(find_objects(ctx, picture, words, self.threshold, networks), self.order)
        masks = [(words.index(item.word), item.mask) for item in objects]
        return draw_objects(masks, picture.size), objects


def _joined(objects: list[FoundObject]) -> list[Image]:
    """One mask of all objects; none without objects."""
    from PIL import ImageChops

    masks = [item.mask for item in objects]
    for mask in masks[1:]:
        masks[0] = ImageChops.lighter(masks[0], mask)
    return masks[:1]
