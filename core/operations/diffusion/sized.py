"""Operations with a size of their own: a fixed one, or one that follows an input image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from core.operations.declaration.base import Context, Warning
from core.operations.declaration.fields import PortField, ui
from core.operations.diffusion.generation import Generation

if TYPE_CHECKING:
    from PIL.Image import Image

    from core.models.library.library import Model

SIZE_MIN, SIZE_MAX = 64, 2048
CROP_UNSAID = 0.02  # of an image's area; what a model's grid costs is less


class FixedSize(Generation):
    """Operations that draw in a size that the request or the model gives."""

    width: Annotated[int | None, PortField("settings", "settings")] = Field(
        None,
        ge=SIZE_MIN,
        le=SIZE_MAX,
        title="Width",
        json_schema_extra=ui("size", step=16, unit="px", from_model=True),
    )
    height: Annotated[int | None, PortField("settings", "settings")] = Field(
        None,
        ge=SIZE_MIN,
        le=SIZE_MAX,
        title="Height",
        json_schema_extra=ui("size", step=16, unit="px", from_model=True),
    )

    def sized(self, model: Model) -> tuple[Mapping[str, int], Sequence[Warning]]:
        """The nearest size that the model draws."""
        usual = model.defaults(self.name)
        asked = (self.width or int(usual["width"]), self.height or int(usual["height"]))
        return _snapped(model, *asked)


class FollowsInputSize(Generation):
    """Operations that draw in the shape of an input image, unless a size is given.

    A size of which one side is asked follows the image with the other.
    """

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

    def sized(self, model: Model) -> tuple[Mapping[str, int], Sequence[Warning]]:
        """The nearest size that the model draws; what is not asked waits for the image."""
        if self.width and self.height:
            return _snapped(model, self.width, self.height)
        return {}, ()

    def draw_like(self, ctx: Context, pictures: Sequence[Image]) -> None:
        """Draw from `pictures`, in the shape of the first."""
        model, first = self.load(ctx), pictures[0]
        width, height = model.canvas(*self._asked(first))
        ctx.note({"drawn": [{"width": width, "height": height}]})
        lost = _lost(first.size, (width, height))
        if lost > CROP_UNSAID:
            detail = f"{lost:.0%} of the image lies outside {width}×{height} and is not used."
            ctx.warn("picture_cropped", detail, "image")
        image: Any = pictures if len(pictures) > 1 else first
        self.draw_all(ctx, model, lambda draw: draw(image=image, width=width, height=height))

    def _asked(self, picture: Image) -> tuple[int, int]:
        if self.width and self.height:
            return self.width, self.height
        shape = picture.width / picture.height
        if self.width:
            return self.width, max(1, round(self.width / shape))
        if self.height:
            return max(1, round(self.height * shape)), self.height
        return picture.size


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
