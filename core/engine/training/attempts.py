"""A training that goes on with less memory when it runs out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from core.engine.loaded import Loaded
from core.engine.out_of_memory import ran_out
from core.engine.training.run import TrainingRun
from core.errors import OutOfMemory
from core.models.fit.plans import Fit, FreeMemory
from core.models.library.model import Model
from core.training.configuration.schema import TrainingConfig
from core.training.context import TrainingContext
from core.training.datasets.folder import Folder
from core.training.estimate import fit_of_training
from core.training.savings import Savings

log = logging.getLogger(__name__)


class Models(Protocol):
    """See `core.operations.declaration.base.Models`."""

    def lease(
        self, model_id: str, vae: str | None = None, fit: Callable[..., Fit] | None = None
    ) -> AbstractContextManager[Any]:
        """A copy of a model whose weights may be changed."""


@dataclass(frozen=True, slots=True)
class Result:
    """The files by layout, a sample as thumbnail, and the figures of the report."""

    files: Mapping[str, bytes]
    thumbnail: bytes | None
    report: Mapping[str, Any]


@dataclass
class Attempts:
    """The attempts of one training, each on a fresh copy of the base, from the last saved state.

    `plan` is that of the task's snapshot.
    """

    ctx: TrainingContext
    models: Models
    config: TrainingConfig
    folder: Folder
    plan: Mapping[str, Any]
    on_loaded: Callable[[Mapping[str, Any]], None]
    _held: str = ""
    _lower: bool = False
    _step: int = 0

    def train(self) -> Result:
        """Train to the end. Raises `OutOfMemory` where nothing is left to save."""
        savings = Savings.read(self.ctx.run_folder)
        while True:
            try:
                return self._attempt(savings)
            except BaseException as error:
                # Only exhausted memory is handled; everything else is raised again.
                if not ran_out(error):
                    raise
                reason = str(error)
            # Here and not above: while the exception lives, its frames hold the tensors.
            further = savings.more(self.config, self._held, self._lower)
            if further is None:
                raise OutOfMemory(
                    f"The training ran out of memory at step {self._step}: {reason[:200]}",
                    fix="Choose a smaller base model or `data.resolution`, or close programs.",
                )
            savings, sentence = further
            detail = f"Memory was short at step {self._step}; {sentence}."
            log.warning("%s", detail)
            self.ctx.warn("memory", detail)
            savings.save(self.ctx.run_folder)

    def _attempt(self, savings: Savings) -> Result:
        config = savings.applied(self.config)
        plans: list[str] = []

        def fit(model: Model, memory: FreeMemory) -> Fit:
            chosen = savings.fit(fit_of_training(config, model, memory)[0])
            plans.extend(plan.id for plan, _ in chosen.needs)
            return chosen

        with self.models.lease(config.model.path, fit=fit) as leased:
            self._held = leased.plan.id
            self._lower = self._held in plans[:-1]
            self.on_loaded(dict(leased.facts))
            return self._trained(config, leased)

    def _trained(self, config: TrainingConfig, leased: Loaded) -> Result:
        run = TrainingRun(self.ctx, leased, config, self.folder, self.plan)
        try:
            step, reason = run.train()
            files = run.lora_files()
        finally:
            self._step = run.session.step if hasattr(run, "session") else 0
        report = {"steps": step, "reason": reason, **run.measures.summary()}
        return Result(files, run.thumbnail, report)
