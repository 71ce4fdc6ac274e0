"""A control in use: its image, its ControlNet, and how strongly and when it acts."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from core import kinds
from core.operations.declaration.fields import PortField, TaskOutput, as_list, ui
from core.operations.diffusion.nested_images import lift, parse_items

CONTROLS_MAX = 16
STRENGTH_MAX = 2.0
ControlMode = Literal["balanced", "prompt", "control"]

kinds.add(
    kinds.Kind(
        name="control",
        noun="control",
        storage="constant",
        display="none",
        wire=("oklch(58% 0.12 200)", "#7dd3e8"),
    )
)


class ControlUse(BaseModel):
    """One ControlNet with its image. `strength` is diffusers' `controlnet_conditioning_scale`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    image: str | TaskOutput | None = Field(
        None,
        exclude=True,
        description="Control image: asset id, data URI or task output. Kept in `control_image`.",
    )
    model: str | None = Field(
        None,
        min_length=1,
        max_length=300,
        description="ID, name or content hash of a ControlNet, control LoRA or control adapter; "
        "none for models that have their own.",
    )
    type: str | None = Field(
        None, max_length=40, description="Type of the control image; for union models only."
    )
    mode: ControlMode = Field(
        "balanced",
        description="`prompt`: deeper layers are guided less, so that the prompt counts more. "
        "`control`: as `prompt`, and the negative prompt is not guided (diffusers' `guess_mode`).",
    )
    strength: float = Field(
        1.0, ge=0, le=STRENGTH_MAX, description="0 leaves the control out, 1 is its full effect."
    )
    start: float = Field(0.0, ge=0, lt=1, description="Share of the steps at which it begins.")
    end: float = Field(1.0, gt=0, le=1, description="Share of the steps at which it ends.")

    @model_validator(mode="after")
    def _starts_before_its_end(self) -> ControlUse:
        if self.start >= self.end:
            raise ValueError(f"start {self.start:g} is not before end {self.end:g}")
        return self

    @property
    def active(self) -> bool:
        """True if it changes the image."""
        return self.strength != 0


def lift_images(given: Any) -> Any:
    """The images within `control` as the field `control_image`, in the same order.

    Raises `InvalidInput` where only some controls have an image, or where both fields have them.
    """
    return lift(given, "control", "image", "control_image")


ControlsPort = Annotated[
    tuple[ControlUse, ...],
    Field(max_length=CONTROLS_MAX),
    BeforeValidator(parse_items),
    PortField("control", many=True),
    Field(
        title="Controls",
        description="ControlNets, each with image, type, strength, start and end.",
        json_schema_extra=ui("hidden"),
    ),
]
ControlImages = Annotated[
    tuple[str | TaskOutput, ...],
    Field(max_length=CONTROLS_MAX),
    BeforeValidator(as_list),
    PortField("image", many=True, wired=False),
    Field(
        title="Control images",
        description="The image of each control, in order.",
        json_schema_extra=ui("hidden"),
    ),
]
