"""Server processes to measure: the studio, and a bare FastAPI + SQLite process to compare it with.

Each runs in a folder of its own that is removed afterwards, on a free port, with the settings of
this machine's user left out.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from benchmarks.client import Client

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 180.0
MIB = 1 << 20


class Server:
    """A running server process."""

    def __init__(self, command: list[str], folder: Path, environment: dict[str, str]) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("QPYT_")}
        kept.pop("PYTHONDONTWRITEBYTECODE", None)  # modules are compiled once, as for users
        self.folder = folder
        self.log = folder / "server.log"
        self.born = time.perf_counter()
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env={**kept, **environment}, stdout=log, stderr=log
            )
        self.process = psutil.Process(self._process.pid)

    def connect(self, port: int) -> Client:
        """A client, as soon as the port answers. Raises `RuntimeError` with the log if it ends."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self._process.poll() is None:
            try:
                return Client(port)
            except ConnectionRefusedError:
                time.sleep(0.002)
        raise RuntimeError(
            f"the server did not start:\n{self.log.read_text(encoding='utf-8')[-2000:]}"
        )

    def stop(self) -> None:
        """End it and what it started."""
        children = self.process.children(recursive=True) if self._process.poll() is None else []
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for child in psutil.wait_procs(children, timeout=5)[1]:
            child.kill()

    def cpu_seconds(self) -> float:
        """Processor time it has used, without its workers."""
        spent: Any = self.process.cpu_times()
        return float(spent.user + spent.system)

    def cpu_seconds_with_workers(self) -> float:
        """Processor time it and its workers have used."""
        workers = [child.cpu_times() for child in self.children()]
        return self.cpu_seconds() + sum(float(used.user + used.system) for used in workers)

    def ended(self) -> tuple[float, float]:
        """Wait for the process to end by itself; its seconds and processor seconds.

        Raises `RuntimeError` with its output when it failed.
        """
        before = _children_cpu()
        code = self._process.wait(PATIENCE)
        seconds = time.perf_counter() - self.born
        if code != 0:
            output = self.log.read_text(encoding="utf-8")[-2000:]
            raise RuntimeError(f"the process ended with {code}:\n{output}")
        return seconds, _children_cpu() - before

    def children(self) -> list[psutil.Process]:
        """Its worker processes."""
        return self.process.children(recursive=True)


class Studio(Server):
    """The studio as `main.py serve` runs it."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.port = free_port()
        changed = {f"QPYT_{name.upper()}": value for name, value in settings.items()}
        command = [sys.executable, "main.py", "serve", "--port", str(self.port)]
        quiet = {"QPYT_LOG_LEVEL": "warning", "QPYT_WORKFLOWS_DIR": str(folder / "workflows")}
        super().__init__(
            [*command, "--data-dir", str(folder / "data")], folder, {**quiet, **changed}
        )

    def client(self) -> Client:
        """A new connection."""
        return self.connect(self.port)

    def await_lane(self, name: str = "device") -> None:
        """Wait until a lane is ready for work."""
        client = self.client()
        self.until(lambda: _lane(client, name)["state"] == "ready", f"the lane {name}")
        client.close()

    def await_idle(self, client: Client) -> None:
        """Wait until nothing waits or runs."""
        self.until(lambda: _idle(client.get("/api/queue")["counts"]), "an empty queue", 0.02)

    def until(self, done: Any, what: str, pause: float = 0.05) -> None:
        """Ask until it is so. Raises `RuntimeError`."""
        end = time.monotonic() + PATIENCE
        while not done():
            if time.monotonic() > end:
                raise RuntimeError(f"waited too long for {what}")
            time.sleep(pause)


@contextmanager
def studio(**settings: str) -> Iterator[Studio]:
    """A studio that answers; ended with the block."""
    with prepared(lambda folder: None, **settings) as server:
        yield server


@contextmanager
def prepared(prepare: Callable[[Path], None], **settings: str) -> Iterator[Studio]:
    """A studio in a folder that `prepare` fills before the start."""
    with tempfile.TemporaryDirectory(prefix="qpyt-bench-") as name:
        prepare(Path(name))
        server = Studio(Path(name), **settings)
        try:
            server.client().close()
            yield server
        finally:
            server.stop()


@contextmanager
def bare_server() -> Iterator[tuple[Server, int]]:
    """The least that accepts work durably; and its port."""
    with tempfile.TemporaryDirectory(prefix="qpyt-bench-") as name:
        port = free_port()
        command = [sys.executable, "-m", "benchmarks.bare_server", str(port), f"{name}/bare.db"]
        server = Server(command, Path(name), {})
        try:
            yield server, port
        finally:
            server.stop()


def free_port() -> int:
    """A port that nobody uses now."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _children_cpu() -> float:
    """Processor seconds of all child processes that have ended."""
    spent = os.times()
    return spent.children_user + spent.children_system


def _lane(client: Client, name: str) -> dict[str, Any]:
    lanes: list[dict[str, Any]] = client.get("/api/queue")["lanes"]
    return next(lane for lane in lanes if lane["name"] == name)


def _idle(counts: dict[str, int]) -> bool:
    return counts["pending"] + counts["running"] == 0
