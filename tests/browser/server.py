"""A real studio server as a process of its own, for pages to talk to."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from ssl import PROTOCOL_TLS_CLIENT, SSLContext

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = float(os.environ.get("QPYT_TEST_PATIENCE", "90"))
"""Seconds that a slow machine may take before a step counts as failed."""
START = 120.0
"""Seconds until the worker of a fresh server must be ready."""

OPEN = ["pending", "held", "running"]
"""The states of tasks that have not ended."""
MANY = 10_000


class StudioServer:
    """A server on one port and one data directory; it can die and come back."""

    def __init__(self, data_dir: Path, *options: str, **settings: str) -> None:
        """`options` of the command line, `settings` of the environment."""
        self.data_dir = data_dir
        self._options = options
        self._settings = settings
        self.port = free_port()
        self.log = data_dir.with_suffix(".log")
        self._process: subprocess.Popen[bytes] | None = None
        # One for all requests: a new client reads certificates, which costs more than a request.
        self.client = httpx.Client(
            base_url=f"{self.url}/api", timeout=PATIENCE, verify=SSLContext(PROTOCOL_TLS_CLIENT)
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until its worker is ready."""
        command = [sys.executable, "main.py", "serve", "--port", str(self.port), *self._options]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--data-dir", str(self.data_dir)],
                cwd=ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self._environment()},
            )
        deadline = time.monotonic() + START
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            if self._is_ready():
                return
            time.sleep(0.2)
        self.kill()
        pytest.fail(f"The server did not become ready:\n{self.log.read_text(encoding='utf-8')}")

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """End it as Ctrl+C would."""
        self.client.close()
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def quieten(self) -> None:
        """Leave an empty, running queue to the next test; tasks that failed raise no alert."""
        deadline = time.monotonic() + PATIENCE
        while self._cancel() > 0:
            if time.monotonic() > deadline:
                pytest.fail(f"Tasks of a test did not end within {PATIENCE:.0f} s.")
            time.sleep(0.1)
        for step in ("resume", "clear"):
            self.client.post(f"/queue/{step}").raise_for_status()
        allowed = {"max_failures_per_hour": MANY}
        self.client.patch("/settings", json=allowed).raise_for_status()

    def _cancel(self) -> int:
        """Cancel all tasks; the number of those that have not ended yet."""
        self.client.post("/tasks/cancel", json={"status": OPEN}).raise_for_status()
        listed = self.client.get("/tasks", params={"status": OPEN, "limit": 1})
        return int(listed.raise_for_status().json()["total"])

    def _environment(self) -> dict[str, str]:
        workflows = self.data_dir.with_name(f"{self.data_dir.name}-workflows")
        return {
            "QPYT_OPEN_BROWSER": "false",
            "QPYT_THREADS": "1",  # another file of tests runs beside
            "QPYT_WORKFLOWS_DIR": str(workflows),
            **self._settings,
        }

    def _is_ready(self) -> bool:
        try:
            return self.client.get("/health/ready", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
