"""The backend in this process: the methods of `RemoteBackend` on the services."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from core.history.zones import day_of, zone_of
from core.sets.batches import BatchRequest
from core.sets.matrix import Axis, MatrixRequest
from core.sets.printing import PrintOptions
from core.settings import Settings
from core.store.clock import timestamp
from core.store.export_options import ExportOptions
from core.studio.local_gallery import LocalGallery
from core.studio.searches import SearchRequest
from core.studio.services import Services
from core.studio.training_runs import RUNS
from core.tasks.changes import task_change
from core.tasks.listing import SortOrder, TaskFilter
from core.tasks.repetition import SeedRule
from core.workflows.workflow import parse

WAIT_SECONDS = 20.0
POLL_SECONDS = 0.05


class LocalBackend:
    """A studio in this process. It owns the data directory while it is open."""

    def __init__(self, settings: Settings) -> None:
        self.services = Services(settings, any_folder=True)
        self.gallery = LocalGallery(self.services)

    async def open(self) -> None:
        """Own the data directory; raises `DataDirectoryBusy`."""
        await self.services.start()

    async def close(self) -> None:
        """Let running work end or put it back, then release the data directory."""
        await self.services.stop()

    async def submit(self, operation: str, params: Mapping[str, Any]) -> str:
        """Queue one task; return its ID."""
        return (await self.services.tasks.submit(operation, params)).id

    async def run_workflow(
        self, workflow: Any, inputs: Mapping[str, Any], start: str | None
    ) -> dict[str, Any]:
        """Queue a workflow; `{run_id, tasks, waits}`."""
        run = await self.services.workflows.runner.run(parse(workflow), inputs, start)
        return run.public()

    async def named_workflow(self, name: str) -> Any:
        """A saved workflow or a preset."""
        return (await self.services.workflows.saved.find(name)).json_data()

    async def run_set(self, name: str, theme: str, params: Mapping[str, Any]) -> str:
        """Run a set; return the ID of the batch. `params` may name `rows`."""
        rows = params.get("rows", ())
        others = {key: value for key, value in params.items() if key != "rows"}
        started = await self.services.batching.batches.start(
            BatchRequest(name, theme, rows, others)
        )
        return started.batch.id

    async def run_matrix(self, request: Mapping[str, Any]) -> str:
        """Run a matrix; return the ID of the batch. `request` is the body of the REST call."""
        axes = [Axis(axis["name"], axis["values"]) for axis in request["axes"]]
        others = {key: value for key, value in request.items() if key != "axes"}
        return (await self.services.batching.matrices.start(MatrixRequest(axes, **others))).batch.id

    async def batch(self, batch_id: str) -> dict[str, Any]:
        """The folder, the number of rows by state and of unfinished tasks of a batch."""
        state = await self.services.batching.batches.state(batch_id)
        return {
            "folder": state.batch.folder,
            "rows": len(state.batch.rows),
            "states": state.states,
            "unfinished": state.unfinished,
        }

    async def print_batch(self, batch_id: str, options: Mapping[str, Any]) -> str:
        """Queue a print of a batch; return the ID of the task. `options` are `PrintOptions`."""
        chosen = PrintOptions.read(options)
        return (await self.services.batching.prints.start(batch_id, chosen)).id

    async def batch_archive(
        self, batch_id: str, variants: bool, options: ExportOptions
    ) -> AsyncIterator[bytes]:
        """The bytes of the zip of a batch."""
        archives = self.services.batching.archives
        async for part in await archives.stream(batch_id, variants=variants, options=options):
            yield part

    async def resume_batch(self, batch_id: str) -> None:
        """Let the held rows of a batch go on."""
        await self.services.batching.batches.resume(batch_id)

    async def training_runs(self) -> list[dict[str, Any]]:
        """The newest trainings."""
        return (await self.services.training.runs.page(RUNS, None))[0]

    async def training_run(self, task_id: str) -> dict[str, Any]:
        """A training with its configuration, samples and checkpoints."""
        return await self.services.training.runs.get(task_id)

    async def training_estimate(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Memory and time of a training with these parameters, which is not queued."""
        return await self.services.training.estimates.of(params)

    async def evaluate(
        self, run_id: str, params: Mapping[str, Any], steps: Sequence[int] | None = None
    ) -> str:
        """Queue an evaluation of the checkpoints of a training; return the ID of the task."""
        return (await self.services.training.evaluations.start(run_id, params, steps)).id

    async def evaluation(self, task_id: str) -> dict[str, Any]:
        """An evaluation with its report, images and votes."""
        return await self.services.training.evaluations.get(task_id)

    async def start_search(self, request: Mapping[str, Any]) -> str:
        """Start a search for settings; its ID. `request` is the body of the REST call."""
        return await self.services.training.searches.start(SearchRequest(**request))

    async def search(self, search_id: str) -> dict[str, Any]:
        """A search with its trials, and the data of its plots."""
        return await self.services.training.searches.show(search_id)

    async def search_file(self, search_id: str, name: str) -> bytes:
        """A file of results."""
        return (await self.services.training.searches.file(search_id, name)).read_bytes()

    async def task(self, task_id: str) -> dict[str, Any]:
        """The current state of a task."""
        return self.services.tasks.present(await self.services.queue.get(task_id), whole=True)

    async def changed(self, task_id: str, seen: Mapping[str, Any]) -> dict[str, Any]:
        """The task once it differs from `seen`, at the latest after `WAIT_SECONDS`."""
        end = asyncio.get_running_loop().time() + WAIT_SECONDS
        while asyncio.get_running_loop().time() < end:
            if self.services.dispatcher.progress(task_id) != seen.get("progress"):
                break
            task = await self.services.tasks.wait(task_id, POLL_SECONDS)
            if task.version != seen.get("version"):
                break
        return await self.task(task_id)

    async def cancel(self, task_id: str) -> dict[str, Any]:
        """Cancel a task."""
        return self.services.tasks.present(await self.services.queue.cancel(task_id))

    async def retry(self, task_id: str) -> dict[str, Any]:
        """Queue a failed or cancelled task again."""
        return self.services.tasks.present(await self.services.queue.retry(task_id))

    async def change(
        self, task_id: str, changes: Mapping[str, Any], params: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Change a waiting task; `changes` are fields of `TaskChange`."""
        task = await self.services.desk.change(task_id, task_change(changes), params)
        return self.services.tasks.present(task)

    async def repeat(self, task_id: str, times: int, seed: SeedRule) -> list[str]:
        """Queue a task again as new tasks; return their IDs."""
        return [task.id for task in await self.services.desk.repeat(task_id, times, seed)]

    async def cancel_matching(self, selection: Mapping[str, Any]) -> int:
        """Cancel the unfinished tasks of a filter; return their number."""
        return len(await self.services.queue.cancel_all(TaskFilter(**selection)))

    async def retry_failed(self, selection: Mapping[str, Any]) -> int:
        """Queue the failed tasks of a filter again; return their number."""
        return len(await self.services.queue.retry_all(TaskFilter(**selection)))

    async def release(self, selection: Mapping[str, Any]) -> int:
        """Release the tasks of a filter that the user holds; return their number."""
        return len(await self.services.queue.lift_holds(TaskFilter(**selection)))

    async def configure_queue(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Change settings of the queue; return its state."""
        await self.services.queue.configure(**settings)
        return await self.queue()

    async def clear_finished(self) -> dict[str, Any]:
        """Leave the ended tasks out of snapshots; return the state of the queue."""
        return await self.configure_queue({"cleared_at": timestamp()})

    async def tasks(
        self, selection: Mapping[str, Any], order: SortOrder, limit: int
    ) -> list[dict[str, Any]]:
        """Tasks of a filter, newest first or in the order of the queue."""
        page = await self.services.queue.page(TaskFilter(**selection), limit, None, order)
        return [self.services.tasks.present(task) for task in page.items]

    async def queue(self) -> dict[str, Any]:
        """The state of the queue."""
        return await self.services.status.queue()

    async def models(self) -> list[dict[str, Any]]:
        """The models."""
        return await asyncio.to_thread(self.services.resources.models.models)

    async def file(self, asset_id: str) -> bytes:
        """An asset's bytes."""
        asset = await self.services.assets.get(asset_id)

        def read() -> bytes:
            with self.services.assets.blobs.open(asset.key) as file:
                return file.read()

        return await asyncio.to_thread(read)

    async def upload(self, data: bytes) -> str:
        """Upload an image; return the ID of its asset."""
        return (await self.services.assets.upload(data)).id

    async def system(self) -> dict[str, Any]:
        """The state of the studio."""
        return await self.services.status.system()

    # History

    async def replay(self, asset_id: str) -> str:
        """Queue the replay of an image; return the ID of the task whose output is the report."""
        return (await self.services.history.replays.start(asset_id)).id

    async def history_days(self, zone: str | None) -> list[dict[str, Any]]:
        """The days with tasks, newest first."""
        days = await self.services.history.session_log.days(zone_of(zone or self._zone))
        return [day.public() for day in days]

    def session_log(self, day: str, zone: str | None, form: str) -> AsyncIterator[str]:
        """The session log of a day in parts; `form` is html or json."""
        log, place = self.services.history.session_log, zone_of(zone or self._zone)
        return log.json(day_of(day), place) if form == "json" else log.html(day_of(day), place)

    async def undo_last_action(self) -> dict[str, Any]:
        """Undo the last deletion or cancel and return it."""
        return (await self.services.history.actions.undo()).public()

    async def clear_transient(self) -> dict[str, int]:
        """Remove ended tasks and previews; return their numbers."""
        return (await self.services.history.actions.clear()).public()

    async def last_success(self) -> Any:
        """The newest completed task as a workflow."""
        return (await self.services.history.restoring.last_success())[1].workflow.json_data()

    @property
    def _zone(self) -> str | None:
        return self.services.settings.time_zone
