"""Operations whose images can have prompts per region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pydantic import model_validator

from core.errors import InvalidInput
from core.operations.declaration.base import Context, Resolved, Warning
from core.operations.declaration.resolving import ResolveContext
from core.operations.diffusion.controllable import Size, check_cover
from core.operations.diffusion.prompt_loras import read
from core.operations.diffusion.referable import Referable
from core.operations.diffusion.region import Region
from core.operations.diffusion.region_use import RegionMasks, RegionsPort, lift_masks
from core.operations.diffusion.weights import WeightReader
from core.prompts.attention import PromptText

Texts = tuple[PromptText, PromptText]  # prompt, negative prompt
PARAMETER = "regions"  # of the modes that regions can be used in


class Regional(Referable):
    """Fields of regions, references and controls, and their resolution. Each acts on every image.

    The network runs once a step for every region, and for the background where it is seen.
    """

    regions: RegionsPort = ()
    region_mask: RegionMasks = ()

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
        passes = sum(use.active for use in self.regions) + 1
        steps = getattr(resolved.operation, "num_inference_steps", None) or 0
        detail = (
            f"Every step runs the network up to {passes} times, once for each region and for the "
            f"background: as long as {passes * steps} steps instead of {steps}."
        )
        _, warnings = self._texts(ctx)
        cost = Warning("regions_cost", detail, "regions")
        return replace(
            resolved,
            warnings=(*resolved.warnings, *warnings, cost),
            facts={**resolved.facts, "regions": {"passes": passes, "steps": passes * steps}},
        )

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
        texts, _ = self._texts(ctx.resolver)
        regions = []
        for index, (use, asset) in enumerate(zip(self.regions, self.region_mask, strict=True)):
            if not use.active:
                continue
            given = ctx.image(asset)
            mask = masks.grey(given, given.size)
            if mask.getbbox() is None:
                raise InvalidInput(
                    f"The mask of region {index + 1} is black everywhere: nothing would be drawn.",
                    field=f"regions.{index}.mask",
                    fix="Paint the region, or leave it out.",
                )
            regions.append(Region(use, mask, *texts[index]))
        return regions

    def _texts(self, ctx: ResolveContext) -> tuple[list[Texts], tuple[Warning, ...]]:
        """Prompt and negative prompt of each region as they are encoded, and warnings."""
        weights = WeightReader(self, ctx)
        texts: list[Texts] = []
        ignored = []
        for index, use in enumerate(self.regions):
            whole = self.negative_prompt if isinstance(self.negative_prompt, str) else ""
            place = f"regions.{index}"
            prompt, tags = read(use.prompt, f"{place}.prompt")
            negative, _ = read(use.negative_prompt or whole, f"{place}.negative_prompt")
            texts.append(
                (
                    weights(f"{place}.prompt", prompt),
                    weights(f"{place}.negative_prompt", negative),
                )
            )
            if tags:
                ignored.append(_lora_ignored(index))
        return texts, (*weights.warnings, *ignored)

    def _check_masks(self) -> None:
        if len(self.regions) != len(self.region_mask):
            raise InvalidInput(
                f"{len(self.regions)} regions came with {len(self.region_mask)} masks.",
                field="regions",
                fix="Give every region one mask.",
            )


def _lora_ignored(index: int) -> Warning:
    return Warning(
        "lora_ignored",
        "LoRAs act on the whole image. Name them in the prompt of the whole image instead.",
        f"regions.{index}.prompt",
    )
