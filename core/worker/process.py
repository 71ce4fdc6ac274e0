"""The operating-system process of a worker: pipes, signals and exit codes, but no jobs."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress

from core.children import command
from core.logs.records import level_number, parse_line
from core.settings import ROOT
from core.worker.protocol import (
    LINE_LIMIT,
    Hello,
    MalformedMessage,
    Message,
    Reply,
    decode_reply,
    encode,
)

log = logging.getLogger(__name__)

LAST_LINES = 20
LINE_LOGGED = 500
LINE_READ = 1 << 17
DRAIN_SECONDS = 1.0
# No library in a worker fetches anything or runs code that came with a model.
OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "ORT_DISABLE_TELEMETRY": "1",
    "DIFFUSERS_DISABLE_REMOTE_CODE": "1",
    "TOKENIZERS_PARALLELISM": "false",
}
# Waiting threads must sleep: spinning ones slow a machine down several times whose cores also run
# a server and a browser. The user's own environment takes precedence.
CALM = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0"}
VISIBLE_DEVICES = "CUDA_VISIBLE_DEVICES"  # ROCm's torch reads it too


async def spawn(hello: Hello) -> Process:
    """Start a worker and send its `Hello`. Raises `OSError` when the system refuses."""
    child = await asyncio.create_subprocess_exec(
        *command("core.worker.child"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=LINE_LIMIT,
        env=environment(hello),
    )
    process = Process(child, hello.lane)
    await process.send(hello)
    return process


def environment(hello: Hello) -> dict[str, str]:
    """The environment of a worker: this process's own, its device, and no network but for `io`."""
    variables = {**CALM, **os.environ, **OFFLINE}
    if hello.lane == "io" and not hello.settings.offline:
        # The one lane that may download; huggingface_hub reads both names.
        del variables["HF_HUB_OFFLINE"], variables["TRANSFORMERS_OFFLINE"]
    paths = [str(ROOT), variables.get("PYTHONPATH", "")]
    variables["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    variables[VISIBLE_DEVICES] = _visible(hello.device, variables.get(VISIBLE_DEVICES))
    return variables


def _visible(device: int | None, inherited: str | None) -> str:
    """The value of `VISIBLE_DEVICES` for the device of an index among the `inherited` ones.

    Empty without a device, and where there are fewer: that worker computes on the processor.
    """
    if device is None:
        return ""
    if inherited is None:
        return str(device)
    return dict(enumerate(inherited.split(","))).get(device, "").strip()


class Process:
    """A running worker."""

    def __init__(self, child: asyncio.subprocess.Process, lane: str) -> None:
        self._child = child
        self._lane = lane
        self._errors: deque[str] = deque(maxlen=LAST_LINES)
        self._fault = ""
        self._level = logging.INFO

    @property
    def pid(self) -> int:
        """The process id."""
        return self._child.pid

    async def send(self, message: Message) -> None:
        """Write a message; does nothing when the process is gone, which `follow` reports.

        Raises `MalformedMessage` for what cannot be written as JSON.
        """
        self.post(message)
        await self.drain()

    async def drain(self) -> None:
        """Wait until the process has read most of what was written."""
        assert self._child.stdin is not None
        with suppress(ConnectionError, RuntimeError):
            await self._child.stdin.drain()

    def post(self, message: Message) -> None:
        """As `send`, without waiting for a process that does not read."""
        line = encode(message)
        assert self._child.stdin is not None
        with suppress(ConnectionError, RuntimeError):
            self._child.stdin.write(line)

    async def follow(self, take: Callable[[Reply], None]) -> str:
        """Hand every message to `take` until the process ends; returns how it ended."""
        readers = {
            asyncio.create_task(self._read_messages(take)),
            asyncio.create_task(self._read_errors()),
        }
        code = await self._child.wait()
        # Messages from before its death count; a grandchild may hold the pipes open for ever.
        _, unfinished = await asyncio.wait(readers, timeout=DRAIN_SECONDS)
        for reader in unfinished:
            reader.cancel()
        return self._describe(code)

    async def end(self, grace: float, patience: float) -> None:
        """Wait `grace` seconds for it to end by itself, then terminate, then kill."""
        if grace > 0 and await self._ended_within(grace):
            return
        with suppress(ProcessLookupError):
            self._child.terminate()
        if not await self._ended_within(patience):
            self.kill()

    def kill(self) -> None:
        """End it now."""
        with suppress(ProcessLookupError):
            self._child.kill()

    async def _ended_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._child.wait(), seconds)
        except TimeoutError:
            return False
        return True

    async def _read_messages(self, take: Callable[[Reply], None]) -> None:
        assert self._child.stdout is not None
        while True:
            try:
                line = await self._child.stdout.readline()
            except ValueError:
                self._fault = f"it sent a line of more than {LINE_LIMIT} bytes"
                self.kill()
                return
            if not line:
                return
            try:
                reply = decode_reply(line)
            except MalformedMessage as error:
                log.warning("worker %s sent a malformed message: %r", self._lane, error.line)
                continue
            try:
                take(reply)
            except Exception:
                # Protects the reader: a fault in one report must not stop the messages after it.
                log.exception("worker %s: a report could not be handled", self._lane)

    async def _read_errors(self) -> None:
        """Keep the last lines of stderr, and pass all on to the log."""
        assert self._child.stderr is not None
        rest = b""
        while chunk := await self._child.stderr.read(1 << 16):
            *lines, rest = (rest + chunk).split(b"\n")
            rest = rest[:LINE_READ]  # noise without line ends must not grow
            for line in lines:
                self._log_line(line)
        self._log_line(rest)

    def _log_line(self, line: bytes) -> None:
        text = line.decode("utf-8", "replace").rstrip()
        if record := parse_line(text):
            self._log_record(record)
        elif text := text[:LINE_LOGGED]:
            self._errors.append(text)
            # A line without a level, such as a traceback's, belongs to the one before.
            levels = logging.getLevelNamesMapping()
            self._level = levels.get(text.split(" ", 1)[0], self._level)
            extra = {"worker": self._lane}
            log.log(self._level, "worker %s: %s", self._lane, text, extra=extra)

    def _log_record(self, record: Mapping[str, str]) -> None:
        """Log a record of the worker under its own logger, level and task."""
        level, message = record["level"].upper(), record.get("message", "")
        name = record.get("logger", "worker")
        last = message.rstrip().rpartition("\n")[2]
        self._errors.append(f"{level} {name}: {last}"[:LINE_LOGGED])
        about = {name: record.get(name) for name in ("task_id", "request_id")}
        extra = {"worker": self._lane, **about}
        logging.getLogger(name).log(level_number(level), "%s", message, extra=extra)

    def _describe(self, code: int) -> str:
        if self._fault:
            ending = f"The worker was stopped: {self._fault}."
        elif code < 0:
            ending = f"The worker was ended by {_signal_name(-code)}."
            if -code == signal.SIGKILL:
                ending += " The system does that when memory runs out."
        else:
            ending = f"The worker ended with exit code {code}."
        last = [line for line in self._errors if line.strip()][-3:]
        return f"{ending} Last output: {' / '.join(last)}" if last else ending


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
