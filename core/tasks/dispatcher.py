"""The dispatcher: the one asyncio task per lane that claims work, hands it to the executor and
writes down what comes back.

It never computes. Every answer of an executor is checked against the claim it was given for, so a
late answer of a lost attempt changes nothing.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Any

from sqlalchemy import Connection, and_, or_

from core.errors import StorageUnavailable, StudioError
from core.identifiers import new_id
from core.settings import Settings
from core.store.schema import tasks
from core.tasks import listing
from core.tasks.estimate import Estimates
from core.tasks.listing import Filter
from core.tasks.queue import Queue
from core.tasks.results import store_results
from core.tasks.running import Running
from core.tasks.states import Priority, Status
from core.tasks.task import Task
from core.tasks.transitions import Claim
from core.worker.executor import Executor, ExecutorReport, LaneReport
from core.worker.protocol import (
    Cancelled,
    Computed,
    Ending,
    Failed,
    Finished,
    InputAsset,
    Lost,
    Progress,
    Start,
    Yielded,
)

WORKER_TRIES = 2
STORAGE_PAUSE = 2.0
LOOKS_KEPT = 32  # of about 10 kB each
log = logging.getLogger(__name__)


class Dispatcher:
    """Runs the queue on an executor. One per process."""

    def __init__(
        self,
        settings: Settings,
        queue: Queue,
        executor: Executor,
        estimates: Estimates,
        told: Callable[[str, Any], None],
        quick: Mapping[str, frozenset[str]] | None = None,
    ) -> None:
        """`quick`: by lane, the operations for which its last worker of several is kept."""
        self._quick = quick or {}
        self._settings = settings
        self._queue = queue
        self._executor = executor
        self._estimates = estimates
        self._told = told
        self._server = new_id()
        self._claims = 0
        self._paused = False
        self._stopping = False
        self._running: dict[str, Running] = {}
        self._looks: OrderedDict[str, bytes] = OrderedDict()
        self._early: set[str] = set()  # cancelled after the claim, before the executor had them
        self._wake: dict[str, asyncio.Event] = {}
        self._work: set[str] = set()  # lanes where something may wait
        self._loops: list[asyncio.Task[None]] = []
        self._settling: set[asyncio.Task[None]] = set()

    # Life

    async def recall(self) -> None:
        """Know again whether the queue is paused; before anybody can ask or change it."""
        self._paused = await self._queue.paused()

    async def start(self) -> None:
        """Put back what a dead server left running, then begin to claim."""
        await self._queue.recover(self._abandoned())
        self._executor.subscribe(self._report)
        for lane in self._executor.lanes():
            self._wake[lane] = asyncio.Event()
            self.wake(lane)
            self._loops.append(asyncio.create_task(self._feed(lane), name=f"lane {lane}"))
        self._loops.append(asyncio.create_task(self._renew(), name="leases"))

    async def stop(self) -> None:
        """Claim nothing more; let what runs end within the grace; put the rest back."""
        self._stopping = True
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        await self._executor.stop(self._settings.stop_grace_seconds)
        await asyncio.gather(*self._settling, return_exceptions=True)
        for running in list(self._running.values()):
            await self._queue.release(running.claim)

    def _abandoned(self) -> Any:
        """On SQLite whatever runs is nobody's: this process is the only owner. Else see leases."""
        if self._settings.embedded:
            return None
        lapsed = or_(tasks.c.lease_until.is_(None), tasks.c.lease_until < time.time())
        return and_(tasks.c.status == Status.RUNNING.value, lapsed)

    # What users do

    @property
    def paused(self) -> bool:
        """Whether nothing new starts."""
        return self._paused

    async def set_paused(self, paused: bool) -> None:
        """Pause or resume; remembered across restarts."""
        await self._queue.set_paused(paused)
        self._paused = paused
        self._told("queue", None)
        self.wake()

    async def cancel(self, task_id: str) -> Task:
        """Cancel a task wherever it stands."""
        task = await self._queue.cancel(task_id)
        await self._stop_running(task)
        return task

    async def cancel_all(self, wanted: Filter) -> int:
        """Cancel all tasks of a filter that have not ended; how many."""
        changed = await self._queue.cancel_all(wanted)
        for task in changed:
            await self._stop_running(task)
        return len(changed)

    async def _stop_running(self, task: Task) -> None:
        if task.status is not Status.RUNNING:
            return
        if task.id in self._running:
            await self._executor.cancel(task.id, task.attempt)
        else:
            self._early.add(task.id)

    def wake(self, lane: str | None = None) -> None:
        """There may be work (in one lane)."""
        for name, event in self._wake.items():
            if lane in (None, name):
                self._work.add(name)
                event.set()

    def _room(self, lane: str) -> None:
        """There may be room in a lane. Work that is not there is not looked for again."""
        if lane in self._wake:
            self._wake[lane].set()

    def preview(self, task_id: str) -> bytes | None:
        """The newest look at a task that runs or ended lately, JPEG, or None.

        Who was told of a look asks for it a moment later: by then its task may have ended.
        """
        return self._looks.get(task_id)

    def progress(self, task_id: str) -> dict[str, Any] | None:
        """How far a running task is, or None."""
        running = self._running.get(task_id)
        return running.public() if running else None

    # Claiming

    async def _feed(self, lane: str) -> None:
        while True:
            await self._wake[lane].wait()
            self._wake[lane].clear()
            try:
                while await self._next(lane):
                    pass
                await self._make_way(lane)
            except StorageUnavailable as error:
                # the disk is full or gone: nothing is lost, try again until it is back
                log.warning("lane %s waits: %s", lane, error.detail)
                await asyncio.sleep(STORAGE_PAUSE)
                self.wake(lane)

    async def _next(self, lane: str) -> bool:
        """Start one task if there is room and work; True when it did."""
        if self._paused or lane not in self._work:
            return False
        if self._executor.lanes()[lane].free <= 0:
            await self._rouse(lane)
            return False
        self._work.discard(lane)  # before the look: what comes during it says so itself
        self._claims += 1
        owner = f"{self._server}:{self._claims}"
        device = self._executor.lanes()[lane].next_device or {}
        until = time.time() + self._settings.lease_seconds
        among = self._among(lane)
        task = await self._queue.claim(lane, owner, until, device.get("name"), among)
        if task is not None or among is not None:  # others may wait for more room
            self._work.add(lane)
        if task is None:
            return False
        claim = Claim(task.id, task.attempt, owner)
        running = Running(task, claim, self._estimates, dict(device))
        self._running[task.id] = running
        try:
            await self._executor.run(self._start(running))
        except StudioError as error:
            failed = Failed(task_id=task.id, attempt=task.attempt, error=error.record())
            self._later(self._end(running, failed))
        if task.id in self._early:  # cancelled between the claim and now
            self._early.discard(task.id)
            await self._executor.cancel(task.id, task.attempt)
        return True

    def _among(self, lane: str) -> frozenset[str] | None:
        """What may be begun: the last worker of several is kept for what is done in a moment."""
        here = self._executor.lanes()[lane]
        if "index" in (here.next_device or {}):  # no device stays free while work waits
            return None
        last = here.concurrency > 1 and here.free + here.idle <= 1
        return self._quick.get(lane) if last else None

    async def _rouse(self, lane: str) -> None:
        """Wake a sleeping worker if something waits; it is claimed for when it is up."""
        if not self._executor.lanes()[lane].idle:
            return
        waits = await self._queue.read(lambda connection: listing.best_waiting(connection, lane))
        if waits is not None:
            await self._executor.start_idle_worker(lane)

    def _start(self, running: Running) -> Start:
        task = running.task
        inputs = {
            item["id"]: InputAsset(
                key=item["key"], type=item["type"], width=item["width"], height=item["height"]
            )
            for items in task.snapshot.get("inputs", {}).values()
            for item in items
        }
        return Start(
            task_id=task.id,
            attempt=task.attempt,
            lane=task.lane,
            device=running.snapshot["hardware"].get("index"),
            operation=task.operation,
            params=dict(task.params),
            inputs=inputs,
            snapshot={**running.snapshot, "params": dict(task.params)},
            checkpoint_key=task.checkpoint,
        )

    async def _make_way(self, lane: str) -> None:
        """Ask a background task to yield when something stronger waits."""
        here = [running for running in self._running.values() if running.task.lane == lane]
        weak = [running for running in here if running.task.priority > Priority.INTERACTIVE]
        if not weak or self._paused or self._executor.lanes()[lane].free > 0:
            return
        best = await self._queue.read(lambda connection: listing.best_waiting(connection, lane))
        for running in weak:
            if best is not None and best < running.task.priority and not running.asked_to_yield:
                running.asked_to_yield = True
                await self._executor.request_yield(running.task.id, running.task.attempt)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self._settings.lease_seconds / 3)
            with suppress(StorageUnavailable):  # the next round tries again
                if self._running:
                    until = time.time() + self._settings.lease_seconds
                    await self._queue.renew(list(self._running), until)
                if not self._settings.embedded:  # another server may have died meanwhile
                    await self._queue.recover(self._abandoned())

    # What comes back

    def _report(self, report: ExecutorReport) -> None:
        if isinstance(report, LaneReport):
            self._told("worker", report.lane)
            self._room(report.lane.name)
            return
        running = self._running.get(report.task_id)
        if running is None or running.claim.attempt != report.attempt:
            return
        if isinstance(report, Progress):
            running.advance(report)
            self._keep_look(running)
            self._told("progress", running)
        elif isinstance(report, Computed):
            self._room(running.task.lane)
        else:
            self._later(self._end(running, report))

    def _keep_look(self, running: Running) -> None:
        if running.preview is not None:
            self._looks[running.task.id] = running.preview
            self._looks.move_to_end(running.task.id)
            if len(self._looks) > LOOKS_KEPT:
                self._looks.popitem(last=False)

    async def _settle(self, running: Running, report: Ending) -> Any:
        claim = running.claim
        if isinstance(report, Finished):
            return await self._finish(running, report)
        if isinstance(report, Failed):
            return await self._queue.fail(claim, report.error)
        if isinstance(report, Cancelled):
            return await self._queue.cancelled(claim)
        if isinstance(report, Yielded):
            return await self._queue.release(claim, report.checkpoint_key)
        assert isinstance(report, Lost)
        if self._stopping:
            return await self._queue.release(claim)
        tries = min(WORKER_TRIES, running.task.max_attempts)
        return await self._queue.lost(claim, report.reason, tries)

    async def _finish(self, running: Running, report: Finished) -> Any:
        def work(connection: Connection) -> list[Task]:
            timings = {**running.timings(), **report.timings}
            return store_results(connection, running, report, timings)

        return await self._queue.complete(running.claim, work)

    async def _end(self, running: Running, report: Ending) -> None:
        """Write the end down; while the disk refuses, keep it and try again."""
        while True:
            try:
                await self._settle(running, report)
                break
            except StorageUnavailable as error:
                log.error("task %s: its end is not stored yet: %s", running.task.id, error.detail)
                if self._stopping:
                    break
                await asyncio.sleep(STORAGE_PAUSE)
            except Exception:  # a mistake of ours must not leave the task running for ever
                log.exception("task %s: its end could not be written", running.task.id)
                mistake = StudioError("The studio made a mistake; its log has the details.")
                await self._queue.fail(running.claim, mistake.record())
                break
        self._early.discard(running.task.id)
        if self._running.get(running.task.id) is running:
            del self._running[running.task.id]
        self._room(running.task.lane)

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        job = asyncio.create_task(work)
        self._settling.add(job)
        job.add_done_callback(self._settling.discard)
