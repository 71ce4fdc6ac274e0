"""Redraw the details of an image: each face or object at the model's full size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field

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
from core.operations.declaration.base import Context, LoadedModel, Resolved
from core.operations.declaration.fields import (
    IMAGES_MAX,
    TEXT_MAX,
    Port,
    PortField,
    TaskOutput,
    as_list,
    ui,
)
from core.operations.declaration.resolving import ResolveContext
from core.operations.diffusion.generation import Draw
from core.operations.diffusion.object_prompts import ObjectPrompts
from core.operations.diffusion.painting import (
    FEATHER_MAX,
    Painting,
    View,
    drawn_within,
    frame_of,
)
from core.operations.diffusion.picture_sizes import check_mask, check_shape
from core.operations.diffusion.referable import Referable
from core.prompts.attention import PromptText

if TYPE_CHECKING:
    from PIL.Image import Image

    from core.engine.canvas.frame import Frame

OBJECTS_MAX = 64
GIVEN = "mask"  # the word of an object that came as a mask


@dataclass(frozen=True, slots=True)
class Part:
    """An object to redraw: its number from 1, its mask with a soft edge, its frame, its prompt
    (None: that of the operation)."""

    number: int
    mask: Image
    frame: Frame
    prompt: PromptText | None


class Detail(Referable, Painting):
    """Redraw faces or objects of an image, each at the size that the model draws best.

    They are found by words, or given as masks, whose separate parts count as objects of their own.
    Each is cut out with a margin, drawn anew by inpainting, and put back with a soft edge. All are
    cut out of the image as it came, so leaving one out changes no other. What lies outside of their
    masks and soft edges comes back unchanged. Object n uses seed + n - 1.
    """

    name = "detail"
    mode: ClassVar[str | None] = "inpaint"
    title = "Detailer"
    summary = "Redraws faces or objects of an image at full size."
    category = "generator"
    outputs = (
        Port("image", "image", many=True),
        Port("numbers", "image"),
        Port("details", "image", many=True),
        Port("objects", "json"),
    )
    form_order = (
        "image",
        "objects",
        "mask",
        "prompt",
        "object_prompts",
        "negative_prompt",
        "model",
        "strength",
        "skip",
    )

    objects: str = Field(
        "face",
        max_length=1000,
        title="Objects",
        description="Words with commas between them, such as `face, hand`; masks come first.",
        json_schema_extra=ui("text"),
    )
    mask: Annotated[
        tuple[str | TaskOutput, ...],
        Field(max_length=IMAGES_MAX),
        BeforeValidator(as_list),
        PortField("mask", many=True),
    ] = Field(
        (),
        title="Masks",
        description="White parts are the objects; no network is needed to find them.",
        json_schema_extra=ui("image"),
    )
    object_prompts: tuple[Annotated[str, Field(max_length=TEXT_MAX)], ...] = Field(
        (),
        max_length=OBJECTS_MAX,
        title="Prompts of objects",
        description="Lines as `2: an old man` or `hand: a hand with a ring`, by number or word; "
        "the others take the prompt.",
        json_schema_extra=ui("list"),
    )
    strength: float | None = Field(
        0.4,
        gt=0,
        le=1,
        title="Denoising strength",
        description="Near 0 keeps what is there, 1 ignores it.",
        json_schema_extra=ui("slider", step=0.05),
    )
    skip: tuple[Annotated[int, Field(ge=1, le=OBJECTS_MAX)], ...] = Field(
        (),
        max_length=OBJECTS_MAX,
        title="Leave out",
        description="Numbers of objects that stay as they are.",
        json_schema_extra=ui("list"),
    )
    order: ObjectOrder = Field(
        "left_to_right",
        title="Order",
        description="Of the numbers.",
        json_schema_extra=ui("select", choices=ORDERS, advanced=True),
    )
    threshold: float = Field(
        0.2,
        ge=0.01,
        le=0.95,
        title="Threshold",
        description="Least confidence of an object.",
        json_schema_extra=ui("slider", step=0.01, advanced=True),
    )
    mask_feather: int = Field(
        12,
        ge=0,
        le=FEATHER_MAX,
        title="Mask feather",
        description="Distance outside the mask over which new content fades into the image.",
        json_schema_extra=ui("slider", step=1, unit="px", advanced=True),
    )
    padding_mask_crop: int = Field(
        48,
        ge=0,
        le=2048,
        title="Padding",
        description="Margin around an object that the model sees too.",
        json_schema_extra=ui("slider", step=1, unit="px", advanced=True),
    )
    detector: str = detector_field()
    mask_network: str = mask_field()

    def resolve(self, ctx: ResolveContext) -> Resolved:
        """Resolve as a generation does; refuse missing networks, words and prompts of no object."""
        resolved = super().resolve(ctx)
        words = [] if self.mask else words_of(self.objects)
        if not words and not self.mask:
            raise InvalidInput(
                "No objects are named.",
                field="objects",
                fix="Name them, such as `face, hand`, or give masks.",
            )
        prompts = ObjectPrompts.read(self.object_prompts, words or [GIVEN], self, ctx)
        networks = () if self.mask else (self.detector, self.mask_network)
        contents = {f"auxiliary/{name}": ctx.auxiliary.fingerprint(name) for name in networks}
        return replace(
            resolved,
            warnings=(*resolved.warnings, *prompts.warnings),
            fingerprints={**resolved.fingerprints, **contents},
        )

    def check_sizes(self, sizes: Mapping[str, Sequence[tuple[int, int]]]) -> None:
        """A strip that is too long is refused, and a mask that belongs to another image."""
        super().check_sizes(sizes)
        for picture in sizes.get("image", ()):
            check_shape(picture, "image")
            for mask in sizes.get("mask", ()):
                check_mask(mask, picture)

    def run(self, ctx: Context) -> None:
        """One image in; with its objects redrawn, numbered, each alone, and a list of them out."""
        from core.pictures.control.segments import numbered

        picture = ctx.image(self.image)
        objects = self._objects(ctx, picture)
        records = [
            {**item.record(number), "redrawn": number not in self.skip}
            for number, item in enumerate(objects, start=1)
        ]
        ctx.note({"objects": records})
        details = self._redraw(ctx, picture, objects)
        ctx.add_image(numbered(picture, [item.box for item in objects]), port="numbers")
        for detail in details:
            ctx.add_image(detail, port="details")
        ctx.add_value(records, port="objects")

    def _objects(self, ctx: Context, picture: Image) -> list[FoundObject]:
        """The objects in their order. Raises `InvalidInput` for masks without any."""
        if self.mask:
            objects = self._given(ctx, picture)
        else:
            self.check_sizes({"image": [picture.size]})
            networks = (self.detector, self.mask_network)
            words = words_of(self.objects)
            objects = find_objects(ctx, picture, words, self.threshold, networks)
        if not objects:
            ctx.warn(
                "nothing_found",
                f"Nothing was found for {self.objects!r}, so the image is as it was.",
                "objects",
            )
        missing = sorted(number for number in self.skip if number > len(objects))
        if objects and missing:
            detail = f"There is no object {missing[0]} to leave out: {len(objects)} were found."
            ctx.warn("object_unknown", detail, "skip")
        return ordered(objects, self.order)

    def _given(self, ctx: Context, picture: Image) -> list[FoundObject]:
        """Each separate part of the masks."""
        from core.engine.canvas import masks

        given = [ctx.image(mask) for mask in self.mask]
        self.check_sizes({"image": [picture.size], "mask": [mask.size for mask in given]})
        parts = [part for mask in given for part in masks.parts(masks.grey(mask, picture.size))]
        if not 0 < len(parts) <= OBJECTS_MAX:
            counted = f"{len(parts)} separate parts" if parts else "no part"
            raise InvalidInput(
                f"The masks have {counted} to redraw; 1 to {OBJECTS_MAX} are redrawn at once.",
                field="mask",
                fix="Paint each object white, without gaps.",
            )
        return [FoundObject(GIVEN, 1.0, part) for part in parts]

    def _redraw(self, ctx: Context, picture: Image, objects: Sequence[FoundObject]) -> list[Image]:
        """Add every image with its objects redrawn; the objects as they were drawn."""
        if all(number in self.skip for number in range(1, len(objects) + 1)):
            ctx.add_image(picture)
            return []
        model = self.load(ctx)
        guidance = self.guidance(ctx).covering(picture.size)
        parts = self._parts(ctx, model, picture, objects)
        ctx.note({"drawn": [part.frame.record() for part in parts]})
        details: list[Image] = []

        def make(draw: Draw) -> Image:
            made = picture
            for part in parts:
                own: dict[str, Any] = {} if part.prompt is None else {"prompt": part.prompt}
                place = (part.number - 1, len(objects))
                drawn = drawn_within(
                    draw, picture, part.frame, part.mask, guidance, part=place, **own
                )
                details.append(drawn)
                made = part.frame.put(made, drawn, part.mask)
            return made

        self.draw_all(ctx, model, make)
        return details

    def _parts(
        self, ctx: Context, model: LoadedModel, picture: Image, objects: Sequence[FoundObject]
    ) -> list[Part]:
        from core.engine.canvas import masks

        view = View(whole=False, exact=False, padding=self.padding_mask_crop)
        words = [GIVEN] if self.mask else words_of(self.objects)
        prompts = ObjectPrompts.read(self.object_prompts, words, self, ctx.resolver)
        parts = []
        for number, item in enumerate(objects, start=1):
            if number in self.skip:
                continue
            mask = masks.feathered(item.mask, self.mask_feather)
            frame = frame_of(model, picture.size, mask, view)
            parts.append(Part(number, mask, frame, prompts.of(number, item.word)))
        return parts
