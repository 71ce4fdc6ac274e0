"""An image of the user's, as a value."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from core.operations.declaration.base import Value
from core.operations.declaration.fields import Port, ui


class ImageInput(Value):
    """An image that was uploaded or made before."""

    name = "image_input"
    title = "Input image"
    summary = "An image of yours: drop, paste or choose it."
    category = "input"
    outputs = (Port("image", "image"),)

    image: str | None = Field(
        None,
        max_length=64,
        title="Image",
        description="An asset's id.",
        json_schema_extra=ui("image"),
    )

    def values(self) -> Mapping[str, str | None]:
        """The image's asset id."""
        return {"image": self.image}
