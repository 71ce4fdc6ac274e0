"""Splitting an image into layers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from core.operations.declaration.base import Context
from core.operations.declaration.fields import ImagePort, Port, PortField, TextPort, ui
from core.operations.diffusion.generation import Generation


class Layers(Generation):
    """Split an image into layers with transparency, which give the image when stacked.

    They have its size and come bottom first. Without a prompt, the model describes the image.
    """

    name = "layers"
    title = "Split into layers"
    summary = "Splits an image into layers with transparency."
    category = "generator"
    outputs = (Port("image", "image", many=True),)

    image: ImagePort = Field(title="Image")
    prompt: Annotated[TextPort, PortField("text", by_rule=False)] = Field(
        "",
        title="Prompt",
        description="The whole image in words, hidden parts too; empty lets the model describe it.",
        json_schema_extra=ui("textarea", tokens=True),
    )
    layers: int = Field(
        4,
        ge=1,
        le=10,
        title="Layers",
        description="More layers take more time and memory.",
        json_schema_extra=ui("slider", step=1),
    )
    resolution: Literal[640, 1024] = Field(
        640,
        title="Resolution",
        description="Side in pixels of a square of the area that is drawn; 640 is recommended.",
        json_schema_extra=ui("select", unit="px"),
    )

    def run(self, ctx: Context) -> None:
        """The image is decoded once; every set of layers has a seed of its own."""
        from PIL.Image import Resampling

        picture = ctx.image(self.image)
        model, request = self.load(ctx), self.request
        size = {"width": picture.width, "height": picture.height}
        for plan in request.plans(ctx):
            drawing = request.drawing(ctx, plan, image=picture, **size)
            layers = model.draw_layers(self.name, drawing)
            ctx.note({**model.facts, "drawn": [dict(zip(size, layers[0].size, strict=True))]})
            for number, layer in enumerate(layers):
                whole = layer.resize(picture.size, Resampling.LANCZOS)
                ctx.add_image(whole, seed=plan.seed, parameters={**plan.metadata, "layer": number})
