"""Searches for settings of a training: each trial is a task of the queue.

A search continues when the studio opens again: its trials are bound to tasks, which continue by
themselves, and a trial that has no task yet is submitted under a key of its own, once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from core.errors import Conflict, InvalidInput, NotFound, StudioError
from core.identifiers import new_id
from core.store.clock import timestamp
from core.studio.search_scores import Evaluator, SearchScores, tell_score
from core.studio.search_trials import final_config, plain_name, search_entry, tell
from core.studio.task_service import TaskService
from core.studio.training_runs import SEARCH_LABEL
from core.tasks import run_log
from core.tasks.changes import TaskChange
from core.tasks.queue import Queue
from core.tasks.request_key import RequestKey
from core.tasks.states import Hold, Priority, Status
from core.tasks.submission import Options
from core.training.search.results import (
    DONE,
    FAILED,
    FILES,
    PAUSED,
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

    def __init__(
        self, data_dir: Path, tasks: TaskService, queue: Queue, evaluations: Evaluator
    ) -> None:
        self.folder = SearchFolder(data_dir / "training" / "searches")
        self.poll_seconds = POLL_SECONDS
        self._tasks = tasks
        self._queue = queue
        self._scores = SearchScores(evaluations)
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
        """Start a search; its ID. Raises what the submission of a trial raises."""
        settings = await self._call(self._checked, request)
        shared = {"dataset": request.dataset, "preset": request.preset}
        shared |= {"model": request.model} if request.model else {}
        await self._tasks.check(OPERATION, {**shared, "config": dict(request.config)})
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
        if search.status not in (RUNNING, PAUSED):
            return
        await self._leave(search_id)
        study = await self._call(self._study, search)
        for trial, task_id in await self._open_tasks(study):
            if task_id is not None:
                await self._queue.cancel(task_id)
            await self._call(study.end, trial.number, "The search was stopped.")
        await self._close(search, study, STOPPED, None)

    async def pause(self, search_id: str) -> None:
        """Hold the trials of a search, and start no other. Raises `NotFound`, `Conflict`."""
        search = await self._call(self.folder.get, search_id)
        if search.status != RUNNING:
            raise Conflict(f"The search is {search.status}, so it cannot be paused.")
        await self._leave(search_id)
        await self._call(self.folder.change, search_id, status=PAUSED)
        await self._hold(search, TaskChange(hold=Hold.USER, yields=True))

    async def resume(self, search_id: str) -> None:
        """Let a paused search go on. Raises `NotFound`, `Conflict`."""
        search = await self._call(self.folder.get, search_id)
        if search.status != PAUSED:
            raise Conflict(f"The search is {search.status}, so it cannot go on.")
        await self._call(self.folder.change, search_id, status=RUNNING)
        await self._hold(search, TaskChange(lift=Hold.USER, yields=True))
        self._follow(search_id)

    async def show(self, search_id: str) -> dict[str, Any]:
        """A search with its trials, and the data of its plots. Raises `NotFound`."""
        from core.training.search.plots import history, parallel

        search = await self._call(self.folder.get, search_id)
        study = await self._call(self._study, search)
        trials, best = await self._call(study.trials), await self._call(study.best)
        settings = SearchSettings.model_validate(search.settings)
        logs = {
            key: bool(getattr(values, "log", False))
            for key, values in settings.ranges.items()
            if not isinstance(values, tuple)
        }
        path = self.folder.path(search_id)
        return {
            **search_entry(search),
            "settings": dict(search.settings),
            "config": dict(search.sections),
            "best_trial": best.number if best else None,
            "direction": study.direction,
            "trials": [trial.public() for trial in trials],
            "history": history(trials, study.direction),
            "importance": await self._call(study.importance),
            "parallel": parallel(trials, logs),
            "files": [name for name in FILES if (path / name).is_file()],
        }

    async def all(self) -> list[dict[str, Any]]:
        """All searches, the newest first."""
        return [search_entry(search) for search in await self._call(self.folder.all)]

    async def file(self, search_id: str, name: str) -> Path:
        """A file of results. Raises `NotFound`."""
        path = await self._call(self.folder.path, search_id) / name
        if name not in FILES or not path.is_file():
            raise NotFound(f"The search has no file {name[:80]!r}.")
        return path

    # The run of a search

    async def _leave(self, search_id: str) -> None:
        """End the loop of a search; its tasks stay."""
        if task := self._running.pop(search_id, None):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _open_tasks(self, study: Study) -> list[tuple[TrialRecord, str | None]]:
        """The trials that have not ended, each with its newest task."""
        trials = [trial for trial in await self._call(study.trials) if trial.state == "running"]
        return [(trial, trial.evaluation_id or trial.task_id) for trial in trials]

    async def _hold(self, search: Search, change: TaskChange) -> None:
        study = await self._call(self._study, search)
        for _, task_id in await self._open_tasks(study):
            if task_id is not None:
                with suppress(Conflict):  # it ended, or runs to its end without a pause
                    await self._queue.change(task_id, change)

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
        sections = trial_sections(settings, search.sections, trial.params, plain_name(name))
        params = {"dataset": search.dataset, "preset": search.preset, "config": sections}
        if search.model:
            params["model"] = search.model
        key = RequestKey(f"search-{search.id}-{trial.number}", "search")
        options = Options(
            priority=Priority.TRAINING,
            labels={SEARCH_LABEL: search.id},
            hold=False,
            request_key=key,
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
                await self._queue.cancel(task_id)
                return False
        if not task.ended:
            return False
        if task.status is Status.COMPLETED and not OBJECTIVES[search.settings["objective"]].series:
            return await self._advance_score(search, study, trial)
        await self._call(tell, study, trial, task, measured)
        return True

    async def _advance_score(self, search: Search, study: Study, trial: TrialRecord) -> bool:
        """Evaluate what a trial has trained; True once it has its score."""
        if trial.evaluation_id is None:
            try:
                task_id = await self._scores.submit(search, trial)
            except StudioError as error:
                await self._call(study.end, trial.number, error.detail)
                return True
            await self._call(study.bind_evaluation, trial.number, task_id)
            return False
        task = await self._queue.get(trial.evaluation_id)
        if task.ended:
            await self._call(tell_score, study, trial, task)
        return task.ended

    async def _measured(self, search: Search, task_id: str) -> list[tuple[int, float]]:
        series = OBJECTIVES[search.settings["objective"]].series
        if not series:
            return []
        values = await self._queue.read(
            lambda connection: run_log.values(connection, task_id, [series])
        )
        return [(step, value) for step, value in values.get(series, []) if value is not None]

    async def _write(self, search: Search, study: Study) -> Search:
        """Write the results so far, with the configuration of the best trial."""
        best = await self._call(study.best)
        config: Mapping[str, Any] = {}
        if best is not None and best.task_id is not None:
            task = await self._queue.get(best.task_id)
            config = final_config(search, task)
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
