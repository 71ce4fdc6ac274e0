"""Changing an image by an instruction."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from core.operations.declaration.base import Context, Resolved
from core.operations.declaration.fields import ImagesPort, Port, PortField, TextPort, ui
from core.operations.declaration.resolving import ResolveContext
from core.operations.diffusion.sized import FollowsInputSize


class Edit(FollowsInputSize):
    """Change an image by words, looking at one or several.

    The result has the size of the first image unless another is asked. What is transparent in
    the images counts as white.
    """

    name = "edit"
    title = "Edit"
    summary = "Changes an image by an instruction, with reference images."
    category = "generator"
    outputs = (Port("image", "image", many=True),)
    crops = False

    # The prompt of the scene is no instruction: a person wires one.
    prompt: Annotated[TextPort, PortField("text", by_rule=False)] = Field(
        title="Instruction",
        description="What to change, in plain words.",
        json_schema_extra=ui("textarea", tokens=True),
    )
    image: ImagesPort = Field(title="Input images")

    def resolve(self, ctx: ResolveContext) -> Resolved:
        """Resolve as a generation does, with at most as many images as the model takes."""
        self.request.model(ctx).check_references(self.name, len(self.image))
        return super().resolve(ctx)

    def run(self, ctx: Context) -> None:
        """Read the input images once and use all of them for every image."""
        first, *references = [ctx.image(image) for image in self.image]
        self.draw_like(ctx, first, references)
