"""A decoder of images in a process of its own, which can be killed at any moment."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import threading
from contextlib import suppress
from typing import Any

from core.children import command
from core.errors import BadUpload, StorageUnavailable, StudioError
from core.settings import ROOT

log = logging.getLogger(__name__)


class Decoder:
    """One decoder process, started by the first request. Requests block and wait their turn."""

    def __init__(self, seconds: float) -> None:
        """`seconds`: the time limit of one request."""
        self._seconds = seconds
        self._turn = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._closing = threading.Event()

    def run(self, job: str, **arguments: Any) -> dict[str, Any]:
        """Run a job of `core.store.decoding.child`.

        Raises the job's error, `BadUpload` where it exceeds the time limit or ends the process,
        `StorageUnavailable` after `close`.
        """
        request = {"job": job, "seconds": self._seconds, "arguments": arguments}
        with self._turn:
            answer = self._ask(json.dumps(request) + "\n")
        if "error" in answer:
            raise StudioError.from_record(answer["error"])
        result: dict[str, Any] = answer["result"]
        return result

    def close(self) -> None:
        """Kill the process, whatever it decodes."""
        self._closing.set()
        if (process := self._process) is not None:
            _kill(process)
        with self._turn:
            self._discard()

    def _ask(self, line: str) -> dict[str, Any]:
        process = self._running()
        text, expired = self._exchange(process, line)
        if not (text or expired or self._closing.is_set()) and process.wait() == 0:
            # It ended for want of work while the request was under way: a new one gets it.
            process = self._running()
            text, expired = self._exchange(process, line)
        if not text:
            raise self._failure(process, expired)
        answer: dict[str, Any] = json.loads(text)
        return answer

    def _exchange(self, process: subprocess.Popen[str], line: str) -> tuple[str, bool]:
        """The answer, empty where the process ended; and True where its time was over."""
        assert process.stdin is not None
        assert process.stdout is not None
        expired = threading.Event()

        def expire() -> None:
            expired.set()
            _kill(process)

        timer = threading.Timer(self._seconds, expire)
        timer.daemon = True
        timer.start()
        try:
            with suppress(OSError):
                process.stdin.write(line)
                process.stdin.flush()
            return process.stdout.readline(), expired.is_set()
        finally:
            timer.cancel()

    def _running(self) -> subprocess.Popen[str]:
        if self._closing.is_set():
            raise _stopping()
        if self._process is not None and self._process.poll() is not None:
            self._discard()
        if self._process is None:
            self._process = _spawn()
        if self._closing.is_set():  # meanwhile, in another thread
            _kill(self._process)
        return self._process

    def _discard(self) -> None:
        if (process := self._process) is None:
            return
        self._process = None
        _kill(process)
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):
                if pipe is not None:
                    pipe.close()

    def _failure(self, process: subprocess.Popen[str], expired: bool) -> StudioError:
        self._discard()
        if self._closing.is_set():
            return _stopping()
        if expired:
            return BadUpload(
                f"The image takes more than {self._seconds:g} s to decode.",
                fix="Save it anew with another program.",
            )
        log.error("the image decoder ended with exit code %s", process.returncode)
        return BadUpload("The image cannot be decoded: its decoder failed.")


def _spawn() -> subprocess.Popen[str]:
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    return subprocess.Popen(
        command("core.store.decoding.child"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path)},
    )


def _kill(process: subprocess.Popen[str]) -> None:
    with suppress(OSError):
        process.kill()


def _stopping() -> StorageUnavailable:
    return StorageUnavailable("The studio is stopping.")
