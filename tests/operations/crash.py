"""Operations that behave badly, each in the way that `how` says."""

import os
import signal
import sys
import time
from typing import Any, Literal

from core.operations.declaration.base import Context, Operation
from core.operations.declaration.fields import Port

How = Literal[
    "exit",
    "kill",
    "kill_once",
    "memory",
    "error",
    "sys_exit",
    "print",
    "deaf",
    "garbage",
    "not_json",
]


class Crash(Operation):
    """Misbehaves. `kill_once` dies in its first attempt only; `deaf` ignores a cancel."""

    name = "crash"
    title = "Crash"
    category = "setting"
    lane = "cpu"
    outputs = (Port("value", "json"),)

    how: How = "error"
    seconds: float = 60.0

    def run(self, ctx: Context) -> None:
        ctx.progress("misbehaving")
        print("about to misbehave:", self.how, file=sys.stderr, flush=True)
        getattr(self, f"_{self.how}")(ctx)
        ctx.add_value(self.how, port="value")

    def _exit(self, ctx: Context) -> None:
        os._exit(3)

    def _kill(self, ctx: Context) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def _kill_once(self, ctx: Context) -> None:
        if ctx.attempt == 1:
            self._kill(ctx)

    def _memory(self, ctx: Context) -> None:
        raise MemoryError

    def _error(self, ctx: Context) -> None:
        raise RuntimeError("it went wrong\nwith a second line")

    def _sys_exit(self, ctx: Context) -> None:
        sys.exit(4)

    def _print(self, ctx: Context) -> None:
        print("noise on stdout" * 100, flush=True)
        os.write(1, b'{"type":"ready"}\n')

    def _garbage(self, ctx: Context) -> None:
        """Write lines that are no messages into the protocol's own pipe."""
        sink: Any = ctx.reporter._channel._sink  # type: ignore[attr-defined]
        os.write(sink, b"\x00\xff not json\n[]\n{}\n" + b"x" * 1_000_000 + b"\n")

    def _not_json(self, ctx: Context) -> None:
        ctx.add_value(object(), port="value")

    def _deaf(self, ctx: Context) -> None:
        time.sleep(self.seconds)


class CrashDevice(Crash):
    """The same on the device lane."""

    name = "crash_device"
    lane = "device"
