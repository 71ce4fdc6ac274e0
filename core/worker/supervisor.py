"""One worker process kept alive: started, watched, restarted with back-off, stopped.

Runs on the server's event loop and imports nothing heavy. It knows which jobs its child holds, so
that each gets exactly one ending whatever happens to the child. Jobs that arrive before the child
is ready wait here, so a child that dies while it starts costs them nothing.

States: starting → ready ⇄ busy; a death leads to restarting (or to stopped, for a lazy worker with
nothing to do), repeated failures to start lead to failed until a job or a minute asks again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Literal

from core.errors import InvalidInput
from core.worker.executor import State
from core.worker.process import Process, spawn
from core.worker.protocol import (
    About,
    Cancel,
    Cancelled,
    Computed,
    Dead,
    Failed,
    Finished,
    Hello,
    JobKey,
    Lost,
    MalformedMessage,
    Message,
    Ready,
    Reply,
    Start,
    Starting,
    Stop,
    TaskReport,
    Yield,
    Yielded,
)

log = logging.getLogger(__name__)

BACKOFF = (0.1, 0.5, 2.0, 5.0)  # seconds
SETTLED_SECONDS = 10.0  # a child that lived this long was no failure
RETRY_SECONDS = 60.0
TERMINATE_SECONDS = 2.0
ENDINGS = (Finished, Failed, Cancelled, Yielded)


class Supervisor:
    """One slot of a lane."""

    def __init__(
        self,
        hello: Hello,
        *,
        report: Callable[[TaskReport], None],
        changed: Callable[[], None],
        cancel_grace: float,
        backoff: tuple[float, ...] = BACKOFF,
    ) -> None:
        """`report` hears of jobs, `changed` of state; both are called on the event loop."""
        self.state: State = "stopped"
        self.detail = ""
        self.restarts = 0
        self.greeting: Ready | None = None
        self._hello = hello
        self._report = report
        self._changed = changed
        self._cancel_grace = cancel_grace
        self._backoff = backoff
        self._process: Process | None = None
        self._waiting: dict[JobKey, Start] = {}
        self._held: dict[JobKey, Literal["computing", "storing"]] = {}
        self._deadlines: dict[JobKey, asyncio.TimerHandle] = {}
        self._disobeyed: set[JobKey] = set()
        self._last_words = ""
        self._lazy = False
        self._start_requested = False
        self._stop = asyncio.Event()
        self._wake = asyncio.Event()
        self._life: asyncio.Task[None] | None = None
        self._giving: asyncio.Task[None] | None = None  # held, or it could be collected

    @property
    def pid(self) -> int | None:
        """The child's process id while there is one."""
        return self._process.pid if self._process else None

    @property
    def device(self) -> int | None:
        """The index of its device; None without an accelerator."""
        return self._hello.device

    @property
    def load(self) -> int:
        """Jobs that are waiting or computing here."""
        return len(self._waiting) + sum(1 for phase in self._held.values() if phase == "computing")

    @property
    def free(self) -> int:
        """1 when a job given now would be begun at once, or would try a failed worker again."""
        takes = self.state in ("ready", "busy", "failed")
        return int(takes and self.load == 0 and not self._stop.is_set())

    def holds(self, job: JobKey) -> bool:
        """Whether the job is here and has not ended."""
        return job in self._waiting or job in self._held

    @property
    def idle(self) -> bool:
        """True while `start_idle_worker` could start it."""
        return self._lazy and self.state == "stopped" and not self._stop.is_set()

    def start_idle_worker(self) -> None:
        """Start the child of a lazy worker without a job yet."""
        self._start_requested = True
        self._wake.set()

    def start(self, *, lazy: bool) -> None:
        """Begin to live; a lazy worker sleeps until it is roused or given a job."""
        self._lazy = lazy
        self._life = asyncio.create_task(self._live(), name=f"worker {self._hello.lane}")

    async def run(self, start: Start) -> None:
        """Take a job."""
        if self._stop.is_set():
            self._report(
                Lost(task_id=start.task_id, attempt=start.attempt, reason="The studio stops.")
            )
            return
        self._waiting[start.about] = start
        self._wake.set()
        self._changed()
        await self._give_next()

    async def cancel(self, task_id: str, attempt: int) -> None:
        """Ask the child; kill it when the job has not ended after the grace."""
        job = (task_id, attempt)
        if self._waiting.pop(job, None):
            self._report(Cancelled(task_id=task_id, attempt=attempt))
            self._changed()
        elif job in self._held and job not in self._deadlines:
            loop = asyncio.get_running_loop()
            self._deadlines[job] = loop.call_later(self._cancel_grace, self._disobey, job)
            await self._send(Cancel(task_id=task_id, attempt=attempt))

    async def request_yield(self, task_id: str, attempt: int) -> None:
        """Ask a job that is computing for a checkpoint."""
        if (task_id, attempt) in self._held:
            await self._send(Yield(task_id=task_id, attempt=attempt))

    async def stop(self, grace: float) -> None:
        """End the child: ask, wait up to `grace` seconds for its job, terminate, kill."""
        self._stop.set()
        self._wake.set()
        self._lose(self._waiting, "The studio stopped before it began.")
        process = self._process
        if process is not None:
            busy = self.state in ("ready", "busy") and grace > 0
            if busy:
                await self._send(Stop())
            await process.end(grace if busy else 0, TERMINATE_SECONDS)
        if self._life is not None:
            await self._life

    # One life after the other.

    async def _live(self) -> None:
        failed_starts, deaths = 0, 0
        while not self._stop.is_set():
            await self._sleep_until_needed()
            if self._stop.is_set():
                break
            born = time.monotonic()
            reason = await self._one_life()
            if self._stop.is_set():
                break
            self.restarts += 1
            failed_starts = 0 if self.greeting else failed_starts + 1
            settled = self.greeting and time.monotonic() - born > SETTLED_SECONDS
            deaths = 1 if settled else deaths + 1
            self.greeting = None
            log.warning("worker %s: %s", self._hello.lane, reason)
            if failed_starts > len(self._backoff):
                await self._give_up(reason)
                failed_starts, deaths = 0, 0
            else:
                self._become("restarting", reason)
                await self._pause(self._backoff[min(deaths, len(self._backoff)) - 1])
        self._become("stopped", "")

    async def _sleep_until_needed(self) -> None:
        if self._lazy and not self._waiting and not self._stop.is_set():
            self._become("stopped", "")
            self._wake.clear()
            if not self._start_requested:  # asked between the last look and now
                await self._wake.wait()
        self._start_requested = False

    async def _give_up(self, reason: str) -> None:
        self._lose(self._waiting, f"The worker cannot start. {reason}")
        self._become("failed", reason)
        self._wake.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), RETRY_SECONDS)

    async def _pause(self, seconds: float) -> None:
        """Wait, but not when the studio stops meanwhile."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds)

    async def _one_life(self) -> str:
        """Start a child and follow it to its end; returns how it ended, as a sentence."""
        self._last_words = ""
        self._become("starting", "worker starting")
        try:
            self._process = await spawn(self._hello)
        except OSError as error:
            return f"The worker process could not be started: {error}."
        process = self._process
        if self._stop.is_set():  # asked while it was being born
            await process.end(0, TERMINATE_SECONDS)
        how = await process.follow(self._take)
        self._process = None
        reason = self._last_words or how
        self._bury(reason)
        return reason

    def _bury(self, reason: str) -> None:
        """Every job that the dead child held gets its ending."""
        if self._stop.is_set():
            reason = "The studio stopped."
        for job in list(self._held):
            self._forget(job)
            if job in self._disobeyed:
                self._report(Cancelled(task_id=job[0], attempt=job[1]))
            else:
                self._report(Lost(task_id=job[0], attempt=job[1], reason=reason))
        self._disobeyed.clear()

    # What the child says.

    def _take(self, reply: Reply) -> None:
        if isinstance(reply, Ready):
            self.greeting = reply
            self._settle()
            self._giving = asyncio.create_task(self._give_next())
        elif isinstance(reply, Starting):
            self._become("starting", reply.phase)
        elif isinstance(reply, Dead):
            self._last_words = reply.reason
        elif isinstance(reply, About):
            self._take_report(reply)

    def _take_report(self, reply: TaskReport) -> None:
        if reply.about not in self._held:
            return  # an echo of a job that has ended
        if isinstance(reply, Computed):
            self._held[reply.about] = "storing"
        elif isinstance(reply, ENDINGS):
            self._forget(reply.about)
        # First the report, then the lane: who is told of room knows what made it.
        self._report(reply)
        if isinstance(reply, (Computed, *ENDINGS)):
            self._settle()
            if self._waiting:
                self._giving = asyncio.create_task(self._give_next())

    async def _give_next(self) -> None:
        """Give the child its next job once it has none to compute.

        One at a time: a cancelled job must not have to wait for another one in the child.
        """
        if self._waiting and self.greeting and "computing" not in self._held.values():
            job, start = next(iter(self._waiting.items()))
            del self._waiting[job]
            self._held[job] = "computing"
            self._settle()
            try:
                await self._send(start)
            except MalformedMessage:
                self._forget(job)
                error = InvalidInput("The parameters hold text that is no Unicode.").record()
                self._report(Failed(task_id=job[0], attempt=job[1], error=error))
                self._settle()

    async def _send(self, message: Message) -> None:
        if self._process is not None:
            await self._process.send(message)

    # Small steps.

    def _become(self, state: State, detail: str) -> None:
        self.state, self.detail = state, detail
        self._changed()

    def _settle(self) -> None:
        """Ready or busy, by what is computing."""
        if self._process is not None and self.greeting is not None:
            self._become("busy" if self.load else "ready", "")

    def _forget(self, job: JobKey) -> None:
        self._held.pop(job, None)
        deadline = self._deadlines.pop(job, None)
        if deadline is not None:
            deadline.cancel()

    def _disobey(self, job: JobKey) -> None:
        """A cancelled job did not end in time: only killing its process helps."""
        if job in self._held and self._process is not None:
            self._disobeyed.add(job)
            self._process.kill()

    def _lose(self, jobs: dict[JobKey, Start], reason: str) -> None:
        for task_id, attempt in list(jobs):
            del jobs[(task_id, attempt)]
            self._report(Lost(task_id=task_id, attempt=attempt, reason=reason))
