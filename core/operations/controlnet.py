"""A control image with its ControlNet, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, field_validator, model_validator

from core.models.controls.kinds import CONTROLS
from core.operations.declaration.base import Value
from core.operations.declaration.fields import Port, TaskOutput, ui
from core.operations.diffusion.control_use import STRENGTH_MAX, ControlMode

NO_TYPE = "none"
TYPES = sorted({name for kind in CONTROLS.values() for name in kind.types})
MODES = {"balanced": "Balanced", "prompt": "Prompt first", "control": "Control first"}
OWN = "The model's own"
NONE_HERE = (
    "There is no ControlNet on this machine: download one of the list, or put files or folders for "
    "SD1.5, SDXL, SD3.5 or FLUX.1 into models/controlnet."
)


class ControlNet(Value):
    """An image that the result follows, through a ControlNet of the model's family.

    The image comes from a pre-processor such as Canny, or is used as it is.
    """

    name = "controlnet"
    title = "Control"
    summary = "A control image that the generated images follow."
    category = "setting"
    inputs = (Port("image", "image"),)
    carried = ("image",)
    outputs = (Port("control", "control"),)

    image: str | TaskOutput | None = Field(
        None,
        title="Control image",
        description="An asset's id; a wire comes first.",
        json_schema_extra=ui("image"),
    )
    model: str = Field(
        "",
        max_length=300,
        title="ControlNet",
        description="A ControlNet, control LoRA or control adapter for the model. Empty: that of "
        "the model, as the built-in one and FLUX.1 Canny and Depth have.",
        json_schema_extra=ui("companion", task="control", none=OWN, placeholder=NONE_HERE),
    )
    type: str = Field(
        NO_TYPE,
        title="Type",
        description="Of the control image; for union models only.",
        json_schema_extra={"enum": [NO_TYPE, *TYPES], **ui("select")},
    )
    mode: ControlMode = Field(
        "balanced",
        title="Mode",
        description="Prompt guides deeper layers less; control leaves the negative prompt unguided "
        "too. For SD1.5 and SDXL.",
        json_schema_extra=ui("select", choices=MODES, advanced=True),
    )
    strength: float = Field(
        1.0,
        ge=0,
        le=STRENGTH_MAX,
        title="Strength",
        description="0 leaves the control out, 1 is its full effect.",
        json_schema_extra=ui("slider", step=0.05),
    )
    start: float = Field(
        0.0,
        ge=0,
        le=0.95,
        title="Start",
        description="Share of the steps at which it begins.",
        json_schema_extra=ui("slider", step=0.05, advanced=True),
    )
    end: float = Field(
        1.0,
        ge=0.05,
        le=1,
        title="End",
        description="Share of the steps at which it ends.",
        json_schema_extra=ui("slider", step=0.05, advanced=True),
    )

    @field_validator("type")
    @classmethod
    def _is_known(cls, value: str) -> str:
        if value not in (NO_TYPE, *TYPES):
            raise ValueError(f"Input should be one of {', '.join((NO_TYPE, *TYPES))}")
        return value

    @model_validator(mode="after")
    def _starts_before_its_end(self) -> ControlNet:
        if self.start >= self.end:
            raise ValueError(f"start {self.start:g} is not before end {self.end:g}")
        return self

    def values(self) -> Mapping[str, Any]:
        """One item of the field `control` of an operation."""
        use = {**self.model_dump(), "model": self.model or None}
        use["type"] = None if self.type == NO_TYPE else self.type
        return {"control": {"control": use}}
