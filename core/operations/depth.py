"""The depth map of an image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import Field

from core.operations.control.preprocessor import check_pixels
from core.operations.declaration.base import Context, Operation, Resolved
from core.operations.declaration.fields import ImagePort, Port, ui
from core.operations.declaration.resolving import ResolveContext
from core.operations.diffusion.picture_sizes import check_not_strip


class Depth(Operation):
    """Estimate the depth of an image: near is white, far is black.

    What is transparent counts as white.
    """

    name = "depth"
    title = "Depth"
    summary = "Estimates the depth of an image, for a control model."
    category = "generator"
    lane = "cpu"
    on_gpu = True
    outputs = (Port("image", "image"),)

    image: ImagePort = Field(title="Image")
    model: str = Field(
        "depth-anything-v2-small",
        max_length=100,
        title="Model",
        description="The id of an auxiliary model.",
        json_schema_extra=ui("companion", task="depth"),
    )

    def resolve(self, ctx: ResolveContext) -> Resolved:
        """Refuse at once where the model is missing, with the way to get it."""
        content = ctx.auxiliary.fingerprint(self.model)
        return Resolved(self, fingerprints={f"auxiliary/{self.model}": content})

    def check_sizes(self, sizes: Mapping[str, Sequence[tuple[int, int]]]) -> None:
        """Refuse a too large image, and a strip, which the network would see enlarged."""
        check_pixels(sizes)
        for size in sizes.get("image", ()):
            check_not_strip(size, "image")

    def run(self, ctx: Context) -> None:
        """One image in, its depth map out."""
        from core.engine.auxiliary.depth import DepthEstimator

        picture = ctx.image(self.image)
        self.check_sizes({"image": [picture.size]})
        ctx.progress("loading")
        estimator = ctx.auxiliary_models.get(self.model, DepthEstimator.load)
        ctx.progress("estimating")
        ctx.add_image(estimator.depth(picture))
