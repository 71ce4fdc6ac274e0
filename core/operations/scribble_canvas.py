"""White lines on black, drawn in the page."""

from __future__ import annotations

from core.operations.control.canvas import Canvas


class ScribbleCanvas(Canvas):
    """Lines and areas for ControlNets of scribbles, lines and soft edges."""

    name = "scribble_canvas"
    title = "Scribble canvas"
    summary = "Draw white lines on black, as a control image."
    user_action = "Draw the lines"
