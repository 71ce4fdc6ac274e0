"""Changing an image by an instruction."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from core.operations.declaration.base import Context, Resolved
from core.operations.declaration.fields import ImagesPort, Port, PortField, TextPort, ui
from core.operations.declaration.resolving import ResolveContext
from core.operations.diffusion.referable import ReferenceFields
from core.operations.diffusion.reference_choice import check_pictures
from core.operations.diffusion.sized import FollowsInputSize


class Edit(ReferenceFields, FollowsInputSize):
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
        model = self.request.model(ctx)
        active = sum(use.active for use in self.reference)
        field = "reference" if active else "image"
        model.check_references(self.name, len(self.image) + active, field)
        check_pictures(self.reference, model)
        if all(isinstance(image, str) for image in self.reference_image):
            self.check_reference_counts()
        return super().resolve(ctx)

    def run(self, ctx: Context) -> None:
        """Read the input images and references once and use all of them for every image."""
        first, *others = [ctx.image(image) for image in self.image]
        references = [picture for _, picture in self.reference_pictures(ctx)]
        self.draw_like(ctx, first, [*others, *references])
