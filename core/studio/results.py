"""Results of tasks: a completed task with its images, or the error that it ended with."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import TaskFailure

if TYPE_CHECKING:
    from PIL.Image import Image


class StudioTaskError(TaskFailure):
    """A task ended without a result; `task` is its record."""

    def __init__(self, task: dict[str, Any]) -> None:
        error = task.get("error") or {"detail": f"The task was {task['status']}."}
        super().__init__(error["detail"], field=error.get("field"), fix=error.get("fix"))
        self.task = task


@dataclass(frozen=True, slots=True)
class Picture:
    """An image of a result: PNG bytes with metadata; SVG bytes for vector images.

    `port`: the output port of the operation. Notebooks show it, and every image field takes it.
    """

    asset_id: str
    png: bytes = field(repr=False)
    seed: int | None
    ending: str = "png"
    port: str = "image"

    @property
    def image(self) -> Image:
        """The decoded image."""
        from PIL import Image

        return Image.open(io.BytesIO(self.png))

    def save(self, path: str | Path) -> Path:
        """Write the file, metadata included."""
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.png)
        return path

    def _repr_png_(self) -> bytes | None:
        return self.png if self.ending == "png" else None

    def _repr_svg_(self) -> str | None:
        return self.png.decode() if self.ending == "svg" else None


@dataclass(frozen=True, slots=True)
class TaskResult:
    """A completed task and its images. Notebooks show the first image."""

    task: dict[str, Any] = field(repr=False)
    images: list[Picture]

    def _repr_png_(self) -> bytes | None:
        return self.images[0]._repr_png_() if self.images else None

    def _repr_svg_(self) -> str | None:
        return self.images[0]._repr_svg_() if self.images else None
