"""Size, number of images and seed, as one value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from core.configuration.declaration import SEED_MAX
from core.operations.declaration.base import Value
from core.operations.declaration.fields import Port, ui
from core.operations.diffusion.sized import SIZE_MAX, SIZE_MIN


class Settings(Value):
    """Settings for several generators."""

    name = "settings"
    title = "Settings"
    summary = "Size, number of images and seed."
    category = "setting"
    outputs = (Port("settings", "settings"),)

    width: int | None = Field(
        None,
        ge=SIZE_MIN,
        le=SIZE_MAX,
        title="Width",
        json_schema_extra=ui("size", step=16, unit="px", from_model=True),
    )
    height: int | None = Field(
        None,
        ge=SIZE_MIN,
        le=SIZE_MAX,
        title="Height",
        json_schema_extra=ui("size", step=16, unit="px", from_model=True),
    )
    num_images: int = Field(1, ge=1, le=64, title="Images", json_schema_extra=ui("slider", step=1))
    seed: int | None = Field(None, ge=0, le=SEED_MAX, title="Seed", json_schema_extra=ui("seed"))

    def values(self) -> Mapping[str, Any]:
        """All of it on one port; what is empty is left to the model."""
        return {"settings": {name: value for name, value in self if value is not None}}
