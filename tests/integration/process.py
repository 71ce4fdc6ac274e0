"""A real studio server as a process of its own: started, asked, killed, started again.

It ends only what it started: the server, and the workers that the server had.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil

from tests.child_processes import alive

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[2]
MODULES = "tests.operations.counting,tests.operations.empty,tests.operations.crash"
PATIENCE = 90.0
"""Seconds that a slow machine may take before a step counts as failed."""
LAZY = {"QPYT_EXECUTOR": "tests.lazy_executor:LazyExecutor"}
"""Settings of a server that is not ready until its first task for a device."""
SMALL: dict[str, dict[str, Any]] = {"generate": {"width": 128, "height": 128}}
"""Parameters of operations that keep the tests of everything else quick."""
ENDED = frozenset({"completed", "failed", "cancelled"})
ADDRESS = re.compile(rb"Qpyt Studio is at (http://\S+)")


def until(what: str, condition: Callable[[], T | None], seconds: float = PATIENCE) -> T:
    """The first true answer of `condition`, asked again and again."""
    end, pause = time.monotonic() + seconds, 0.01
    while not (value := condition()):
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(pause)
        pause = min(1.5 * pause, 0.2)  # each request takes the processor from what it waits for
    return value


def environment(data_dir: Path, **more: str) -> dict[str, str]:
    """This process's environment without settings of ours, and with those of a test."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("QPYT_")}
    return {
        **clean,
        "QPYT_OPERATION_MODULES": MODULES,
        "QPYT_WARM": "false",
        "QPYT_THREADS": "1",
        "QPYT_OPEN_BROWSER": "false",
        "QPYT_WORKFLOWS_DIR": str(data_dir.parent / "workflows"),
        **more,
    }


def run_main(*arguments: str, data_dir: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """The command line as a user runs it; its result when it ends."""
    return subprocess.run(
        [sys.executable, "main.py", *arguments, "--data-dir", str(data_dir)],
        cwd=ROOT,
        env=environment(data_dir, **settings),
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )


class Server:
    """One server at a time on one data directory."""

    def __init__(self, data_dir: Path, host: str = "127.0.0.1", **settings: str) -> None:
        self.data_dir = data_dir
        self.log = data_dir.parent / f"{data_dir.name}.log"
        self.url = ""
        self.http = httpx.Client()
        self._host = host
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None

    # Life

    def launch(self) -> subprocess.Popen[bytes]:
        """The process, not waited for."""
        command = [sys.executable, "main.py", "serve", "--port", "0", "--host", self._host]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--data-dir", str(self.data_dir)],
                cwd=ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment(self.data_dir, **self._settings),
            )
        return self._process

    def start(self) -> Server:
        """Start and wait until it answers."""
        self.data_dir.parent.mkdir(parents=True, exist_ok=True)
        before = self.log.stat().st_size if self.log.exists() else 0
        process = self.launch()
        self.url = until("the server says its address", lambda: self._announced(process, before))
        self.http.close()
        # A test server is reached directly, whatever proxy the environment names.
        self.http = httpx.Client(base_url=self.url, timeout=PATIENCE, trust_env=False)
        until("the server answers", self._answers)
        return self

    def opened(self) -> None:
        """Wait until what an earlier server left is swept; its workers may not be ready yet."""
        until("it opened", lambda: self._readiness()["opened"] is True)

    def _readiness(self) -> dict[str, Any]:
        return dict(self.http.get("/api/health/ready").json()["checks"])

    def kill(self) -> None:
        """End the server as a power cut would. Its workers must follow it by themselves."""
        if self._process is None:
            return
        workers = self.workers()
        self._process.kill()
        self._process.wait()
        self._process = None
        self.http.close()
        until("the orphaned workers end", lambda: not any(map(alive, workers)), 30)

    def stop(self, seconds: float = 60) -> int:
        """End it as a service manager would; its exit code."""
        if self._process is None:
            return 0
        process, workers = self._process, self.workers()
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(seconds)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            self._process = None
            self.http.close()
            for worker in filter(alive, workers):
                with suppress(psutil.NoSuchProcess):
                    worker.kill()

    @property
    def process(self) -> psutil.Process:
        """The server's own process."""
        assert self._process is not None
        return psutil.Process(self._process.pid)

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def workers(self) -> list[psutil.Process]:
        """Its worker processes now."""
        with suppress(psutil.NoSuchProcess):  # the server has ended
            return [process for process in self.process.children(recursive=True) if alive(process)]
        return []

    def worker(self, lane: str) -> psutil.Process | None:
        """A worker of a lane, once it is ready or busy."""
        worker = next(item for item in self.get("/api/system")["workers"] if item["lane"] == lane)
        ready = worker["state"] in ("ready", "busy")
        if ready and worker["pid"]:
            with suppress(psutil.NoSuchProcess):  # it died just now
                return psutil.Process(worker["pid"])
        return None

    def _announced(self, process: subprocess.Popen[bytes], before: int) -> str | None:
        assert process.poll() is None, self.tail()
        match = ADDRESS.search(self.log.read_bytes()[before:])
        return match.group(1).decode() if match else None

    def _answers(self) -> bool:
        with suppress(httpx.HTTPError):
            return self.http.get("/api/health").status_code == 200
        return False

    def tail(self, lines: int = 80) -> str:
        """The end of its log."""
        return "\n".join(
            self.log.read_text(errors="replace", encoding="utf-8").splitlines()[-lines:]
        )

    # Questions

    def get(self, path: str, **options: Any) -> Any:
        """A body that must come."""
        answer = self.http.get(path, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any = None, status: int = 200, **options: Any) -> Any:
        """A change that must be taken."""
        answer = self.http.post(path, json=body, **options)
        assert answer.status_code == status, answer.text
        return answer.json()

    def submit(self, operation: str, **params: Any) -> str:
        """Queue a task; its id. A generation without a size gets a small one, which is quick."""
        params = {**SMALL.get(operation, {}), **params}
        return str(self.post(f"/api/{operation}", params, 202)["task_id"])

    def task(self, task_id: str) -> dict[str, Any]:
        """A task as it is now."""
        return dict(self.get(f"/api/tasks/{task_id}"))

    def ended(self, task_id: str, seconds: float = PATIENCE) -> dict[str, Any]:
        """The task once it ended."""

        def look() -> dict[str, Any] | None:
            task = self.task(task_id)
            return task if task["status"] in ENDED else None

        try:
            return until(f"task {task_id} ends", look, seconds)
        except AssertionError as error:
            error.add_note(f"{self.task(task_id)}\n{self.get('/api/system')}\n{self.tail()}")
            raise

    def done(self, task_id: str, seconds: float = PATIENCE) -> dict[str, Any]:
        """The task once it completed; anything else fails."""
        task = self.ended(task_id, seconds)
        assert task["status"] == "completed", task
        return task

    def reached(self, task_id: str, phase: str, step: int = 0) -> dict[str, Any]:
        """The running task once its worker is that far."""

        def look() -> dict[str, Any] | None:
            task = self.task(task_id)
            assert task["status"] not in ENDED, task
            progress = task["progress"]
            there = progress and progress["phase"] == phase and progress["step"] >= step
            return task if there else None

        return until(f"task {task_id} is {phase}", look)

    def counts(self) -> dict[str, int]:
        """Number of tasks in each state."""
        return dict(self.get("/api/queue")["counts"])

    def all_tasks(self, **filters: Any) -> list[dict[str, Any]]:
        """Every task of a filter, in the order it was submitted."""
        task: list[dict[str, Any]] = []
        cursor = None
        while True:
            params = {"limit": 200, **filters, **({"cursor": cursor} if cursor else {})}
            page = self.get("/api/tasks", params=params)
            task += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return task[::-1]

    # What lies on the disk

    def stored(self) -> list[Path]:
        """Every file under the assets folder that has its final name."""
        return [path for path in (self.data_dir / "assets").glob("??/*") if path.is_file()]

    def partial(self) -> list[Path]:
        """Every file under the assets folder that has not."""
        everything = (path for path in (self.data_dir / "assets").rglob("*") if path.is_file())
        return sorted(set(everything) - set(self.stored()))
