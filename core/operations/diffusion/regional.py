"""Operations whose images can have prompts per region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import model_validator

from core.errors import InvalidInput
from core.operations.declaration.base import Context, Resolved, Warning
from core.operations.declaration.resolving import ResolveContext
from core.operations.diffusion.controllable import Size, check_cover
from core.operations.diffusion.referable import Referable
from core.operations.diffusion.region import Region
from core.operations.diffusion.region_use import (
    RegionMasks,
    RegionMethod,
    RegionsPort,
    RegionUse,
    lift_masks,
)
from core.operations.diffusion.request import DiffusionRequest

if TYPE_CHECKING:
    from core.models.library.model import Model

PARAMETER = "regions"  # of the modes that regions can be used in
METHOD = "region_method"  # of those that have attention masks for them


class Regional(Referable):
    """Fields of regions, references and controls, and their resolution. Each acts on every image.

    Blended, the network runs once a step for every region, and for the background where it is seen;
    by attention masks it runs once with all texts.
    """

    regions: RegionsPort = ()
    region_mask: RegionMasks = ()
    region_method: RegionMethod = "blend"

    _lift_masks = model_validator(mode="before")(lift_masks)

    def resolve(self, ctx: ResolveContext) -> Resolved:
        """Resolve as a generation does, and state what the regions cost."""
        resolved = super().resolve(ctx)
        if not self.regions and not self.region_mask:
            return resolved
        if all(isinstance(mask, str) for mask in self.region_mask):
            self._check_masks()
        model = self.request.model(ctx)
        if not model.supports(self.request.mode, PARAMETER):
            raise InvalidInput(
                f"{model.label} takes no regions in {self.request.mode}.",
                field="regions",
                fix="Leave them out, or choose another model.",
            )
        if self.region_method == "attention":
            return self._attended(resolved, model)
        passes = len(self._active) + 1
        steps = getattr(resolved.operation, "num_inference_steps", None) or 0
        detail = (
            f"Every step runs the network up to {passes} times, once for each region and for the "
            f"background: as long as {passes * steps} steps instead of {steps}."
        )
        cost = Warning("regions_cost", detail, "regions")
        return replace(
            resolved,
            warnings=(*resolved.warnings, cost),
            facts={**resolved.facts, "regions": {"passes": passes, "steps": passes * steps}},
        )

    def _attended(self, resolved: Resolved, model: Model) -> Resolved:
        """Refuse what attention masks cannot do. Raises `InvalidInput`."""
        if not model.supports(self.request.mode, METHOD):
            raise InvalidInput(
                f"{model.label} has no attention masks for regions in {self.request.mode}.",
                field=METHOD,
                fix="Choose the method `blend`.",
            )
        planned = resolved.facts.get("plans", ())
        regions = [region for plan in planned for region in plan.get("regions", ())]
        if any(use.loras for use in self.regions) or any(region["loras"] for region in regions):
            raise InvalidInput(
                "By attention masks all regions share one run of the network, and its LoRAs.",
                field=METHOD,
                fix="Choose the method `blend`, or leave out the LoRAs of regions.",
            )
        steps = getattr(resolved.operation, "num_inference_steps", None) or 0
        fact = {"passes": 1, "steps": steps, "method": self.region_method}
        return replace(resolved, facts={**resolved.facts, "regions": fact})

    def check_sizes(self, sizes: Mapping[str, Sequence[Size]]) -> None:
        """Refuse masks of quite another shape than the result."""
        super().check_sizes(sizes)
        for index, size in enumerate(sizes.get("region_mask", ())):
            for result in self.asked_sizes(sizes):
                check_cover(size, result, "mask of a region", f"regions.{index}.mask")

    def regional(self, ctx: Context) -> list[Region]:
        """The active regions with their masks. Raises `InvalidInput` naming the region."""
        from core.engine.canvas import masks

        self._check_masks()
        if not self.regions:
            return []
        regions = []
        for index, use in self._active.items():
            given = ctx.image(self.region_mask[index])
            mask = masks.grey(given, given.size)
            if mask.getbbox() is None:
                raise InvalidInput(
                    f"The mask of region {index + 1} is black everywhere: nothing would be drawn.",
                    field=f"regions.{index}.mask",
                    fix="Paint the region, or leave it out.",
                )
            regions.append(Region(use, mask))
        return regions

    @property
    def request(self) -> DiffusionRequest:
        """See `Generation.request`; the texts of the regions are planned too."""
        return replace(super().request, regions=self._active)

    @property
    def _active(self) -> dict[int, RegionUse]:
        return {index: use for index, use in enumerate(self.regions) if use.active}

    def _check_masks(self) -> None:
        if len(self.regions) != len(self.region_mask):
            raise InvalidInput(
                f"{len(self.regions)} regions came with {len(self.region_mask)} masks.",
                field="regions",
                fix="Give every region one mask.",
            )
