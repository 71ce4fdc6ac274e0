"""Cost of a long queue: submit and a page of 50 with 10,000 tasks waiting, against 10.

Two paused servers, one short and one long, asked in turns. What a measured submit adds is
cancelled again, so the short queue stays short. Both did some tasks before, so that a page of 50
has 50 rows in both, and what differs is the length of the queue and not that of the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from statistics import median

from benchmarks.client import Client
from benchmarks.measure import Figure, Measure, ratio
from benchmarks.server import Studio, studio
from benchmarks.throughput import MODULE, submit_all

SHORT, LONG, QUICK_LONG = 10, 10_000, 300
SAMPLES, QUICK_SAMPLES = 120, 15
WARM_UP = 10
DONE = 60
PAGES = {
    "page of 50, newest": "/api/tasks?limit=50",
    "page of 10, in queue order": "/api/tasks?limit=10&status=pending&order=queue",
    "snapshot of 10": "/api/queue/snapshot?limit=10&ended=10",
}


def measure(quick: bool) -> Figure:
    """The long queue's cost as a multiple of the short one's."""
    count, samples = (QUICK_LONG, QUICK_SAMPLES) if quick else (LONG, SAMPLES)
    settings = {"warm": "false", "operation_modules": MODULE}
    with studio(**settings) as few, studio(**settings) as many:
        short, long = _queued(few, SHORT), _queued(many, count)
        times = {"submit": _in_turns(_submit, short, long, samples)}
        for name, path in PAGES.items():
            times[name] = _in_turns(partial(_page, path), short, long, samples)
    measures: list[Measure] = []
    for name, (with_few, with_many) in times.items():
        measures.append(
            Measure(f"{name}: {count} to {SHORT}", ratio(with_many, with_few), "×", 1.5)
        )
        measures.append(Measure(f"{name}, {count} waiting", median(with_many), "ms"))
    return Figure("depth", measures, {"waiting": count, "ms": times})


def _queued(server: Studio, count: int) -> Client:
    """A client of a server with `count` tasks waiting behind some that are done."""
    client = server.client()
    server.await_lane()
    submit_all(server, "empty", {}, DONE)
    server.await_idle(client)
    client.post("/api/queue/pause")
    submit_all(server, "empty", {}, count)
    return client


def _in_turns(
    ask: Callable[[Client], float], short: Client, long: Client, samples: int
) -> tuple[list[float], list[float]]:
    """Milliseconds with the short and the long queue, the first few thrown away."""
    pairs = [(ask(short), ask(long)) for _ in range(WARM_UP + samples)][WARM_UP:]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def _submit(client: Client) -> float:
    seconds, answer = client.timed(client.request("POST", "/api/empty", {}))
    client.post(f"/api/tasks/{answer['task_id']}/cancel")
    return seconds * 1000


def _page(path: str, client: Client) -> float:
    return client.timed(client.request("GET", path))[0] * 1000
