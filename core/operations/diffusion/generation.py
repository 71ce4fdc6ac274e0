"""Operations that make new images with a diffusion model, several from one request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import ConfigDict, Field

from core.operations.declaration.base import Context, LoadedModel, Resolved, Warning
from core.operations.declaration.fields import PortField, ui
from core.operations.declaration.resolving import ResolveContext
from core.operations.diffusion.guidance import Guidance
from core.operations.diffusion.parameters import DiffusionParameters
from core.operations.diffusion.request import DiffusionRequest

if TYPE_CHECKING:
    from PIL.Image import Image

    from core.models.library.model import Model
    from core.operations.diffusion.control import Control
    from core.operations.diffusion.reference import Reference
    from core.operations.diffusion.region import Region

# Draws an image with parameters that are not fields as they are, such as a decoded image.
Draw = Callable[..., "Image"]
Make = Callable[[Draw], "Image"]


def _name_mode(schema: dict[str, Any], declaration: type[Generation]) -> None:
    """In the form, offer the models of the mode that the operation draws with."""
    if declaration.mode:
        part = schema["properties"]["model"]
        part["ui"] = {**part["ui"], "mode": declaration.mode}


class Generation(DiffusionParameters):
    """The parameters common to all that makes new images, but for the size."""

    model_config = ConfigDict(json_schema_extra=_name_mode)

    mode: ClassVar[str | None] = None  # of the model, if not `name`

    num_images: Annotated[int, PortField("settings", "settings")] = Field(
        1,
        ge=1,
        le=64,
        title="Images",
        description="Image i uses seed + i, so each can be reproduced alone.",
        json_schema_extra=ui("slider", step=1),
    )

    @property
    def request(self) -> DiffusionRequest:
        """These parameters, ready to be resolved and drawn."""
        return DiffusionRequest(self, self.mode or self.name, self.num_images)

    def resolve(self, ctx: ResolveContext) -> Resolved:
        """Fill in the model's defaults and the size, draw the seed, plan every image."""
        model = self.request.model(ctx)
        return self.request.resolve(ctx, model, *self.sized(model))

    def sized(self, model: Model) -> tuple[Mapping[str, int], Sequence[Warning]]:
        """The values of `width` and `height` that will run, where there are such fields, and the
        warnings that come with them."""
        return {}, ()

    def controls(self, ctx: Context) -> Sequence[Control]:
        """The controls that the images follow; see `Controllable`."""
        return ()

    def references(self, ctx: Context) -> Sequence[Reference]:
        """The references that the images follow; see `Referable`."""
        return ()

    def regional(self, ctx: Context) -> Sequence[Region]:
        """The regions with prompts of their own; see `Regional`."""
        return ()

    def guidance(self, ctx: Context) -> Guidance:
        """All that the images follow beside their prompts."""
        return Guidance(self.controls(ctx), self.references(ctx), self.regional(ctx))

    def load(self, ctx: Context) -> LoadedModel:
        """The model, ready to draw."""
        return self.request.load(ctx)

    def draw_all(self, ctx: Context, model: LoadedModel, make: Make) -> None:
        """`num_images` images, one after the other, each reproducible alone.

        `make` makes one with the function that it gets for drawing.
        """
        request = self.request
        for index, plan in enumerate(request.plans(ctx)):
            report = partial(ctx.progress, image=index + 1, images=self.num_images)
            image = make(partial(request.draw, ctx, model, plan, report))
            ctx.note(model.facts)
            ctx.add_image(image, seed=plan.seed, parameters=plan.metadata)
