"""Painting within a mask: strength, framing, and putting the result back into the image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import Field

from core.operations.declaration.base import Context, LoadedModel
from core.operations.declaration.fields import ImagePort, Port, ui
from core.operations.diffusion.generation import Draw, Generation
from core.operations.diffusion.picture_sizes import LONGEST

if TYPE_CHECKING:
    from PIL.Image import Image

    from core.engine.canvas.frame import Frame

FEATHER_MAX = 512
WASTE = 0.2  # of a frame may lie beyond the canvas

Box = tuple[int, int, int, int]  # left, top, right, bottom in pixels


@dataclass(frozen=True, slots=True)
class View:
    """The part of the canvas that the model sees.

    The `whole` (if `exact`, only where it can draw it without shrinking or much padding), or the
    masked part with `padding` pixels around it.
    """

    whole: bool
    exact: bool
    padding: int


class Painting(Generation):
    """The base of inpainting and outpainting. The result has the canvas's size, whatever the model
    can draw: the part that matters is cut out on the model's grid, painted, and put back.
    """

    outputs = (Port("image", "image", many=True),)

    image: ImagePort = Field(title="Image")
    strength: float | None = Field(
        None,
        gt=0,
        le=1,
        title="Denoising strength",
        description="Near 0 keeps what is there, 1 ignores it.",
        json_schema_extra=ui("slider", step=0.05, from_model=True),
    )

    def paint(self, ctx: Context, canvas: Image, mask: Image, view: View) -> None:
        """Every image of `canvas`, an RGB or RGBA image, changed only where `mask` is not black.

        `mask` is as `core.engine.canvas.masks` has them, and not black everywhere.
        """
        from core.engine.canvas.pictures import opaque

        model = self.load(ctx)
        passes = _passes(model, canvas.size, mask, view)
        ctx.note({"drawn": [_record(frame) for frame, _ in passes]})

        def make(draw: Draw) -> Image:
            made = canvas
            for frame, part in passes:
                width, height = frame.drawn
                seen, free = frame.cut(opaque(made)), frame.cut_mask(part)
                drawn = draw(image=seen, mask=free, width=width, height=height)
                made = frame.put(made, drawn, part)
            return made

        self.draw_all(ctx, model, make)


def _passes(
    model: LoadedModel, size: tuple[int, int], mask: Image, view: View
) -> list[tuple[Frame, Image]]:
    """The frames that the model draws, each with its part of the mask.

    Usually one. Two sides of a canvas that it cannot draw as a whole come one after the other, if
    it sees them better so.
    """
    from core.engine.canvas.masks import sides

    whole = _frame(model, size, mask, view)
    if view.exact and not _good(whole, size):
        parts = [(_frame(model, size, part, view), part) for part in sides(mask)]
        if parts and all(_good(frame, size) for frame, _ in parts):
            return parts
    return [(whole, mask)]


def _frame(model: LoadedModel, size: tuple[int, int], mask: Image, view: View) -> Frame:
    """On the whole canvas, or around the mask with as much of the padding as there is room for."""
    from core.engine.canvas.frame import Frame
    from core.engine.canvas.masks import bounds

    def around(part: Box) -> Frame:
        return Frame.around(part, size, model.canvas(part[2] - part[0], part[3] - part[1]))

    whole = around((0, 0, *size))
    if view.whole and (not view.exact or _good(whole, size)):
        return whole
    parts = [bounds(mask, view.padding // part, LONGEST) for part in (1, 2, 4)]
    frames = [around(part) for part in parts if part is not None]
    return min(frames, key=lambda frame: max(WASTE, frame.beyond(size)))


def _good(frame: Frame, canvas: tuple[int, int]) -> bool:
    """True if it is drawn without shrinking, and hardly leaves the canvas."""
    return not frame.shrinks and frame.beyond(canvas) < WASTE


def _record(frame: Frame) -> dict[str, Any]:
    width, height = frame.drawn
    return {"width": width, "height": height, "box": list(frame.box)}
