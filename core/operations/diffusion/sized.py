"""Operations with a size of their own: a fixed one, or one that follows an input image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from core.operations.declaration.base import Context, LoadedModel, Warning
from core.operations.declaration.fields import PortField, ui
from core.operations.diffusion.generation import Draw, Generation
from core.operations.diffusion.picture_sizes import check_shape, is_strip
from core.operations.diffusion.strips import framed_windows

if TYPE_CHECKING:
    from PIL.Image import Image

    from core.engine.canvas.frame import Frame
    from core.engine.canvas.windows import Window
    from core.models.library.library import Model
    from core.operations.diffusion.guidance import Guidance

SIZE_MIN, SIZE_MAX = 64, 2048
CROP_UNSAID = 0.02  # of an image's area; what a model's grid costs is less


class FixedSize(Generation):
    """Operations that draw in a size that the request or the model gives."""

    width: Annotated[int | None, PortField("settings", "settings")] = Field(
        None,
        ge=SIZE_MIN,
        le=SIZE_MAX,
        title="Width",
        description="Empty is the model's default.",
        json_schema_extra=ui("size", step=16, unit="px", from_model=True),
    )
    height: Annotated[int | None, PortField("settings", "settings")] = Field(
        None,
        ge=SIZE_MIN,
        le=SIZE_MAX,
        title="Height",
        description="Empty is the model's default.",
        json_schema_extra=ui("size", step=16, unit="px", from_model=True),
    )

    def sized(self, model: Model) -> tuple[Mapping[str, int], Sequence[Warning]]:
        """The nearest size that the model draws."""
        usual = model.defaults(self.request.mode)
        asked = (self.width or int(usual["width"]), self.height or int(usual["height"]))
        return _snapped(model, *asked)


class FollowsInputSize(Generation):
    """Operations whose result has the size of an input image, unless a size is given.

    A size of which one side is asked follows the image with the other. The image is drawn on the
    model's grid and brought back by Lanczos resampling.
    """

    crops: ClassVar[bool] = True  # the image, where a size of another shape is asked

    width: Annotated[int | None, PortField("settings", "settings")] = Field(
        None,
        ge=SIZE_MIN,
        le=SIZE_MAX,
        title="Width",
        description="Empty follows the input image.",
        json_schema_extra=ui("size", step=16, unit="px", placeholder="as the input image"),
    )
    height: Annotated[int | None, PortField("settings", "settings")] = Field(
        None,
        ge=SIZE_MIN,
        le=SIZE_MAX,
        title="Height",
        description="Empty follows the input image.",
        json_schema_extra=ui("size", step=16, unit="px", placeholder="as the input image"),
    )
    keep_generated_size: bool = Field(
        False,
        title="Keep generated size",
        description="Return the size that the model generates, not that of the input image.",
        json_schema_extra=ui("toggle", advanced=True),
    )

    def sized(self, model: Model) -> tuple[Mapping[str, int], Sequence[Warning]]:
        """The nearest size that the model draws; what is not asked waits for the image."""
        if self.width and self.height:
            return _snapped(model, self.width, self.height)
        return {}, ()

    def check_sizes(self, sizes: Mapping[str, Sequence[tuple[int, int]]]) -> None:
        """A strip that is too long is refused."""
        for picture in sizes.get("image", ())[:1]:
            check_shape(picture, "image")

    def draw_like(self, ctx: Context, picture: Image, references: Sequence[Image] = ()) -> None:
        """Draw from `picture`, in its shape; `references` are more images for the model."""
        self.check_sizes({"image": [picture.size]})
        model = self.load(ctx)
        size = self._result_size(model, self._asked(picture))
        lost = _lost(picture.size, size)
        if lost > CROP_UNSAID and not self.crops:
            self._draw_beside(ctx, model, [picture, *references], size)
            return
        if lost > CROP_UNSAID:
            detail = f"{lost:.0%} of the image lies outside {size[0]}×{size[1]} and is not used."
            ctx.warn("picture_cropped", detail, "image")
        self._draw_over(ctx, model, picture, references, size)

    def _draw_over(
        self,
        ctx: Context,
        model: LoadedModel,
        picture: Image,
        references: Sequence[Image],
        size: tuple[int, int],
    ) -> None:
        """On the pixels of `picture`, scaled to cover `size`, window by window."""
        from core.engine.canvas.pictures import cover

        source, passes = cover(picture, *size), framed_windows(model, size)
        guidance = self.guidance(ctx).covering(size)
        ctx.note({"drawn": [frame.record() for _, frame in passes]})
        if passes[0][1].shrinks and not model.has_finisher:
            drawn = "×".join(map(str, passes[0][1].drawn))
            detail = f"The model generates {drawn}: the result is scaled up, and less sharp."
            ctx.warn("result_enlarged", detail, "image")

        self.draw_all(ctx, model, lambda draw: redraw(draw, passes, source, guidance, references))

    def _draw_beside(
        self,
        ctx: Context,
        model: LoadedModel,
        pictures: Sequence[Image],
        size: tuple[int, int],
    ) -> None:
        """From `pictures` as they are, in another shape."""
        from PIL.Image import Resampling

        width, height = model.canvas(*size)
        ctx.note({"drawn": [{"width": width, "height": height}]})
        image: Any = pictures if len(pictures) > 1 else pictures[0]

        def make(draw: Draw) -> Image:
            drawn = draw(image=image, width=width, height=height, result_size=size)
            return drawn if drawn.size == size else drawn.resize(size, Resampling.LANCZOS)

        self.draw_all(ctx, model, make)

    def _result_size(self, model: LoadedModel, asked: tuple[int, int]) -> tuple[int, int]:
        """The size asked, or with `keep_generated_size` the size that the model draws for it."""
        if not self.keep_generated_size:
            return asked
        if not is_strip(asked):
            return model.canvas(*asked)
        _, frame = framed_windows(model, asked)[0]
        scale = min(drawn / side for drawn, side in zip(frame.drawn, frame.size, strict=True))
        return max(1, round(asked[0] * scale)), max(1, round(asked[1] * scale))

    def _asked(self, picture: Image) -> tuple[int, int]:
        if self.width and self.height:
            return self.width, self.height
        shape = picture.width / picture.height
        if self.width:
            return self.width, max(1, round(self.width / shape))
        if self.height:
            return max(1, round(self.height * shape)), self.height
        return picture.size


def redraw(
    draw: Draw,
    passes: Sequence[tuple[Window, Frame]],
    source: Image,
    guidance: Guidance,
    references: Sequence[Image] = (),
) -> Image:
    """The image `source` drawn anew, window by window; `guidance` covers it."""
    made = source
    for window, frame in passes:
        seen = frame.cut(made)
        drawn = draw(
            image=[seen, *references] if references else seen,
            width=frame.drawn[0],
            height=frame.drawn[1],
            result_size=frame.size,
            part=(window.index, window.count),
            **guidance.within(frame).parameters,
        )
        made = frame.put(made, drawn, window.fade())
    return made


def _snapped(model: Model, width: int, height: int) -> tuple[Mapping[str, int], Sequence[Warning]]:
    snapped = model.snap(width, height)
    size = {"width": snapped[0], "height": snapped[1]}
    if snapped == (width, height):
        return size, ()
    detail = f"{model.label} draws {snapped[0]}×{snapped[1]} instead of {width}×{height}."
    return size, [Warning("size_snapped", detail, "width" if snapped[0] != width else "height")]


def _lost(picture: tuple[int, int], drawn: tuple[int, int]) -> float:
    """The share of an image that is cut off when it is scaled to cover the size drawn."""
    before, after = picture[0] / picture[1], drawn[0] / drawn[1]
    return 1 - min(before, after) / max(before, after)
