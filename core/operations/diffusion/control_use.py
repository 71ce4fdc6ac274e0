"""A control in use: its image, its ControlNet, and how strongly and when it acts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from core import kinds
from core.errors import InvalidInput
from core.operations.declaration.fields import PortField, TaskOutput, as_list, ui

CONTROLS_MAX = 16
STRENGTH_MAX = 2.0

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
        description="ID, name or content hash of a ControlNet or control LoRA; none for models "
        "that take a control image themselves.",
    )
    type: str | None = Field(
        None, max_length=40, description="Type of the control image; for union models only."
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


def parse_controls(given: Any) -> Any:
    """JSON text, as the command line has it, and a single control as a list."""
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            return given  # pydantic refuses it
    return [given] if isinstance(given, Mapping) else given


def lift_images(given: Any) -> Any:
    """The images within `control` as the field `control_image`, in the same order.

    Raises `InvalidInput` where only some controls have an image, or where both fields have them.
    """
    if not isinstance(given, Mapping):
        return given
    controls = parse_controls(given.get("control"))
    if not isinstance(controls, list | tuple):
        return given
    images = [entry.get("image") if isinstance(entry, Mapping) else None for entry in controls]
    if not any(images):
        return given
    if given.get("control_image"):
        raise InvalidInput(
            "Control images are given twice, in `control` and in `control_image`.",
            field="control_image",
            fix="Give each control its `image`, and leave `control_image` out.",
        )
    for index, image in enumerate(images):
        if image is None:
            raise InvalidInput(
                f"Control {index + 1} has no image.",
                field=f"control.{index}.image",
                fix="Give every control an image.",
            )
    bare = [{**entry, "image": None} for entry in controls]
    return {**given, "control": bare, "control_image": images}


ControlsPort = Annotated[
    tuple[ControlUse, ...],
    Field(max_length=CONTROLS_MAX),
    BeforeValidator(parse_controls),
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
