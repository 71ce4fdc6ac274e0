"""An image for a model to draw, with callbacks for progress and warnings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol


class ProgressCallback(Protocol):
    """Receives progress. It may raise, which ends the run within one step.

    `preview` returns JPEG bytes; it is called only when a preview is due.
    """

    def __call__(
        self,
        phase: str,
        *,
        step: int = 0,
        steps: int = 0,
        preview: Callable[[], bytes] | None = None,
    ) -> None: ...


class WarningCallback(Protocol):
    """Receives what the user should know although the image is generated."""

    def __call__(self, code: str, detail: str, field: str | None = None) -> None: ...


@dataclass(frozen=True, slots=True)
class Drawing:
    """One image to draw. `parameters` carry diffusers' names."""

    parameters: Mapping[str, Any]
    seed: int
    report: ProgressCallback
    warn: WarningCallback | None = None
