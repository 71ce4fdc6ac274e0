"""A reference in use: its picture, the part of it that counts, its role, and its weight."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from core import kinds
from core.models.references.kind import Role
from core.operations.declaration.fields import PortField, TaskOutput, as_list, ui
from core.operations.diffusion.nested_images import lift, parse_items

REFERENCES_MAX = 16
WEIGHT_MAX = 2.0
WHOLE = (0.0, 0.0, 1.0, 1.0)

kinds.add(
    kinds.Kind(
        name="reference",
        noun="reference",
        storage="constant",
        display="none",
        wire=("oklch(60% 0.13 60)", "#f5c98e"),
    )
)
Share = Annotated[float, Field(ge=0, le=1)]
Crop = tuple[Share, Share, Share, Share]


class ReferenceUse(BaseModel):
    """One reference picture. What its model cannot do with it is refused before the run."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    image: str | TaskOutput | None = Field(
        None,
        exclude=True,
        description="Picture: asset id, data URI or task output. Kept in `reference_image`.",
    )
    mask: str | TaskOutput | None = Field(
        None,
        exclude=True,
        description="White is the part that counts. Kept in `reference_mask`.",
    )
    masked: bool = Field(False, description="It has a mask in `reference_mask`.")
    role: Role = Field("subject", description="What is taken from the picture.")
    weight: float = Field(
        1.0, ge=0, le=WEIGHT_MAX, description="0 leaves it out, 1 is its full effect."
    )
    model: str | None = Field(
        None,
        min_length=1,
        max_length=300,
        description="IP-Adapter: ID, name or content hash. Empty takes the one that fits.",
    )
    crop: Crop = Field(
        WHOLE, description="Part of the picture: left, top, right, bottom as shares of its sides."
    )
    detector: str | None = Field(
        None,
        min_length=1,
        max_length=100,
        description="Object detector that finds the largest face, for the role `face` without crop "
        "and mask. Empty takes `owlv2-base` where it is here.",
    )

    @model_validator(mode="after")
    def _crop_has_an_area(self) -> ReferenceUse:
        left, top, right, bottom = self.crop
        if left >= right or top >= bottom:
            raise ValueError(f"the crop {list(self.crop)} is empty")
        return self

    @property
    def seeks_face(self) -> bool:
        """True if the face in its picture is to be found."""
        return self.active and self.role == "face" and self.crop == WHOLE and not self.masked

    @property
    def active(self) -> bool:
        """True if it changes the image."""
        return self.weight != 0


def lift_references(given: Any) -> Any:
    """The pictures and masks within `reference` as fields of their own. Raises `InvalidInput`."""
    given = lift(given, "reference", "image", "reference_image")
    return lift(given, "reference", "mask", "reference_mask", flag="masked")


ReferencesPort = Annotated[
    tuple[ReferenceUse, ...],
    Field(max_length=REFERENCES_MAX),
    BeforeValidator(parse_items),
    PortField("reference", many=True),
    Field(
        title="References",
        description="Reference pictures, each with role, weight and the part that counts.",
        json_schema_extra=ui("hidden"),
    ),
]
ReferenceImages = Annotated[
    tuple[str | TaskOutput, ...],
    Field(max_length=REFERENCES_MAX),
    BeforeValidator(as_list),
    PortField("image", many=True, wired=False),
    Field(
        title="Reference pictures",
        description="The picture of each reference, in order.",
        json_schema_extra=ui("hidden"),
    ),
]
ReferenceMasks = Annotated[
    tuple[str | TaskOutput, ...],
    Field(max_length=REFERENCES_MAX),
    BeforeValidator(as_list),
    PortField("mask", many=True, wired=False),
    Field(
        title="Masks of references",
        description="The masks of those references that are `masked`, in order.",
        json_schema_extra=ui("hidden"),
    ),
]
