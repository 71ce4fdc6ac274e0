"""From starting the process to its first answer, and what it holds in memory when nothing happens.

Each start is a new process on a new data directory; a bare FastAPI + SQLite process and a process
that only imports the server's libraries are started in turns with it. The worker loads no model, so
that all of them measure the server. Memory is that of the server process alone, two seconds after
the answer, with the worker idle beside it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.measure import Figure, Measure, ratio
from benchmarks.server import MIB, ROOT, Server, Studio, bare_server

ROUNDS, QUICK_ROUNDS = 9, 2
REST_SECONDS = 2.0
LIBRARIES = "import fastapi, uvicorn, sqlalchemy, pydantic_settings"
HEAVY = "import sys, main, api.server; print(int('torch' in sys.modules))"


def measure(quick: bool) -> Figure:
    """Seconds to the first answer, processor seconds, MiB at rest."""
    rounds = QUICK_ROUNDS if quick else ROUNDS
    ours: list[dict[str, float]] = []
    bare: list[dict[str, float]] = []
    imports: list[tuple[float, float]] = []
    for _ in range(rounds):
        ours.append(_studio(0.2 if quick else REST_SECONDS))
        bare.append(_bare())
        imports.append(_libraries())
    seconds, cpu, memory = (_column(ours, name) for name in ("seconds", "cpu", "mib"))
    measures = [
        Measure("start to first answer", median(seconds), "s", 0.7),
        Measure("the fastest of these", min(seconds), "s"),
        Measure("processor time of a start", median(cpu), "s"),
        Measure("as a multiple of a bare server", ratio(seconds, _column(bare, "seconds")), "×"),
        Measure("the same in processor time", ratio(cpu, _column(bare, "cpu")), "×"),
        Measure("as a multiple of importing its libraries", _over(seconds, imports, 0), "×", 1.6),
        Measure("the same in processor time", _over(cpu, imports, 1), "×", 1.6),
        Measure("server memory at rest", median(memory), "MiB", 120.0),
        Measure("bare server's memory", median(_column(bare, "mib")), "MiB"),
        Measure("torch imported by the server", _imports_torch(), "", 0.0),
    ]
    return Figure("start", measures, {"studio": ours, "bare": bare})


def _studio(rest: float) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="qpyt-bench-") as name:
        server = Studio(Path(name), warm="false")
        try:
            return _first_answer(server, server.port, rest)
        finally:
            server.stop()


def _bare() -> dict[str, float]:
    with bare_server() as (server, port):
        return _first_answer(server, port, 0.0)


def _libraries() -> tuple[float, float]:
    """Seconds and processor seconds of a process that imports the server's libraries."""
    with tempfile.TemporaryDirectory(prefix="qpyt-bench-") as name:
        return Server([sys.executable, "-c", LIBRARIES], Path(name), {}).ended()


def _over(ours: list[float], imports: list[tuple[float, float]], column: int) -> float:
    """The median of the ratios of pairs taken in turns."""
    return median(mine / other[column] for mine, other in zip(ours, imports, strict=True))


def _first_answer(server: Server, port: int, rest: float) -> dict[str, float]:
    client = server.connect(port)
    client.get("/api/health")
    seconds = time.perf_counter() - server.born
    spent = server.cpu_seconds()
    time.sleep(rest)
    memory = server.process.memory_info().rss / MIB
    client.close()
    return {"seconds": seconds, "cpu": spent, "mib": memory}


def _imports_torch() -> float:
    done = subprocess.run(
        [sys.executable, "-c", HEAVY], cwd=ROOT, capture_output=True, encoding="utf-8", check=True
    )
    return float(done.stdout)


def _column(rows: list[dict[str, float]], name: str) -> list[float]:
    return [row[name] for row in rows]
