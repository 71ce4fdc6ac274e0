"""Painting within a mask: strength, framing, and putting the result back into the image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from core.operations.declaration.base import Context, LoadedModel
from core.operations.declaration.fields import ImagePort, Port, ui
from core.operations.diffusion.generation import Draw, Generation
from core.operations.diffusion.guidance import Guidance
from core.operations.diffusion.picture_sizes import LONGEST, is_strip
from core.operations.diffusion.strips import windows_of

if TYPE_CHECKING:
    from PIL.Image import Image

    from core.engine.canvas.frame import Frame
    from core.engine.canvas.windows import Window

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

    outputs: ClassVar[tuple[Port, ...]] = (Port("image", "image", many=True),)

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
        model = self.load(ctx)
        if is_strip(canvas.size):
            self._paint_strip(ctx, model, canvas, mask, view)
            return
        guidance = self.guidance(ctx).covering(canvas.size)
        passes = _passes(model, canvas.size, mask, view)
        ctx.note({"drawn": [frame.record() for frame, _ in passes]})

        def make(draw: Draw) -> Image:
            made = canvas
            for frame, part in passes:
                drawn = drawn_within(draw, made, frame, part, guidance)
                made = frame.put(made, drawn, part)
            return made

        self.draw_all(ctx, model, make)

    def _paint_strip(
        self, ctx: Context, model: LoadedModel, canvas: Image, mask: Image, view: View
    ) -> None:
        """As `paint`, window by window: each sees what those before it have painted."""
        from PIL import Image

        guidance = self.guidance(ctx).covering(canvas.size)
        passes = _windowed(model, canvas.size, mask, view)
        ctx.note({"drawn": [frame.record() for _, frame in passes]})

        def make(draw: Draw) -> Image.Image:
            painted = made = canvas
            for index, (window, frame) in enumerate(passes):
                inside, part = _inside(mask, window.box), (index, len(passes))
                drawn = drawn_within(draw, made, frame, inside, guidance, part=part)
                painted = frame.put(painted, drawn, window.fade())
                made = Image.composite(painted, canvas, mask)
            return made

        self.draw_all(ctx, model, make)


def drawn_within(
    draw: Draw, canvas: Image, frame: Frame, mask: Image, guidance: Guidance, **more: Any
) -> Image:
    """The part of a canvas within a frame, painted where the mask is not black; `more` are
    parameters of `draw`."""
    from core.engine.canvas.pictures import opaque

    width, height = frame.drawn
    return draw(
        image=frame.cut(opaque(canvas)),
        mask=frame.cut_mask(mask),
        width=width,
        height=height,
        result_size=frame.size,
        **guidance.within(frame).parameters,
        **more,
    )


def _windowed(
    model: LoadedModel, size: tuple[int, int], mask: Image, view: View
) -> list[tuple[Window, Frame]]:
    """The windows of a strip in which there is something to paint, with their frames."""
    from core.engine.canvas.frame import Frame
    from core.engine.canvas.masks import bounds

    passes = []
    for window in windows_of(model, size):
        part = _inside(mask, window.box)
        if part.getbbox() is None:
            continue
        box = window.box if view.whole and not view.exact else bounds(part, view.padding, LONGEST)
        assert box is not None  # the part is not empty
        box = _overlap(box, window.box)
        drawn = model.canvas(box[2] - box[0], box[3] - box[1])
        passes.append((window, Frame.around(box, size, drawn)))
    return passes


def _inside(mask: Image, box: Box) -> Image:
    """The mask, black outside of the box."""
    from PIL import Image

    part = Image.new("L", mask.size)
    part.paste(mask.crop(box), box)
    return part


def _overlap(first: Box, second: Box) -> Box:
    (left, top), (right, bottom) = first[:2], first[2:]
    return (
        max(left, second[0]),
        max(top, second[1]),
        min(right, second[2]),
        min(bottom, second[3]),
    )


def _passes(
    model: LoadedModel, size: tuple[int, int], mask: Image, view: View
) -> list[tuple[Frame, Image]]:
    """The frames that the model draws, each with its part of the mask.

    Usually one. Two sides of a canvas that it cannot draw as a whole come one after the other, if
    it sees them better so.
    """
    from core.engine.canvas.masks import sides

    whole = frame_of(model, size, mask, view)
    if view.exact and not _good(whole, size):
        parts = [(frame_of(model, size, part, view), part) for part in sides(mask)]
        if parts and all(_good(frame, size) for frame, _ in parts):
            return parts
    return [(whole, mask)]


def frame_of(model: LoadedModel, size: tuple[int, int], mask: Image, view: View) -> Frame:
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
