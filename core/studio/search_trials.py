"""Trials and their tasks: the end of a trial, the configuration of the best, entries of lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.tasks.states import Status
from core.tasks.task import Task
from core.training.search.results import Search

if TYPE_CHECKING:
    from core.training.search.study import Study, TrialRecord


def tell(study: Study, trial: TrialRecord, task: Task, measured: list[tuple[int, float]]) -> None:
    """End a trial by the end of its task. Its value is the best that was measured."""
    pick = min if study.direction == "minimize" else max
    if task.status is Status.COMPLETED and measured:
        study.complete(trial.number, pick(value for _, value in measured))
    elif task.status is Status.CANCELLED and study.trial(trial.number).pruning:
        study.end(trial.number, None)
    elif task.status is Status.CANCELLED:
        study.end(trial.number, "Its task was cancelled.")
    else:
        error = task.error or {}
        study.end(trial.number, str(error.get("detail") or "It measured nothing."))


def final_config(search: Search, task: Task) -> dict[str, Any]:
    """The configuration of a trial as a training of its own: with samples, into the library."""
    config = dict(task.snapshot.get("training", {}).get("config", {}))
    if not config:
        return {}
    given = search.sections.get("validation", {})
    validation = {**config["validation"]}
    validation.pop("sample_frequency", None)
    validation |= {key: given[key] for key in ("sample_frequency",) if key in given}
    output = {**config["output"], "name": plain_name(search.name), "library": True}
    output.pop("checkpoint_every_n_steps", None)
    data = {**config["data"], "dataset_path": task.params["dataset"]}
    return {**config, "validation": validation, "output": output, "data": data}


def plain_name(name: str) -> str:
    """A name that a LoRA's file may have."""
    kept = "".join(letter if letter.isalnum() or letter in " .()+-_" else "-" for letter in name)
    return kept[:80] or "lora"


def search_entry(search: Search) -> dict[str, Any]:
    """A search of a list."""
    return {
        "search_id": search.id,
        "name": search.name,
        "status": search.status,
        "error": search.error,
        "dataset": search.dataset,
        "model": search.model,
        "preset": search.preset,
        "objective": search.settings["objective"],
        "trials_planned": search.settings["trials"],
        "created_at": search.created_at,
        "finished_at": search.finished_at,
    }
