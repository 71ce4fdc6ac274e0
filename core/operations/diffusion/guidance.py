"""All that images follow beside their prompts: controls, references, regions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.engine.canvas.frame import Frame
    from core.operations.diffusion.control import Control
    from core.operations.diffusion.reference import Reference
    from core.operations.diffusion.region import Region


@dataclass(frozen=True, slots=True)
class Guidance:
    """The guidance of every image of a request."""

    controls: Sequence[Control] = ()
    references: Sequence[Reference] = ()
    regions: Sequence[Region] = ()

    def covering(self, size: tuple[int, int]) -> Guidance:
        """The guidance for a canvas of this size: its pictures are scaled to cover it."""
        return replace(
            self,
            controls=[control.covering(size) for control in self.controls],
            regions=[region.covering(size) for region in self.regions],
        )

    def within(self, frame: Frame) -> Guidance:
        """The part of the guidance within a frame of the canvas that it covers."""
        return replace(
            self,
            controls=[control.within(frame) for control in self.controls],
            regions=[region.within(frame) for region in self.regions],
        )

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters that the engine reads."""
        return {
            "control": [control.parameters for control in self.controls],
            "reference": [reference.parameters for reference in self.references],
            "regions": [region.parameters for region in self.regions],
        }
