"""What every picture-making operation shares: several pictures from one request."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from core.operations.declaration.base import Context, LoadedModel
from core.operations.declaration.fields import PortField, ui
from core.operations.diffusion.operation import DiffusionOperation
from core.operations.diffusion.prompted import Prompted

if TYPE_CHECKING:
    from PIL.Image import Image

# Draws a picture with parameters that are not fields as they are, such as a decoded picture.
Draw = Callable[..., "Image"]
Make = Callable[[Draw], "Image"]


class ImageCount(Prompted):
    """How many pictures; it stands before what all that is drawn shares."""

    num_images: Annotated[int, PortField("settings", "settings")] = Field(
        1,
        ge=1,
        le=64,
        title="Images",
        description="Image i uses seed + i and can be made again alone.",
        json_schema_extra=ui("slider", step=1),
    )


class Generation(DiffusionOperation, ImageCount):
    """Parameters common to everything that makes new pictures, but for the size."""

    def count(self) -> int:
        """How many pictures have a seed and a prompt of their own."""
        return self.num_images

    def draw_all(self, ctx: Context, model: LoadedModel, make: Make) -> None:
        """`num_images` pictures, one after the other, each reproducible alone.

        `make` makes one, with the function that it gets for drawing.
        """
        for index in range(self.num_images):
            texts, seed = self.texts(ctx, index), self.seed_of(index)
            report = partial(ctx.progress, image=index + 1, images=self.num_images)
            picture = make(partial(self.draw, ctx, model, texts, report, seed))
            ctx.note(model.facts)
            ctx.add_image(picture, seed=seed, parameters=self.said(ctx, texts))
