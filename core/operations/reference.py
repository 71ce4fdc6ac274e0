"""A reference picture with its role and weight, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, model_validator

from core.models.references.kind import Role
from core.operations.declaration.base import Value
from core.operations.declaration.fields import Port, TaskOutput, ui
from core.operations.diffusion.reference_use import WEIGHT_MAX, WHOLE

_KEPT = ("role", "weight", "model")  # of an item, as they are


def _side(name: str) -> Any:
    return Field(
        0.0,
        ge=0,
        le=95,
        title=f"Crop {name}",
        description=f"Share of the picture that is left out at the {name}.",
        json_schema_extra=ui("slider", step=1, unit="%", advanced=True),
    )


class Reference(Value):
    """A picture whose subject, style, composition or face the result takes up.

    Models of SD1.5, SDXL and FLUX.1 use an IP-Adapter, FLUX.1 also Redux; models that edit read it
    themselves.
    """

    name = "reference"
    title = "Reference"
    summary = "A reference picture that the generated images follow."
    category = "setting"
    inputs = (Port("image", "image"), Port("mask", "mask"))
    carried = ("image", "mask")
    outputs = (Port("reference", "reference"),)

    image: str | TaskOutput | None = Field(
        None,
        title="Picture",
        description="An asset's id; a wire comes first.",
        json_schema_extra=ui("image"),
    )
    role: Role = Field(
        "subject",
        title="Role",
        description="What is taken from the picture; not every model has every role.",
        json_schema_extra=ui("select"),
    )
    weight: float = Field(
        1.0,
        ge=0,
        le=WEIGHT_MAX,
        title="Weight",
        description="0 leaves it out, 1 is its full effect. Models that edit cannot weigh.",
        json_schema_extra=ui("slider", step=0.05),
    )
    model: str | None = Field(
        None,
        max_length=300,
        title="IP-Adapter",
        description="Empty takes the one that fits the model and the role.",
        json_schema_extra=ui("companion", task="reference", none="Automatic"),
    )
    mask: str | TaskOutput | None = Field(
        None,
        title="Part that counts",
        description="White is used; without a mask, the whole picture.",
        json_schema_extra=ui("image", advanced=True),
    )
    crop_left: float = _side("left")
    crop_top: float = _side("top")
    crop_right: float = _side("right")
    crop_bottom: float = _side("bottom")

    @model_validator(mode="after")
    def _leaves_something(self) -> Reference:
        if self.crop_left + self.crop_right >= 100 or self.crop_top + self.crop_bottom >= 100:
            raise ValueError("nothing is left of the picture: crop less")
        return self

    @classmethod
    def of_item(cls, item: Mapping[str, Any]) -> dict[str, Any]:
        """The fields for one item of the field `reference`."""
        left, top, right, bottom = item.get("crop", WHOLE)
        cut = {"left": left, "top": top, "right": 1 - right, "bottom": 1 - bottom}
        crops = {f"crop_{side}": round(100 * share, 6) for side, share in cut.items() if share}
        return {**super().of_item({name: item.get(name) for name in _KEPT}), **crops}

    def values(self) -> Mapping[str, Any]:
        """One item of the field `reference` of an operation."""
        use = self.model_dump(include={"image", "mask", "role", "weight"})
        use["model"] = self.model or None
        crop = (
            self.crop_left / 100,
            self.crop_top / 100,
            1 - self.crop_right / 100,
            1 - self.crop_bottom / 100,
        )
        return {"reference": {"reference": {**use, "crop": crop}}}
