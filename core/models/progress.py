"""Callbacks of a running model: progress with previews, and warnings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


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
