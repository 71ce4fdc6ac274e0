"""The depth map of an image."""

from __future__ import annotations

from pydantic import Field

from core.operations.control.preprocessor import NetworkPreprocessor
from core.operations.declaration.base import Context
from core.operations.declaration.fields import ui


class Depth(NetworkPreprocessor):
    """Estimate the depth of an image: near is white, far is black.

    What is transparent counts as white.
    """

    name = "depth"
    title = "Depth"
    summary = "Estimates the depth of an image, for a control model."

    model: str = Field(
        "",
        max_length=100,
        title="Model",
        description="The id of an auxiliary model. Empty takes Depth Anything where it is on this "
        "machine, else the network of the built-in model, for its drawings.",
        json_schema_extra=ui("companion", task="depth", none="Automatic"),
    )

    def run(self, ctx: Context) -> None:
        """One image in, its depth map out."""
        from core.engine.auxiliary.layout import load_depth

        picture = ctx.image(self.image)
        self.check_sizes({"image": [picture.size]})
        ctx.progress("loading")
        estimator = ctx.auxiliary_models.get(self.model, load_depth)
        ctx.progress("estimating")
        ctx.add_image(estimator.depth(picture))
