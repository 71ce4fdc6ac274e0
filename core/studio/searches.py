"""Searches for settings of a training: each trial is a task of the queue.

A search continues when the studio opens again: its trials are bound to tasks, which continue by
themselves, and a trial that has no task yet is submitted under a key of its own, once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from core.errors import InvalidInput, NotFound, StudioError
from core.identifiers import new_id
from core.store.clock import timestamp
from core.studio.task_service import TaskService
from core.tasks import run_log
from core.tasks.queue import Queue
from core.tasks.request_key import RequestKey
from core.tasks.states import Priority, Status
from core.tasks.submission import Options
from core.tasks.task import Task
from core.training.search.results import (
    DONE,
    FAILED,
    FILES,
    RUNNING,
    STOPPED,
    Search,
    SearchFolder,
)
from core.training.search.settings import OBJECTIVES, SearchSettings, check_ranges, trial_sections

if TYPE_CHECKING:
    from core.training.search.study import Study, TrialRecord

T = TypeVar("T")

OPERATION = "train_lora"
LABEL = "search"
POLL_SECONDS = 1.0
GIVE_UP = 3  # trainings that fail before any has succeeded
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A search to start. `config` are sections that all trials share."""

    dataset: str
    config: Mapping[str, Any]
    search: Mapping[str, Any]
    preset: str = "concept"
    model: str | None = None
    trigger_word: str = ""
    name: str = ""


class Searches:
    """Start, follow, list and stop searches. Optuna is imported with the first that runs."""

    def __init__(self, data_dir: Path, tasks: TaskService, queue: Queue) -> None:
        self.folder = SearchFolder(data_dir / "training" / "searches")
        self.poll_seconds = POLL_SECONDS
        self._tasks = tasks
        self._queue = queue
        self._running: dict[str, asyncio.Task[None]] = {}
        # One thread: studies are not thread-safe, and two must not create one file.
        self._thread = ThreadPoolExecutor(1, "searches")
        self._studies: dict[str, Study] = {}

    def open(self) -> None:
        """Continue the searches that were running when the studio closed."""
        for search in self.folder.all():
            if search.status == RUNNING:
                self._follow(search.id)

    async def stop(self) -> None:
        """Leave the searches as they are; their trials stay in the queue."""
        running = list(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await asyncio.to_thread(self._thread.shutdown)

    async def start(self, request: SearchRequest) -> str:
        """Start a search; its ID. Raises `InvalidInput` before anything is queued."""
        settings = await self._call(self._checked, request)
        data = {"trigger_word": request.trigger_word} if request.trigger_word else {}
        sections = {**request.config, "data": {**request.config.get("data", {}), **data}}
        search = Search(
            id=new_id(),
            name=request.name or request.dataset.rstrip("/").rpartition("/")[2][:60],
            dataset=request.dataset,
            preset=request.preset,
            model=request.model,
            sections=sections,
            settings=settings.model_dump(mode="json"),
            created_at=timestamp(),
        )
        await self._call(self.folder.create, search)
        self._follow(search.id)
        return search.id

    async def cancel(self, search_id: str) -> None:
        """Stop a search and its trials. Raises `NotFound`."""
        search = await self._call(self.folder.get, search_id)
        if search.status != RUNNING:
            return
        if task := self._running.pop(search_id, None):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        study = await self._call(self._study, search)
        for trial in await self._call(study.trials):
            if trial.state == "running":
                if trial.task_id is not None:
                    await self._cancel_task(trial.task_id)
                await self._call(study.end, trial.number, "The search was stopped.")
        await self._close(search, study, STOPPED, None)

    async def show(self, search_id: str) -> dict[str, Any]:
        """A search with its trials, and the data of its plots. Raises `NotFound`."""
        from core.training.search.plots import history, parallel

        search = await self._call(self.folder.get, search_id)
        study = await self._call(self._study, search)
        trials = await self._call(study.trials)
        settings = SearchSettings.model_validate(search.settings)
        logs = {
            key: bool(getattr(values, "log", False))
            for key, values in settings.ranges.items()
            if not isinstance(values, tuple)
        }
        path = self.folder.path(search_id)
        return {
            **_entry(search),
            "settings": dict(search.settings),
            "direction": study.direction,
            "trials": [trial.public() for trial in trials],
            "history": history(trials, study.direction),
            "importance": await self._call(study.importance),
            "parallel": parallel(trials, logs),
            "files": [name for name in FILES if (path / name).is_file()],
        }

    async def all(self) -> list[dict[str, Any]]:
        """All searches, the newest first."""
        return [_entry(search) for search in await self._call(self.folder.all)]

    async def file(self, search_id: str, name: str) -> Path:
        """A file of results. Raises `NotFound`."""
        path = await self._call(self.folder.path, search_id) / name
        if name not in FILES or not path.is_file():
            raise NotFound(f"The search has no file {name[:80]!r}.")
        return path

    # The run of a search

    def _checked(self, request: SearchRequest) -> SearchSettings:
        from pydantic import ValidationError

        try:
            settings = SearchSettings.model_validate(request.search)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            key = ".".join(["search", *(str(part) for part in first["loc"])])
            raise InvalidInput(f"`{key}`: {first['msg']}.", field=key) from error
        check_ranges(settings, request.config)
        return settings

    async def _call(self, function: Callable[..., T], *values: Any, **named: Any) -> T:
        """Run a function in the thread of the searches."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, partial(function, *values, **named))

    def _study(self, search: Search) -> Study:
        from core.training.search.study import Study

        if search.id not in self._studies:
            settings = SearchSettings.model_validate(search.settings)
            self._studies[search.id] = Study(self.folder.path(search.id), settings)
        return self._studies[search.id]

    def _follow(self, search_id: str) -> None:
        self._running[search_id] = asyncio.create_task(self._run(search_id), name="search")

    async def _run(self, search_id: str) -> None:
        search = await self._call(self.folder.get, search_id)
        try:
            await self._drive(search)
        except StudioError as error:
            log.info("search %s failed: %s", search_id, error.detail)
            await self._call(
                self.folder.change,
                search_id,
                status=FAILED,
                error=f"{error.detail} {error.fix or ''}".strip(),
                finished_at=timestamp(),
            )
        except Exception as error:  # nothing awaits a search: its list shows why it ended
            log.exception("search %s failed", search_id)
            await self._call(
                self.folder.change,
                search_id,
                status=FAILED,
                error=repr(error)[:1000],
                finished_at=timestamp(),
            )
        finally:
            self._running.pop(search_id, None)

    async def _drive(self, search: Search) -> None:
        """Keep trials in the queue until all have ended."""
        study = await self._call(self._study, search)
        settings = SearchSettings.model_validate(search.settings)
        while True:
            trials = await self._call(study.trials)
            running = [trial for trial in trials if trial.state == "running"]
            ended = False
            for trial in running:
                ended |= await self._advance(search, study, trial)
            room = min(settings.parallel - len(running), settings.trials - len(trials))
            for _ in range(room):
                trial = await self._call(study.ask)
                await self._submit(search, study, trial)
            if ended:
                await self._write(search, study)
                self._check_failures(await self._call(study.trials))
            if not running and room <= 0:
                break
            await asyncio.sleep(0 if ended else self.poll_seconds)
        await self._close(search, study, DONE, None)

    async def _submit(self, search: Search, study: Study, trial: TrialRecord) -> str:
        """Queue the task of a trial, once, whatever ends this process meanwhile."""
        settings = SearchSettings.model_validate(search.settings)
        name = f"{search.name} trial {trial.number}"
        sections = trial_sections(settings, search.sections, trial.params, _plain(name))
        params = {"dataset": search.dataset, "preset": search.preset, "config": sections}
        if search.model:
            params["model"] = search.model
        key = RequestKey(f"search-{search.id}-{trial.number}", "search")
        options = Options(
            priority=Priority.TRAINING, labels={LABEL: search.id}, hold=False, request_key=key
        )
        try:
            task = await self._tasks.submit(OPERATION, params, options)
        except StudioError as error:
            await self._call(study.end, trial.number, error.detail)
            if trial.number == 0:  # it would fail every time
                raise
            return ""
        await self._call(study.bind, trial.number, task.id)
        return task.id

    async def _advance(self, search: Search, study: Study, trial: TrialRecord) -> bool:
        """Take over what a trial has measured; True once it has ended."""
        task_id = trial.task_id or await self._submit(search, study, trial)
        if not task_id:
            return True
        # The state first: what was measured before the end is then read behind it.
        task = await self._queue.get(task_id)
        measured = await self._measured(search, task_id)
        for step, value in measured:
            if step in trial.steps:
                continue
            worse = await self._call(study.report, trial.number, step, value)
            if worse and not task.ended and not trial.pruning:
                await self._call(study.mark_pruned, trial.number)
                await self._cancel_task(task_id)
                return False
        if not task.ended:
            return False
        await self._call(_tell, study, trial, task, measured)
        return True

    async def _measured(self, search: Search, task_id: str) -> list[tuple[int, float]]:
        series = OBJECTIVES[search.settings["objective"]].series
        values = await self._queue.read(
            lambda connection: run_log.values(connection, task_id, [series])
        )
        return [(step, value) for step, value in values.get(series, []) if value is not None]

    async def _cancel_task(self, task_id: str) -> None:
        await self._queue.cancel(task_id)

    async def _write(self, search: Search, study: Study) -> Search:
        """Write the results so far, with the configuration of the best trial."""
        best = await self._call(study.best)
        config: Mapping[str, Any] = {}
        if best is not None and best.task_id is not None:
            task = await self._queue.get(best.task_id)
            config = _final(search, task)
        search = await self._call(self.folder.change, search.id, best_config=config)
        trials = await self._call(study.trials)
        await self._call(self.folder.write_results, search, trials, best)
        return search

    async def _close(self, search: Search, study: Study, status: str, error: str | None) -> None:
        await self._write(search, study)
        await self._call(
            self.folder.change, search.id, status=status, error=error, finished_at=timestamp()
        )

    def _check_failures(self, trials: list[TrialRecord]) -> None:
        """Raises `InvalidInput` where only failures came back: the next would fail too."""
        failed = [trial for trial in trials if trial.state == "failed"]
        if len(failed) >= GIVE_UP and not any(t.state in ("complete", "pruned") for t in trials):
            raise InvalidInput(
                f"The first {len(failed)} trials failed: {failed[-1].error}",
                field="search",
                fix="Correct the ranges or the dataset, and start a new search.",
            )


def _tell(study: Study, trial: TrialRecord, task: Task, measured: list[tuple[int, float]]) -> None:
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


def _final(search: Search, task: Task) -> dict[str, Any]:
    """The configuration of a trial as a training of its own: with samples, into the library."""
    config = dict(task.snapshot.get("training", {}).get("config", {}))
    if not config:
        return {}
    given = search.sections.get("validation", {})
    validation = {**config["validation"]}
    validation.pop("sample_frequency", None)
    validation |= {key: given[key] for key in ("sample_frequency",) if key in given}
    output = {**config["output"], "name": _plain(search.name), "library": True}
    output.pop("checkpoint_every_n_steps", None)
    data = {**config["data"], "dataset_path": task.params["dataset"]}
    return {**config, "validation": validation, "output": output, "data": data}


def _plain(name: str) -> str:
    """A name that a LoRA's file may have."""
    kept = "".join(letter if letter.isalnum() or letter in " .()+-_" else "-" for letter in name)
    return kept[:80] or "lora"


def _entry(search: Search) -> dict[str, Any]:
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
