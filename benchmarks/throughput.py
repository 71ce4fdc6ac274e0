"""Jobs a second without a model: REST, durable queue, a real worker process, an empty operation.

Eight keep-alive clients submit as fast as they are answered; a round is over when its last task is
completed in the database. Five rounds on one server show whether the rate falls; where other
programs take the processor, its time per job shows that better than the rate does.
"""

from __future__ import annotations

import threading
import time
from statistics import median

from benchmarks.client import Client
from benchmarks.measure import Figure, Measure, percentile
from benchmarks.server import Studio, studio

CLIENTS = 8
ROUNDS, JOBS = 5, 500
QUICK_ROUNDS, QUICK_JOBS = 2, 80
MODULE = "tests.operations.empty"
KEEPS = 0.9  # of the first two rounds: less than that in the last two is a fall


def measure(quick: bool) -> Figure:
    """Jobs a second, round by round."""
    rounds, jobs = (QUICK_ROUNDS, QUICK_JOBS) if quick else (ROUNDS, JOBS)
    with studio(warm="false", operation_modules=MODULE) as server:
        server.await_lane()  # its start would take the processor from the first round
        client = server.client()
        submit_all(server, "empty", {}, 40)
        server.await_idle(client)
        results = [run_round(server, client, jobs) for _ in range(rounds)]
        counts = client.get("/api/queue")["counts"]
        waited = _one_by_one(client, 20 if quick else 200)
    rates, cpu = [rate for rate, _ in results], [ms for _, ms in results]
    lost = rounds * jobs + 40 - counts["completed"]
    measures = [
        Measure("jobs a second, median round", median(rates), "/s", 133.0, "higher"),
        Measure("jobs a second, slowest round", min(rates), "/s"),
        Measure("last rounds against the first", _last_to_first(rates), "×", KEEPS, "higher"),
        Measure("server's processor time of a job", median(cpu), "ms"),
        Measure("the same, last rounds against the first", _last_to_first(cpu), "×"),
        Measure("jobs lost or failed", lost, "", 0.0),
        Measure("one job alone, submit to completed", median(waited), "ms"),
        Measure("the same, 10th percentile", percentile(waited, 0.1), "ms"),
    ]
    return Figure("throughput", measures, {"rates": rates, "cpu_ms": cpu, "alone_ms": waited})


def submit_all(server: Studio, operation: str, body: dict[str, object], count: int) -> None:
    """Submit `count` tasks from `CLIENTS` connections, and wait until all are accepted."""
    clients = [server.client() for _ in range(CLIENTS)]
    shares = [count // CLIENTS + (index < count % CLIENTS) for index in range(CLIENTS)]
    threads = [
        threading.Thread(target=_submit, args=(client, operation, body, share))
        for client, share in zip(clients, shares, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for client in clients:
        client.close()


def _submit(client: Client, operation: str, body: dict[str, object], count: int) -> None:
    request = client.request("POST", f"/api/{operation}", body)
    for _ in range(count):
        client.ask(request)


def run_round(server: Studio, client: Client, jobs: int) -> tuple[float, float]:
    """Jobs a second, and the server's milliseconds of processor time for each."""
    began, spent = time.perf_counter(), server.cpu_seconds()
    submit_all(server, "empty", {}, jobs)
    server.await_idle(client)
    seconds, cpu = time.perf_counter() - began, server.cpu_seconds() - spent
    return jobs / seconds, 1000 * cpu / jobs


def _one_by_one(client: Client, count: int) -> list[float]:
    request = client.request("POST", "/api/empty", {}, Prefer="wait=30")
    return [client.timed(request)[0] * 1000 for _ in range(count)]


def _last_to_first(rounds: list[float]) -> float:
    half = max(1, len(rounds) // 2)
    return median(rounds[-half:]) / median(rounds[:half])
