"""The base of images that are drawn in the page, for use as control images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from core.operations.declaration.base import Value
from core.operations.declaration.fields import Port, ui

SMALLEST, LARGEST = 64, 2048  # pixels


class Canvas(Value):
    """An image of a chosen size that a person draws."""

    category = "input"
    outputs = (Port("image", "image"),)

    width: int = Field(
        1024,
        ge=SMALLEST,
        le=LARGEST,
        title="Width",
        description="Of the canvas.",
        json_schema_extra=ui("number", unit="px", step=8),
    )
    height: int = Field(
        1024,
        ge=SMALLEST,
        le=LARGEST,
        title="Height",
        description="Of the canvas.",
        json_schema_extra=ui("number", unit="px", step=8),
    )
    image: str | None = Field(
        None,
        max_length=64,
        title="Image",
        description="What was drawn: an asset's id.",
        json_schema_extra=ui("hidden"),
    )

    @classmethod
    def of_parameters(cls, params: Mapping[str, Any]) -> tuple[dict[str, Any], set[str]]:
        """Nothing: what was drawn comes back as an image, and a size is that of the result."""
        return {}, set()

    def values(self) -> Mapping[str, str | None]:
        """The asset id of what was drawn."""
        return {"image": self.image}
