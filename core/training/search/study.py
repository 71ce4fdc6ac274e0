"""A study of Optuna in a file: trials that survive the process, bound to tasks.

Optuna is imported when a study is opened: the server starts without it.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.training.search.settings import OBJECTIVES, Interval, SearchSettings

if TYPE_CHECKING:
    import optuna

FILE = "study.db"
TASK, PRUNED, ERROR, SCORED_BY = "task_id", "pruned", "error", "evaluation_id"


@dataclass(frozen=True, slots=True)
class TrialRecord:
    """A trial: `state` is waiting, running, complete, pruned or failed. `value` is None until it
    is complete; `steps` are its measurements."""

    number: int
    state: str
    value: float | None
    params: Mapping[str, Any]
    task_id: str | None
    steps: Mapping[int, float]
    error: str | None = None
    pruning: bool = False
    evaluation_id: str | None = None

    def public(self) -> dict[str, Any]:
        """The trial as JSON."""
        return {
            "number": self.number,
            "state": self.state,
            "value": self.value,
            "params": dict(self.params),
            "task_id": self.task_id,
            "evaluation_id": self.evaluation_id,
            "steps": [[step, value] for step, value in sorted(self.steps.items())],
            "error": self.error,
        }


_STATES = {"COMPLETE": "complete", "PRUNED": "pruned", "FAIL": "failed", "WAITING": "waiting"}


class Study:
    """The trials of a search. Not thread-safe; every call may touch the disk."""

    def __init__(self, folder: Path, settings: SearchSettings) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        folder.mkdir(parents=True, exist_ok=True)
        objective = OBJECTIVES[settings.objective]
        self._ranges = settings.ranges
        self.direction = objective.direction
        self._importance: tuple[int, dict[str, float]] = (0, {})  # and its number of trials
        startup = settings.startup_trials
        pruner: Any = optuna.pruners.NopPruner()
        if settings.pruning:
            pruner = optuna.pruners.MedianPruner(n_startup_trials=startup)
        self._study: Any = optuna.create_study(
            storage=_storage(folder / FILE),
            study_name="search",
            load_if_exists=True,
            direction=objective.direction,
            # Seeded by its trials, so that a continued search does not repeat its first draws.
            sampler=optuna.samplers.TPESampler(seed=settings.seed, n_startup_trials=startup),
            pruner=pruner,
        )
        count = len(self.trials())
        if count:
            self._study.sampler = optuna.samplers.TPESampler(
                seed=settings.seed + count, n_startup_trials=startup
            )

    def ask(self) -> TrialRecord:
        """A new trial with values for all ranges."""
        trial = self._study.ask(
            {key: _distribution(values) for key, values in self._ranges.items()}
        )
        return self.trial(trial.number)

    def bind(self, number: int, task_id: str) -> None:
        """Store the task of a trial."""
        self._open(number).set_user_attr(TASK, task_id)

    def bind_evaluation(self, number: int, task_id: str) -> None:
        """Store the task that scores a trial."""
        self._open(number).set_user_attr(SCORED_BY, task_id)

    def report(self, number: int, step: int, value: float) -> bool:
        """Store a measurement; True where the trial should be pruned."""
        trial = self._open(number)
        if step not in self.trial(number).steps:
            trial.report(value, step)
        return bool(trial.should_prune())

    def mark_pruned(self, number: int) -> None:
        """Note that its task is being cancelled because the trial is pruned."""
        self._open(number).set_user_attr(PRUNED, True)

    def complete(self, number: int, value: float) -> None:
        """End a trial with its value."""
        self._study.tell(number, value)

    def end(self, number: int, error: str | None) -> None:
        """End a trial without a value: failed with an error, else pruned."""
        import optuna

        states = optuna.trial.TrialState
        if error is not None:
            self._open(number).set_user_attr(ERROR, error[:1000])
        self._study.tell(number, state=states.PRUNED if error is None else states.FAIL)

    def refuse(self, number: int, reason: str) -> None:
        """End a trial whose result must not be the best: pruned, with the reason."""
        self._open(number).set_user_attr(ERROR, reason[:1000])
        self.end(number, None)

    def trials(self) -> list[TrialRecord]:
        """All trials by number."""
        return [_record(trial) for trial in self._study.get_trials(deepcopy=False)]

    def trial(self, number: int) -> TrialRecord:
        """One trial."""
        return self.trials()[number]

    def best(self) -> TrialRecord | None:
        """The best complete trial; None before the first."""
        trials = [trial for trial in self.trials() if trial.state == "complete"]
        sign = 1 if self.direction == "minimize" else -1
        return min(trials, key=lambda trial: sign * float(trial.value or 0.0), default=None)

    def importance(self) -> dict[str, float]:
        """The share of each setting in the differences between good and other trials (PED-ANOVA);
        empty with fewer than four complete trials."""
        from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

        count = sum(trial.state == "complete" for trial in self.trials())
        if count >= 4 and self._importance[0] != count:
            evaluator = PedAnovaImportanceEvaluator()
            shares = get_param_importances(self._study, evaluator=evaluator)
            finite = {key: share for key, share in shares.items() if math.isfinite(share)}
            self._importance = count, finite
        return self._importance[1]

    def _open(self, number: int) -> optuna.Trial:
        """The handle of a trial, also of one that another process asked for."""
        import optuna

        frozen = self._study.get_trials(deepcopy=False)[number]
        return optuna.Trial(self._study, frozen._trial_id)


def _storage(path: Path) -> Any:
    """A file of SQLite that survives a kill at any time; a power cut may lose the last trials."""
    import optuna

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(path, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection

    return optuna.storages.RDBStorage("sqlite://", engine_kwargs={"creator": connect})


def _distribution(values: Any) -> Any:
    from optuna.distributions import (
        CategoricalDistribution,
        FloatDistribution,
        IntDistribution,
    )

    if not isinstance(values, Interval):
        return CategoricalDistribution(values)
    if values.whole:
        step = int(values.step or 1)
        return IntDistribution(int(values.low), int(values.high), log=values.log, step=step)
    step_size = None if values.step is None else float(values.step)
    return FloatDistribution(float(values.low), float(values.high), log=values.log, step=step_size)


def _record(trial: Any) -> TrialRecord:
    return TrialRecord(
        trial.number,
        _STATES.get(trial.state.name, "running"),
        trial.value if trial.state.name == "COMPLETE" else None,
        dict(trial.params),
        trial.user_attrs.get(TASK),
        dict(trial.intermediate_values),
        trial.user_attrs.get(ERROR),
        bool(trial.user_attrs.get(PRUNED)),
        trial.user_attrs.get(SCORED_BY),
    )
