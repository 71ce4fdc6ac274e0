"""Values of a training for Weights & Biases, whose package is optional."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.training.configuration.schema import TrainingConfig

PACKAGE = "wandb"
PROJECT = "qpyt-studio"


class WandbRun:
    """One run: it resumes under the id of its task. `offline` writes files to sync later."""

    def __init__(self, config: TrainingConfig, task_id: str, folder: Path) -> None:
        """Files go to `folder`. The package was checked when the training was queued."""
        self._run: Any = importlib.import_module(PACKAGE).init(
            project=config.logging.wandb_project or PROJECT,
            name=config.output.name or None,
            id=task_id,
            resume="allow",
            mode=config.logging.wandb,
            dir=str(folder),
            config=config.model_dump(mode="json"),
        )

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """Log values at a step."""
        self._run.log(dict(values), step=step)

    def finish(self) -> None:
        """Write what is left."""
        self._run.finish()
