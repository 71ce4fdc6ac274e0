"""The dispatcher: one loop per lane that claims tasks, starts them in the executor and records
their outcomes.

It never computes. Every report of an executor is compared with the claim that it was started for,
so a late report of a lost attempt changes nothing.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import and_, or_

from core.errors import StorageUnavailable, StudioError
from core.settings import Settings
from core.store.schema import tasks
from core.tasks import listing, polling
from core.tasks.batches import Batches
from core.tasks.claimer import Claimer, Slot
from core.tasks.estimate import Estimates
from core.tasks.notifier import Notifier, Topic
from core.tasks.outcomes import record_outcome
from core.tasks.previews import Previews
from core.tasks.queue import Queue
from core.tasks.reservation import Reservation
from core.tasks.running import RunningTask
from core.tasks.states import Priority, Status
from core.tasks.task import Task
from core.worker.executor import Executor, ExecutorReport, LaneReport
from core.worker.protocol import Computed, Ending, Failed, Logged, Output, Progress, Stored

STORAGE_PAUSE = 2.0
log = logging.getLogger(__name__)


def own_fault() -> StudioError:
    """The error of a task that a fault of this code has ended."""
    return StudioError("The studio made a mistake; its log has the details.")


class Dispatcher:
    """Runs the queue on an executor. One per process; several processes may share a queue."""

    def __init__(
        self,
        settings: Settings,
        queue: Queue,
        executor: Executor,
        estimates: Estimates,
        notifier: Notifier,
        on_change: Callable[[str, Any], None],
        short_operations: Callable[[str], frozenset[str] | None] | None = None,
        batches: Batches | None = None,
    ) -> None:
        """`on_change` gets `("progress", RunningTask)`, `("worker", LaneState)`, `("queue", None)`.
        `short_operations`: those that may take the last free worker of a lane, None for all.
        Without `batches` every task runs alone."""
        self._settings = settings
        self._queue = queue
        self._executor = executor
        self._estimates = estimates
        self._notifier = notifier
        self._on_change = on_change
        self._claimer = Claimer(
            queue, executor, estimates, settings.lease_seconds, short_operations, batches
        )
        self._paused = False
        self._pause_messages = 0
        self._stopping = False
        self._running: dict[str, RunningTask] = {}
        self.previews = Previews()
        # By lane whose claim is under way: tasks to cancel, or to yield, once they have started.
        self._claiming: dict[str, set[tuple[Topic, str]]] = {}
        self._wake: dict[str, asyncio.Event] = {}
        self._work: set[str] = set()  # lanes where a task may wait
        self._loops: list[asyncio.Task[None]] = []
        self._jobs: set[asyncio.Task[None]] = set()
        notifier.subscribe(self._receive)

    # Life

    async def restore(self) -> None:
        """Read from the database whether the queue is paused. Call it before any request."""
        self._paused = (await self._queue.settings()).paused

    async def start(self) -> None:
        """Put back the tasks of a dead server, then begin to claim."""
        await self._queue.recover(self._abandoned())
        self._executor.subscribe(self._report)
        for lane in self._executor.lanes():
            self._wake[lane] = asyncio.Event()
            self.wake(lane)
            self._repeat(self._feed(lane), f"lane {lane}")
        self._queue.reserve = self._reserve
        self._repeat(self._renew_leases(), "leases")
        if not self._notifier.reaches_all_servers:
            self._repeat(self._poll(), "poll")

    def _repeat(self, loop: Coroutine[Any, Any, None], name: str) -> None:
        self._loops.append(asyncio.create_task(loop, name=name))

    async def stop(self) -> None:
        """Claim nothing more, let running tasks end within the grace, put the others back."""
        self._stopping = True
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        await self._executor.stop(self._settings.stop_grace_seconds)
        await asyncio.gather(*self._jobs, return_exceptions=True)
        for running in list(self._running.values()):
            with suppress(StorageUnavailable):  # the next start puts it back
                await self._queue.release(running.claim)

    def _abandoned(self) -> Any:
        """A condition for the tasks of dead servers; None, for all, where this is the only one."""
        if self._settings.embedded:
            return None
        lapsed = or_(tasks.c.lease_until.is_(None), tasks.c.lease_until < time.time())
        return and_(tasks.c.status == Status.RUNNING.value, lapsed)

    # State

    @property
    def paused(self) -> bool:
        """True while no task is started."""
        return self._paused

    def output(self, task_id: str, place: int) -> Output | None:
        """A stored output of a running task, by its place among them; None where there is none."""
        running = self._running.get(task_id)
        return dict(enumerate(running.outputs)).get(place) if running else None

    def preview(self, task_id: str) -> bytes | None:
        """The newest preview of a task that runs or ended lately, JPEG, or None."""
        return self.previews.get(task_id)

    def progress(self, task_id: str) -> dict[str, Any] | None:
        """The progress of a running task, or None."""
        running = self._running.get(task_id)
        return running.public() if running else None

    # Signals from the queue, of this server and of others

    def _receive(self, topic: Topic, payload: str) -> None:
        match topic:
            case Topic.PENDING:
                self.wake(payload)
            case Topic.CANCEL:
                self._cancel(payload)
            case Topic.HOLD:
                self._request_yield(payload)
            case Topic.PAUSE | Topic.RESUME:
                self._pause_messages += 1
                self._set_paused(topic is Topic.PAUSE)
            case Topic.SETTINGS:
                self._on_change("queue", None)

    def _request_yield(self, task_id: str) -> None:
        """Let a task that runs here hand back its checkpoint: its row holds it afterwards.

        One whose claim is under way does so as soon as it has started.
        """
        for messages in self._claiming.values():
            messages.add((Topic.HOLD, task_id))
        running = self._running.get(task_id)
        if running is not None and not running.yield_requested:
            running.yield_requested = True
            self._in_background(self._executor.request_yield(task_id, running.claim.attempt))

    def _set_paused(self, paused: bool) -> None:
        if paused != self._paused:
            self._paused = paused
            self._on_change("queue", None)
            self.wake()

    def _cancel(self, task_id: str) -> None:
        """Stop a task if it runs here, or as soon as a claim that is under way has returned it."""
        for messages in self._claiming.values():
            messages.add((Topic.CANCEL, task_id))
        if running := self._running.get(task_id):
            self._in_background(self._executor.cancel(task_id, running.claim.attempt))

    def wake(self, lane: str | None = None) -> None:
        """Look for a task to start, in one lane or in all."""
        for name, event in self._wake.items():
            if lane in (None, name):
                self._work.add(name)
                event.set()

    def _slot_freed(self, lane: str) -> None:
        """Start the next task of a lane, unless its last query found none."""
        if lane in self._wake:
            self._wake[lane].set()

    async def _poll(self) -> None:
        """Act on the changes of other servers, whose messages do not arrive here."""
        while True:
            await asyncio.sleep(self._settings.poll_seconds)
            with suppress(StorageUnavailable):  # the next round tries again
                await self._poll_once()

    async def _poll_once(self) -> None:
        claims = [running.claim for running in self._running.values()]
        messages = self._pause_messages
        state = await self._queue.read(
            lambda connection: polling.read_state(connection, list(self._wake), claims)
        )
        if messages == self._pause_messages:  # else the answer may be older than the message
            self._set_paused(state.paused)
        for lane in state.pending:
            self.wake(lane)
        for claim in state.held:
            self._request_yield(claim.task_id)
        for claim in state.revoked:
            await self._executor.cancel(claim.task_id, claim.attempt)

    # Claiming

    async def _feed(self, lane: str) -> None:
        while True:
            await self._wake[lane].wait()
            self._wake[lane].clear()
            try:
                while await self._start_next(lane):
                    pass
                await self._preempt(lane)
            except StorageUnavailable as error:
                # the disk is full or gone: nothing is lost, try again until it is back
                log.warning("lane %s waits: %s", lane, error.detail)
                await self._wake_later(lane)
            except Exception:  # a fault in one round must not end the lane: its tasks would wait
                log.exception("lane %s: a task could not be started", lane)
                await self._wake_later(lane)

    async def _wake_later(self, lane: str) -> None:
        await asyncio.sleep(STORAGE_PAUSE)
        self.wake(lane)

    async def _start_next(self, lane: str) -> bool:
        """Start one task if a worker is free and a task waits; True if one was started."""
        if self._paused or lane not in self._work or lane in self._claiming:
            return False
        if self._executor.lanes()[lane].free <= 0:
            await self._start_idle_worker(lane)
            return False
        self._claiming[lane] = set()
        try:
            batch = await self._claim(lane)
            await self._start(lane, batch)
        finally:
            del self._claiming[lane]
        return bool(batch)

    def _reserve(self, new: Sequence[Task]) -> Reservation | None:
        """See `Reserve`: the worker for a new task, if it is free and no task waits for it."""
        lane = new[0].lane if new else ""
        if self._stopping or self._paused or lane not in self._wake:
            return None
        if lane in self._work or lane in self._claiming or self._executor.lanes()[lane].free <= 0:
            return None
        if self._claimer.claimable(lane) is not None:  # the last worker is not for every task
            return None
        self._claiming[lane] = set()
        slot, claim = self._claimer.claim_new(lane)
        reservation = Reservation(lane, claim, asyncio.get_running_loop().create_future())
        self._in_background(self._start_new(slot, reservation))
        return reservation

    async def _start_new(self, slot: Slot, reservation: Reservation) -> None:
        """Start the task of a reservation once its claim is committed."""
        lane = reservation.lane
        try:
            batch = slot.running(await reservation.claimed, self._estimates)
            self._running |= {running.task.id: running for running in batch}
            await self._start(lane, batch)
        finally:
            del self._claiming[lane]
            self._slot_freed(lane)  # for a task that came meanwhile

    async def _claim(self, lane: str) -> list[RunningTask]:
        self._work.discard(lane)  # before the query: a task that comes during it adds the lane
        among = self._claimer.claimable(lane)
        batch = await self._claimer.claim(lane, among)
        if batch or among is not None:  # other tasks may wait for a free worker
            self._work.add(lane)
        self._running |= {running.task.id: running for running in batch}
        return batch

    async def _start(self, lane: str, batch: Sequence[RunningTask]) -> None:
        """Start claimed tasks, then stop those that were cancelled or held during their claim."""
        if batch:
            await self._run(batch)
        for running in batch:
            about = running.task.id, running.claim.attempt
            if (Topic.CANCEL, running.task.id) in self._claiming[lane]:
                await self._executor.cancel(*about)
            elif (Topic.HOLD, running.task.id) in self._claiming[lane]:
                await self._executor.request_yield(*about)

    async def _run(self, batch: Sequence[RunningTask]) -> None:
        try:
            await self._executor.run(*(running.start() for running in batch))
        except StudioError as error:
            self._refuse(batch, error)
        except Exception:  # a fault in this code must not leave the tasks running for ever
            log.exception("tasks %s could not be started", [running.task.id for running in batch])
            self._refuse(batch, own_fault())

    def _refuse(self, batch: Sequence[RunningTask], error: StudioError) -> None:
        for running in batch:
            about = {"task_id": running.task.id, "attempt": running.task.attempt}
            self._in_background(self._end(running, Failed(**about, error=error.record())))

    async def _start_idle_worker(self, lane: str) -> None:
        """Start an idle worker if a task waits; the task is claimed when the worker is ready."""
        if not self._executor.lanes()[lane].idle:
            return
        best = await self._queue.read(lambda connection: listing.best_waiting(connection, lane))
        if best is not None:
            await self._executor.start_idle_worker(lane)

    async def _preempt(self, lane: str) -> None:
        """Request a yield of running background tasks while a task of a stronger band waits."""
        background = [
            running
            for running in self._running.values()
            if running.task.lane == lane and running.task.priority > Priority.INTERACTIVE
        ]
        if not background or self._paused or self._executor.lanes()[lane].free > 0:
            return
        best = await self._queue.read(lambda connection: listing.best_waiting(connection, lane))
        for running in background:
            if best is not None and best < running.task.priority:
                self._request_yield(running.task.id)

    async def _renew_leases(self) -> None:
        while True:
            await asyncio.sleep(self._settings.lease_seconds / 3)
            with suppress(StorageUnavailable):  # the next round tries again
                if self._running:
                    until = time.time() + self._settings.lease_seconds
                    claims = [running.claim for running in self._running.values()]
                    await self._queue.renew(claims, until)
                if not self._settings.embedded:  # another server may have died meanwhile
                    await self._queue.recover(self._abandoned())

    # Reports

    def _report(self, report: ExecutorReport) -> None:
        if isinstance(report, LaneReport):
            self._on_change("worker", report.lane)
            self._slot_freed(report.lane.name)
            return
        running = self._running.get(report.task_id)
        if running is None or running.claim.attempt != report.attempt:
            return
        if isinstance(report, Progress):
            running.advance(report)
            if running.preview is not None:
                self.previews.set(running.task.id, running.preview)
            self._on_change("progress", running)
        elif isinstance(report, Stored):
            running.outputs.append(report.output)
            self._on_change("progress", running)
        elif isinstance(report, Logged):
            self._in_background(self._queue.log(report))
        elif isinstance(report, Computed):
            self._slot_freed(running.task.lane)
        else:
            self._in_background(self._end(running, report))

    async def _end(self, running: RunningTask, report: Ending) -> None:
        """Record the outcome of a task; while the disk refuses it, keep it and try again."""
        while True:
            try:
                await record_outcome(self._queue, running, report, stopping=self._stopping)
                break
            except StorageUnavailable as error:
                log.error("task %s: its outcome is not stored: %s", running.task.id, error.detail)
                if self._stopping:
                    break
                await asyncio.sleep(STORAGE_PAUSE)
            except Exception:  # a fault in this code must not leave the task running for ever
                log.exception("task %s: its outcome could not be recorded", running.task.id)
                await self._queue.fail(running.claim, own_fault().record())
                break
        if self._running.get(running.task.id) is running:
            del self._running[running.task.id]
        self._slot_freed(running.task.lane)

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        job = asyncio.create_task(work)
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)
