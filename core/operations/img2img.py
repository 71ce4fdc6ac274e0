"""Image to image."""

from __future__ import annotations

from pydantic import Field

from core.operations.declaration.base import Context
from core.operations.declaration.fields import ImagePort, Port, ui
from core.operations.diffusion.regional import Regional
from core.operations.diffusion.sized import FollowsInputSize


class Img2Img(Regional, FollowsInputSize):
    """Draw an image anew, starting from another one, in its size unless another is asked.

    What is transparent in it counts as white.
    """

    name = "img2img"
    title = "Image to image"
    summary = "Generates an image from another one and a prompt."
    category = "generator"
    outputs = (Port("image", "image", many=True),)

    image: ImagePort = Field(title="Image")
    strength: float = Field(
        0.6,
        gt=0,
        le=1,
        title="Denoising strength",
        description="Near 0 keeps the image, 1 ignores it.",
        json_schema_extra=ui("slider", step=0.05),
    )

    def run(self, ctx: Context) -> None:
        """The image is decoded once; every image starts from it with its own seed."""
        self.draw_like(ctx, ctx.image(self.image))
