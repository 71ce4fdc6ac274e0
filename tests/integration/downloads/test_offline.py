"""Nothing but a download touches the network: proven by processes whose sockets refuse to."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.integration.process import ROOT, environment

# Python runs this first in every process that finds it: the command's own and its workers'.
GUARD = """
import socket

def allowed(address):
    return isinstance(address, (str, bytes)) or address[0] in ("127.0.0.1", "::1", "localhost")

class Guarded(socket.socket):
    def connect(self, address):
        if not allowed(address):
            with open({log!r}, "a") as log:
                log.write(f"{{address}}\\n")
            raise OSError("no network in this test")
        return super().connect(address)

    def connect_ex(self, address):
        self.connect(address)
        return 0

socket.socket = Guarded
real = socket.getaddrinfo

def look_up(host, *rest, **more):
    if host not in (None, "", "127.0.0.1", "::1", "localhost", b"127.0.0.1", b"localhost"):
        with open({log!r}, "a") as log:
            log.write(f"{{host}}\\n")
        raise socket.gaierror("no network in this test")
    return real(host, *rest, **more)

socket.getaddrinfo = look_up
"""


def run(tmp_path: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    guard = tmp_path / "guard"
    guard.mkdir(exist_ok=True)
    (guard / "sitecustomize.py").write_text(
        GUARD.format(log=str(tmp_path / "network.log")), encoding="utf-8"
    )
    return subprocess.run(
        [sys.executable, "main.py", *words, "--data-dir", str(tmp_path / "data")],
        cwd=ROOT,
        env={**environment(tmp_path / "data", **settings), "PYTHONPATH": str(guard)},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )


def asked(tmp_path: Path) -> str:
    log = tmp_path / "network.log"
    return log.read_text(encoding="utf-8") if log.exists() else ""


def test_a_picture_is_drawn_without_asking_the_network(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        *("generate", "a red house", "--num-inference-steps", "1"),
        *("--out", str(tmp_path / "out")),
        QPYT_OFFLINE="true",
    )
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "out").glob("*.png"))
    assert asked(tmp_path) == ""


def test_offline_a_download_is_refused_before_it_asks(tmp_path: Path) -> None:
    done = run(tmp_path, "models", "pull", "sd15", QPYT_OFFLINE="true")
    assert done.returncode == 1
    assert "QPYT_OFFLINE" in done.stderr
    assert asked(tmp_path) == ""


def test_the_guard_sees_a_download_that_is_not_offline(tmp_path: Path) -> None:
    done = run(tmp_path, "models", "pull", "sd15", HF_ENDPOINT="http://hub.invalid")
    assert done.returncode == 1
    assert "hub.invalid" in asked(tmp_path)
