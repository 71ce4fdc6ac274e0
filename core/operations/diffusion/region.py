"""A region with its mask, fitted to the canvas of a result."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from core.operations.diffusion.region_use import RegionUse

if TYPE_CHECKING:
    from PIL.Image import Image

    from core.engine.canvas.frame import Frame


@dataclass(frozen=True, slots=True)
class Region:
    """A region with its decoded mask. Its texts and LoRAs are in the plan of each image."""

    use: RegionUse
    mask: Image

    def covering(self, size: tuple[int, int]) -> Region:
        """The region for a canvas of this size: its mask is scaled to cover it, then feathered."""
        from PIL import ImageFilter

        from core.engine.canvas.pictures import cover_mask

        mask = cover_mask(self.mask, *size)
        if self.use.feather:
            mask = mask.filter(ImageFilter.GaussianBlur(self.use.feather / 2))
        return replace(self, mask=mask)

    def within(self, frame: Frame) -> Region:
        """The part of the region within a frame of the canvas that it covers."""
        return replace(self, mask=frame.cut(self.mask.convert("RGB")).convert("L"))

    @property
    def parameters(self) -> dict[str, Any]:
        """The fields that the engine reads."""
        return {"mask": self.mask, "strength": self.use.strength}
