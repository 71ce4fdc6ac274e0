"""The difference between two images, and between the environments that made them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.operations.declaration.base import Context, Operation
from core.operations.declaration.fields import ImagePort, Port
from core.store.environment import environment_changes
from core.store.metadata import read_metadata


class CompareImages(Operation):
    """Compare an image with another one: pixel by pixel, and by their snapshots."""

    name = "compare_images"
    title = "Compare images"
    summary = "Compares the pixels of two images, and what they were made with."
    category = "output"
    lane = "cpu"
    short = True
    has_brick = False
    outputs = (Port("report", "json"),)

    image: ImagePort
    other: ImagePort

    def run(self, ctx: Context) -> None:
        """Report `identical`, `pixels` (None for other sizes), both sizes, and `changes`."""
        from core.store.decoding.difference import pixel_difference

        first, second = ctx.image(self.image), ctx.image(self.other)
        pixels = pixel_difference(first, second)
        before, after = _snapshot(ctx, self.image), _snapshot(ctx, self.other)
        report = {
            "identical": pixels is not None and pixels["changed"] == 0,
            "pixels": pixels,
            "size": list(first.size),
            "other_size": list(second.size),
            "changes": [change.public() for change in environment_changes(before, after)],
        }
        ctx.add_value(report, port="report")


def _snapshot(ctx: Context, image: Any) -> Mapping[str, Any]:
    """The snapshot in an image's metadata; empty where it has none."""
    snapshot: Mapping[str, Any] = read_metadata(ctx.file(image)).get("qpyt") or {}
    return snapshot
