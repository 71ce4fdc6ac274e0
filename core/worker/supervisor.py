"""Keep one worker process alive: start it, restart it with back-off, stop it.

Runs on the server's event loop and imports nothing heavy. It tracks the jobs of its child, so that
each gets exactly one ending whatever happens to the child. Jobs that arrive before the child is
ready wait here, so a child that dies while it starts costs them nothing.

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
from core.worker.heartbeat import Heartbeat, Phase
from core.worker.process import Process, spawn
from core.worker.protocol import (
    LOADING,
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
    Ping,
    Progress,
    Ready,
    Reply,
    Returned,
    Start,
    StartBatch,
    Starting,
    Stop,
    TaskReport,
    Yield,
    Yielded,
)
from core.worker.waiting_jobs import WaitingJobs

log = logging.getLogger(__name__)

BACKOFF = (0.1, 0.5, 2.0, 5.0)  # seconds
STABLE_SECONDS = 10.0  # a child that lived this long was no failure
RETRY_SECONDS = 60.0
TERMINATE_SECONDS = 2.0
ENDINGS = (Finished, Failed, Cancelled, Yielded)


class Supervisor:
    """One worker of a lane."""

    def __init__(
        self,
        hello: Hello,
        *,
        report: Callable[[TaskReport], None],
        changed: Callable[[], None],
        cancel_grace: float,
        hang_seconds: float,
        backoff: tuple[float, ...] = BACKOFF,
    ) -> None:
        """`report` receives the reports of jobs, `changed` is called after a change of state.

        Both are called on the event loop.
        """
        self.state: State = "stopped"
        self.detail = ""
        self.restarts = 0
        self.greeting: Ready | None = None
        self._hello = hello
        self._report = report
        self._changed = changed
        self._cancel_grace = cancel_grace
        self._backoff = backoff
        self._hang_seconds = hang_seconds
        self._heartbeat = Heartbeat(hang_seconds)
        self._loading = False
        self._process: Process | None = None
        self._waiting = WaitingJobs()
        self._held: dict[JobKey, Literal["computing", "storing"]] = {}
        self._deadlines: dict[JobKey, asyncio.TimerHandle] = {}
        self._overdue: set[JobKey] = set()
        self._exit_reason = ""
        self._lazy = False
        self._start_requested = False
        self._stop = asyncio.Event()
        self._wake = asyncio.Event()
        self._supervision: asyncio.Task[None] | None = None
        self._sending: asyncio.Task[None] | None = None  # held, or it could be collected

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
        """1 when a job would start at once, or would make a failed worker try again; else 0."""
        takes = self.state in ("ready", "busy", "failed") and not self._heartbeat.unresponsive
        return int(takes and self.load == 0 and not self._stop.is_set())

    def holds(self, job: JobKey) -> bool:
        """True while the job is here and has not ended."""
        return job in self._waiting or job in self._held

    @property
    def idle(self) -> bool:
        """True while `start_idle_worker` could start it."""
        return self._lazy and self.state == "stopped" and not self._stop.is_set()

    def start_idle_worker(self) -> None:
        """Start the child of a lazy worker without a job yet."""
        self._start_requested = True
        self._wake.set()

    def restart(self) -> None:
        """Kill the child, after which the next one starts; end a pause after failed starts."""
        if self._process is not None:
            self._process.kill()
        self._wake.set()

    def start(self, *, lazy: bool) -> None:
        """Start the supervision; a lazy worker stays idle until `start_idle_worker` or a job."""
        self._lazy = lazy
        self._supervision = asyncio.create_task(
            self._supervise(), name=f"worker {self._hello.lane}"
        )
        self._changed()

    async def run(self, *starts: Start) -> None:
        """Take a job, or the jobs of one batch."""
        self._waiting.add(*starts)
        if self._stop.is_set():
            self._lose_waiting("The studio stops.")
            return
        self._wake.set()
        await self._send_next()

    async def cancel(self, task_id: str, attempt: int) -> None:
        """Request the end of a job; kill the child when the job outlives the grace."""
        job = (task_id, attempt)
        if self._waiting.remove(job):
            self._report(Cancelled(task_id=task_id, attempt=attempt))
            self._changed()
        elif job in self._held and job not in self._deadlines:
            loop = asyncio.get_running_loop()
            self._deadlines[job] = loop.call_later(self._cancel_grace, self._kill_overdue, job)
            await self._send(Cancel(task_id=task_id, attempt=attempt))

    async def request_yield(self, task_id: str, attempt: int) -> None:
        """Request a checkpoint of a job that is computing."""
        if (task_id, attempt) in self._held:
            await self._send(Yield(task_id=task_id, attempt=attempt))

    async def stop(self, grace: float) -> None:
        """End the child: request it, wait up to `grace` seconds for its job, terminate, kill."""
        self._stop.set()
        self._wake.set()
        self._changed()
        self._lose_waiting("The studio stopped before it began.")
        process = self._process
        if process is not None:
            busy = self.state in ("ready", "busy") and grace > 0
            if busy:
                await self._send(Stop())
            await process.end(grace if busy else 0, TERMINATE_SECONDS)
        if self._supervision is not None:
            await self._supervision

    # The life of the children, one after the other.

    async def _supervise(self) -> None:
        failed_starts, deaths = 0, 0
        while not self._stop.is_set():
            await self._wait_until_needed()
            if self._stop.is_set():
                break
            began = time.monotonic()
            reason = await self._run_child()
            if self._stop.is_set():
                break
            self.restarts += 1
            failed_starts = 0 if self.greeting else failed_starts + 1
            stable = self.greeting and time.monotonic() - began > STABLE_SECONDS
            deaths = 1 if stable else deaths + 1
            self.greeting = None
            log.warning("worker %s: %s", self._hello.lane, reason)
            if failed_starts > len(self._backoff):
                await self._give_up(reason)
                failed_starts, deaths = 0, 0
            else:
                self._set_state("restarting", reason)
                await self._pause(self._backoff[min(deaths, len(self._backoff)) - 1])
        self._set_state("stopped", "")

    async def _wait_until_needed(self) -> None:
        if self._lazy and not self._waiting and not self._stop.is_set():
            self._set_state("stopped", "")
            self._wake.clear()
            if not self._start_requested:  # requested since the last check
                await self._wake.wait()
        self._start_requested = False

    async def _give_up(self, reason: str) -> None:
        self._lose_waiting(f"The worker cannot start. {reason}")
        self._set_state("failed", reason)
        self._wake.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), RETRY_SECONDS)

    async def _pause(self, seconds: float) -> None:
        """Wait, or return early when the studio stops."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds)

    async def _run_child(self) -> str:
        """Run a child from start to end; returns the reason of its end, as a sentence."""
        self._exit_reason = ""
        self._set_state("starting", "worker starting")
        try:
            self._process = await spawn(self._hello)
        except OSError as error:
            return f"The worker process could not be started: {error}."
        process = self._process
        self._changed()
        if self._stop.is_set():  # requested during the start
            await process.end(0, TERMINATE_SECONDS)
        self._heartbeat = Heartbeat(self._hang_seconds)
        watch = asyncio.create_task(self._watch(process))
        ending = await process.follow(self._handle)
        watch.cancel()
        self._heartbeat.message()
        self._process = None
        reason = self._exit_reason or ending
        self._end_jobs(reason)
        return reason

    async def _watch(self, process: Process) -> None:
        """Ping the child; kill it once it has been silent for too long."""
        while not self._heartbeat.hung(self._phase):
            process.post(Ping(n=0))
            await asyncio.sleep(self._heartbeat.interval)
            self._heartbeat.ping()
            if self._heartbeat.unresponsive and self.greeting:
                self._set_state(self.state, self._silence)
        self._exit_reason = f"{self._silence} It was stopped."
        process.kill()

    @property
    def _silence(self) -> str:
        return f"The worker has not answered for {self._heartbeat.silence:.0f} s."

    @property
    def _phase(self) -> Phase:
        if self.greeting is None:
            return "starting"
        if self.load == 0:
            return "ready"
        return "loading" if self._loading else "busy"

    def _end_jobs(self, reason: str) -> None:
        """Report the ending of every job that the dead child held."""
        if self._stop.is_set():
            reason = "The studio stopped."
        for job in list(self._held):
            self._remove(job)
            if job in self._overdue:
                self._report(Cancelled(task_id=job[0], attempt=job[1]))
            else:
                self._report(Lost(task_id=job[0], attempt=job[1], reason=reason))
        self._overdue.clear()

    # Messages of the child.

    def _handle(self, reply: Reply) -> None:
        recovered = self._heartbeat.unresponsive
        self._heartbeat.message()
        if recovered and self.greeting:
            self._set_state(self.state, "")
        if isinstance(reply, Ready):
            self.greeting = reply
            self._update_state()
            self._sending = asyncio.create_task(self._send_next())
        elif isinstance(reply, Starting):
            self._set_state("starting", reply.phase)
        elif isinstance(reply, Dead):
            self._exit_reason = reply.reason
        elif isinstance(reply, Returned):
            self._take_back(reply.about)
        elif isinstance(reply, About):
            self._handle_report(reply)

    def _handle_report(self, reply: TaskReport) -> None:
        if reply.about not in self._held:
            return  # a late message about a job that has ended
        if isinstance(reply, Progress):
            self._loading = reply.phase == LOADING
        elif isinstance(reply, Computed):
            self._held[reply.about] = "storing"
        elif isinstance(reply, ENDINGS):
            self._remove(reply.about)
        # First the report, then the lane: a listener that sees a free worker has its ending.
        self._report(reply)
        if isinstance(reply, (Computed, *ENDINGS)):
            self._update_state()
            if self._waiting:
                self._sending = asyncio.create_task(self._send_next())

    def _take_back(self, job: JobKey) -> None:
        """Put a job of a batch that could not run together before all others, to run alone."""
        cancelled = job in self._deadlines
        self._remove(job)
        if cancelled:
            self._report(Cancelled(task_id=job[0], attempt=job[1]))
        else:
            self._waiting.put_back(job)
        self._update_state()
        self._sending = asyncio.create_task(self._send_next())

    async def _send_next(self) -> None:
        """Send the child its next job, or its next batch, once it computes none.

        One at a time: a cancelled job must not have to wait for another one in the child.
        """
        process = self._process if self.greeting else None
        if not self._waiting or process is None or "computing" in self._held.values():
            self._changed()
            return
        starts = self._waiting.take()
        self._held |= {start.about: "computing" for start in starts}
        try:  # first, so that the child begins while clients are told
            process.post(starts[0] if len(starts) == 1 else StartBatch(starts=starts))
        except MalformedMessage:
            self._refuse(starts)
        else:
            self._update_state()
            await process.drain()

    def _refuse(self, starts: tuple[Start, ...]) -> None:
        """Fail a job that is no message; those of a batch are first sent one by one."""
        if len(starts) > 1:
            for start in reversed(starts):
                self._take_back(start.about)
            return
        start = starts[0]
        self._remove(start.about)
        error = InvalidInput("The parameters hold text that is no Unicode.").record()
        self._report(Failed(task_id=start.task_id, attempt=start.attempt, error=error))
        self._update_state()

    async def _send(self, message: Message) -> None:
        if self._process is not None:
            await self._process.send(message)

    def _set_state(self, state: State, detail: str) -> None:
        self.state, self.detail = state, detail
        self._changed()

    def _update_state(self) -> None:
        """Set the state to ready or busy, by the load."""
        if self._process is not None and self.greeting is not None:
            self._set_state("busy" if self.load else "ready", "")

    def _remove(self, job: JobKey) -> None:
        self._held.pop(job, None)
        if deadline := self._deadlines.pop(job, None):
            deadline.cancel()

    def _kill_overdue(self, job: JobKey) -> None:
        """Kill the process of a cancelled job that did not end in time."""
        if job in self._held and self._process is not None:
            self._overdue.add(job)
            self._process.kill()

    def _lose_waiting(self, reason: str) -> None:
        for task_id, attempt in self._waiting.clear():
            self._report(Lost(task_id=task_id, attempt=attempt, reason=reason))
