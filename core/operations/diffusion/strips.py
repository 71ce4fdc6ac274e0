"""The windows in which an image is drawn: one, or several along a strip."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.operations.declaration.base import LoadedModel
from core.operations.diffusion.picture_sizes import WINDOW, Size, is_strip

if TYPE_CHECKING:
    from core.engine.canvas.frame import Frame
    from core.engine.canvas.windows import Window


def windows_of(model: LoadedModel, size: Size) -> list[Window]:
    """The windows over an image of a size, in the shape that the model draws a long part in."""
    from core.engine.canvas.windows import whole, windows

    if not is_strip(size):
        return [whole(size)]
    short = min(size)
    long_part = (WINDOW * short, short) if size[0] > size[1] else (short, WINDOW * short)
    drawn = model.canvas(*long_part)
    return windows(size, min(WINDOW, max(1.0, max(drawn) / min(drawn))))


def framed_windows(model: LoadedModel, size: Size) -> list[tuple[Window, Frame]]:
    """The windows over an image, each with the frame in which the model draws it."""
    from core.engine.canvas.frame import Frame

    return [
        (window, Frame.around(window.box, size, model.canvas(*window.sides)))
        for window in windows_of(model, size)
    ]
