"""A depth map, painted in the page."""

from __future__ import annotations

from core.operations.control.canvas import Canvas


class DepthCanvas(Canvas):
    """Grey levels for ControlNets of depth: white is near, black is far."""

    name = "depth_canvas"
    title = "Depth painter"
    summary = "Paint near and far in grey levels, as a control image."
    user_action = "Paint the depth"
