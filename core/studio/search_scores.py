"""The score of a trial: an evaluation of the checkpoint that its training ended with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from core.studio.training_runs import SEARCH_LABEL
from core.tasks.request_key import RequestKey
from core.tasks.states import Priority, Status
from core.tasks.submission import Options
from core.tasks.task import Task
from core.training.search.results import Search
from core.training.search.study import Study, TrialRecord


class Evaluator(Protocol):
    """Evaluations of trainings (core/studio/evaluations)."""

    async def steps(self, run_id: str) -> list[int]:
        """The steps of the checkpoints of a training."""

    async def start(
        self, run_id: str, params: Mapping[str, Any], steps: Sequence[int], options: Options
    ) -> Task:
        """Queue an evaluation of those checkpoints."""


class SearchScores:
    """Submits the evaluations of trials, and ends the trials with their scores."""

    def __init__(self, evaluations: Evaluator) -> None:
        self._evaluations = evaluations

    async def submit(self, search: Search, trial: TrialRecord) -> str:
        """Queue the evaluation of the last checkpoint of a trial, once; the ID of its task.

        Raises `NotFound` or `InvalidInput`.
        """
        run_id = str(trial.task_id)
        steps = await self._evaluations.steps(run_id)
        options = Options(
            priority=Priority.TRAINING,
            labels={SEARCH_LABEL: search.id},
            hold=False,
            request_key=RequestKey(f"search-{search.id}-{trial.number}-score", "search"),
        )
        given: dict[str, Any] = search.settings.get("evaluation", {})
        return (await self._evaluations.start(run_id, given, steps[-1:], options)).id


def tell_score(study: Study, trial: TrialRecord, task: Task) -> None:
    """End a trial by the end of its evaluation: with the score, or refused by a gate."""
    column = _column(task)
    if task.status is Status.COMPLETED and column is not None:
        if column["gates"]:
            study.refuse(trial.number, f"Refused: {'; '.join(column['gates'])}.")
        else:
            study.complete(trial.number, float(column["score"]))
        return
    error = task.error or {}
    stopped = task.status is Status.CANCELLED
    detail = "Its evaluation was cancelled." if stopped else "Its evaluation scored nothing."
    study.end(trial.number, str(error.get("detail") or detail))


def _column(task: Task) -> dict[str, Any] | None:
    """The column of the checkpoint, after that of the base."""
    report = next((o["value"] for o in task.outputs or [] if o["port"] == "report"), None) or {}
    scored = [column for column in report.get("columns", ()) if column["score"] is not None]
    return dict(scored[-1]) if scored else None
