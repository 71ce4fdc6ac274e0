"""Time of a durable accept: POST to 202, the task committed and synced.

One keep-alive client, one request at a time, the queue paused so that nothing else is written. A
bare FastAPI route that commits one row takes turns with it. On a busy machine the median is that of
waiting for the processor; the fastest tenth and the processor time say what the work itself costs.
"""

from __future__ import annotations

from statistics import median

from benchmarks.client import Client
from benchmarks.measure import Figure, Measure, percentile, ratio
from benchmarks.server import bare_server, studio

REQUESTS, QUICK_REQUESTS = 600, 60
WARM_UP = 30
PROMPT = {"prompt": "a red house at night", "seed": 7}


def measure(quick: bool) -> Figure:
    """Milliseconds per accept."""
    count = QUICK_REQUESTS if quick else REQUESTS
    ours: list[float] = []
    bare: list[float] = []
    spent = (0.0, 0.0)
    with studio(warm="false") as server, bare_server() as (other, port):
        client, plain = server.client(), other.connect(port)
        server.await_lane()
        client.post("/api/queue/pause")
        for index in range(WARM_UP + count):
            if index == WARM_UP:
                spent = server.cpu_seconds(), other.cpu_seconds()
            pair = _accept(client, "/api/generate"), _accept(plain, "/api/tasks")
            if index >= WARM_UP:
                ours.append(pair[0])
                bare.append(pair[1])
        cpu = server.cpu_seconds() - spent[0], other.cpu_seconds() - spent[1]
    measures = [
        Measure("durable accept, median", median(ours), "ms", 1.5),
        Measure("durable accept, 95th percentile", percentile(ours, 0.95), "ms"),
        Measure("durable accept, 10th percentile", percentile(ours, 0.1), "ms"),
        Measure("processor time of an accept", 1000 * cpu[0] / count, "ms"),
        Measure("bare FastAPI + SQLite commit, median", median(bare), "ms"),
        Measure("bare, processor time", 1000 * cpu[1] / count, "ms"),
        Measure("as a multiple of that", ratio(ours, bare), "×"),
    ]
    return Figure("accept", measures, {"ours_ms": ours, "bare_ms": bare})


def _accept(client: Client, path: str) -> float:
    seconds, _ = client.timed(client.request("POST", path, PROMPT))
    return seconds * 1000
