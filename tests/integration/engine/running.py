"""A context for operations: the real library and models, results kept in memory."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from core.operations.declaration.library_context import LibraryContext
from core.prompts.presets import PromptPresets
from core.settings import ROOT
from core.worker.auxiliary_models import WarmAuxiliaryModels
from core.worker.job_context import TaskCancelled


@dataclass
class Running:
    """A context (`declaration.base.Context`) whose inputs and results are images in memory.

    `ends_at` is the phase and image in which somebody asks to stop.
    """

    library: Any
    models: Any = None
    pictures: dict[str, Image.Image] = field(default_factory=dict)
    ends_at: tuple[str, int] | None = None
    made: list[tuple[str, Image.Image]] = field(default_factory=list)
    reported: list[tuple[str, int, int]] = field(default_factory=list)
    warned: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.task_id, self.attempt = "task", 1
        self.log = logging.getLogger("running")
        self.auxiliary_models = WarmAuxiliaryModels(self.library, "cpu")
        self.facts: Mapping[str, Any] = {}
        self.noted: dict[str, Any] = {}

    def run(self, operation: Any) -> dict[str, Image.Image]:
        """Resolve and run it; what it made, by port."""
        resolved = operation.resolve(LibraryContext(self.library))
        self.facts = resolved.facts
        resolved.operation.run(self)
        return dict(self.made)

    def image(self, asset_id: str) -> Image.Image:
        return self.pictures[asset_id]

    @property
    def resolver(self) -> LibraryContext:
        return LibraryContext(self.library, PromptPresets(ROOT / "presets"))

    def note(self, facts: Mapping[str, Any]) -> None:
        self.noted |= facts

    def progress(self, phase: str, **how: Any) -> None:
        self.reported.append((phase, how.get("step", 0), how.get("image", 1)))
        if self.ends_at == (phase, how.get("image", 1)):
            raise TaskCancelled

    def add_value(self, value: Any, *, port: str) -> None:
        self.values[port] = value

    def add_image(
        self,
        image: Image.Image,
        *,
        port: str = "image",
        seed: int | None = None,
        parameters: Mapping[str, object] = {},
    ) -> None:
        self.made.append((port, image))

    def warn(self, code: str, detail: str, field: str | None = None) -> None:
        self.warned.append(code)


def place_of(root: Path, name: str) -> Path:
    """The folder of an upscaler below a models folder."""
    return root / "upscalers" / name
