"""Regions with prompts of their own, painted over an image, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from core.operations.declaration.base import Value
from core.operations.declaration.fields import TEXT_MAX, Port, ui
from core.operations.diffusion.region_use import FEATHER_MAX, REGIONS_MAX, Method, RegionLoras


class PaintedRegion(BaseModel):
    """A region of the brick; without a mask or a prompt it takes no part."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mask: str | None = Field(None, max_length=64)
    prompt: str = Field("", max_length=TEXT_MAX)
    negative_prompt: str = Field("", max_length=TEXT_MAX)
    strength: float = Field(1.0, ge=0, le=1)
    feather: int = Field(16, ge=0, le=FEATHER_MAX)
    loras: RegionLoras = ()


class Regions(Value):
    """Parts of the image with prompts of their own. The prompt of the operation is that of the
    background. Each region costs a run of the network a step."""

    name = "regions"
    title = "Regions"
    summary = "Prompts and LoRAs for parts of the image, painted in colours."
    category = "setting"
    inputs = (Port("image", "image"),)
    outputs = (Port("regions", "regions"),)

    image: str | None = Field(
        None,
        max_length=64,
        title="Image to paint over",
        description="An asset's id; a wire comes first. Without one, an empty canvas.",
        json_schema_extra=ui("image"),
    )
    regions: tuple[PaintedRegion, ...] = Field(
        (),
        max_length=REGIONS_MAX,
        title="Regions",
        description="Each with mask, prompt, negative prompt, strength, feather and LoRAs.",
        json_schema_extra=ui("hidden"),
    )

    method: Method = Field(
        "blend",
        title="Method",
        description="Blend predictions, a run of the network for each region; or attention masks, "
        "one run for all, where the model has them.",
        json_schema_extra=ui("hidden"),
    )

    @classmethod
    def of_parameters(cls, params: Mapping[str, Any]) -> tuple[dict[str, Any], set[str]]:
        """The regions of an operation with their masks; nothing where it has none."""
        regions, masks = params.get("regions") or (), params.get("region_mask") or ()
        if not regions or len(regions) != len(masks):
            return {}, set()
        painted = [{**region, "mask": mask} for region, mask in zip(regions, masks, strict=True)]
        given = {"regions": painted, "method": params.get("region_method", "blend")}
        return given, {"regions", "region_mask", "region_method"}

    def values(self) -> Mapping[str, Any]:
        """The field `regions` of an operation: those that are painted and have a prompt."""
        painted = [
            region.model_dump() for region in self.regions if region.mask and region.prompt.strip()
        ]
        given = {"regions": painted, "region_method": self.method}
        return {"regions": given if painted else None}
