"""A region in use: its mask, its prompts, its share and its soft edge."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from core import kinds
from core.operations.declaration.fields import TEXT_MAX, PortField, TaskOutput, as_list, ui
from core.operations.diffusion.lora_use import LORAS_MAX, LoraUse, parse_uses
from core.operations.diffusion.nested_images import lift, parse_items

REGIONS_MAX = 8
FEATHER_MAX = 512

kinds.add(
    kinds.Kind(
        name="regions",
        noun="regions",
        storage="constant",
        display="none",
        wire=("oklch(58% 0.14 20)", "#f7a6a6"),
    )
)


RegionLoras = Annotated[
    tuple[LoraUse, ...],
    Field(
        max_length=LORAS_MAX,
        description="LoRAs of the region, beside those of the whole image. A weight of 0 switches "
        "one of those off there.",
    ),
    BeforeValidator(parse_uses),
]


class RegionUse(BaseModel):
    """One region with a prompt and LoRAs of its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mask: str | TaskOutput | None = Field(
        None,
        exclude=True,
        description="White is the region: asset id, data URI or task output. Kept in "
        "`region_mask`.",
    )
    prompt: str = Field(
        min_length=1,
        max_length=TEXT_MAX,
        description="What to draw there; choices, wildcards and LoRA tags as in the prompt.",
    )
    negative_prompt: str = Field(
        "", max_length=TEXT_MAX, description="Empty takes that of the whole image."
    )
    strength: float = Field(
        1.0,
        ge=0,
        le=1,
        description="Share of the region's prompt; the rest is that of the whole image.",
    )
    feather: int = Field(
        0, ge=0, le=FEATHER_MAX, description="Width of the soft edge, pixels of the result."
    )
    loras: RegionLoras = ()

    @property
    def active(self) -> bool:
        """True if it changes the image."""
        return self.strength != 0


def lift_masks(given: Any) -> Any:
    """The masks within `regions` as the field `region_mask`, in the same order."""
    return lift(given, "regions", "mask", "region_mask")


RegionsPort = Annotated[
    tuple[RegionUse, ...],
    Field(max_length=REGIONS_MAX),
    BeforeValidator(parse_items),
    PortField("regions"),
    Field(
        title="Regions",
        description="Parts of the image with prompts of their own. Each costs a run of the network "
        "a step.",
        json_schema_extra=ui("hidden"),
    ),
]
Method = Literal["blend", "attention"]
RegionMethod = Annotated[
    Method,
    PortField("regions", "regions"),
    Field(
        title="Method of regions",
        description="`blend`: one run of the network a step for each region, in every family. "
        "`attention`: one run with the texts of all, kept apart by attention masks; without LoRAs.",
        json_schema_extra=ui("hidden"),
    ),
]
RegionMasks = Annotated[
    tuple[str | TaskOutput, ...],
    Field(max_length=REGIONS_MAX),
    BeforeValidator(as_list),
    PortField("mask", many=True, wired=False),
    Field(
        title="Masks of regions",
        description="The mask of each region, in order.",
        json_schema_extra=ui("hidden"),
    ),
]
