"""A control with its image, fitted to the canvas of a result."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from core.operations.diffusion.control_use import ControlUse

if TYPE_CHECKING:
    from PIL.Image import Image

    from core.engine.canvas.frame import Frame


@dataclass(frozen=True, slots=True)
class Control:
    """A control with its decoded image."""

    use: ControlUse
    image: Image

    def covering(self, size: tuple[int, int]) -> Control:
        """The control for a canvas of this size: its image is scaled to cover it."""
        from core.engine.canvas.pictures import cover

        return replace(self, image=cover(self.image, *size))

    def within(self, frame: Frame) -> Control:
        """The part of the control within a frame of the canvas that it covers."""
        return replace(self, image=frame.cut(self.image))

    @property
    def parameters(self) -> dict[str, Any]:
        """The fields that the engine reads."""
        return {**self.use.model_dump(), "image": self.image}
