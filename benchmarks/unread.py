"""Slowdown of tasks by 200 event streams that nobody reads.

Rounds with and without the streams take turns on one server. On a busy machine the ratio of the
server's processor time is the steadier of the two.
Half of the streams are WebSockets, half server-sent events, as many as the server accepts. They are
opened anew for each round: the server writes to them until the buffers of the system are full, and
holds them from then on. Each client may have 20 of each kind, so they come from several loopback
addresses, which only Linux has without configuration.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from statistics import median

from api.clients import STREAMS_MAX, STREAMS_PER_CLIENT
from benchmarks.client import Client
from benchmarks.measure import Figure, Measure, ratio
from benchmarks.server import Studio, studio
from benchmarks.throughput import MODULE, run_round, submit_all

ROUNDS, JOBS = 8, 300
QUICK_ROUNDS, QUICK_JOBS = 1, 40
STREAMS = 2 * STREAMS_MAX
RECEIVE_BUFFER = 4096  # bytes: soon full
LIMIT = 1.5
WEBSOCKET = (
    "GET /api/ws HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n"
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
Round = tuple[float, float]  # milliseconds per task, of the clock and of the server's processor
EVENTS = "GET /api/events HTTP/1.1\r\nHost: {host}\r\n\r\n"


def measure(quick: bool) -> Figure:
    """Seconds per task with the streams, as a multiple of those without."""
    rounds, jobs = (QUICK_ROUNDS, QUICK_JOBS) if quick else (ROUNDS, JOBS)
    alone: list[Round] = []
    beside: list[Round] = []
    with studio(warm="false", operation_modules=MODULE) as server:
        server.await_lane()
        client = server.client()
        submit_all(server, "empty", {}, jobs)
        server.await_idle(client)
        for _ in range(rounds):
            alone.append(_round(server, client, jobs))
            with _unread(server, client):
                beside.append(_round(server, client, jobs))
    measures = [
        Measure(f"a task beside {STREAMS} unread streams", _ratio(beside, alone, 0), "×", LIMIT),
        Measure("the same in the server's processor time", _ratio(beside, alone, 1), "×", LIMIT),
        Measure("a task beside them", median(ms for ms, _ in beside), "ms"),
        Measure("a task without", median(ms for ms, _ in alone), "ms"),
    ]
    return Figure("unread", measures, {"alone": alone, "beside": beside})


def _round(server: Studio, client: Client, jobs: int) -> Round:
    rate, processor = run_round(server, client, jobs)
    return 1000 / rate, processor


def _ratio(beside: list[Round], alone: list[Round], column: int) -> float:
    return ratio([row[column] for row in beside], [row[column] for row in alone])


@contextmanager
def _unread(server: Studio, client: Client) -> Iterator[None]:
    """Keep `STREAMS` streams open that nobody reads."""
    with ExitStack() as opened:
        for number in range(STREAMS):
            opened.enter_context(_stream(server.port, number))
        server.until(lambda: _streams(client) == STREAMS, "the streams to open")
        yield
    server.until(lambda: _streams(client) == 0, "the streams to end")


def _stream(port: int, number: int) -> socket.socket:
    head = EVENTS if number % 2 else WEBSOCKET
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    connection.bind((f"127.0.0.{2 + number // (2 * STREAMS_PER_CLIENT)}", 0))
    connection.connect(("127.0.0.1", port))
    connection.sendall(head.format(host=f"127.0.0.1:{port}").encode())
    return connection


def _streams(client: Client) -> int:
    """The number of open streams, as the server counts them."""
    metrics = client.get_bytes("/metrics").decode()
    return int(metrics.split("\nqpyt_event_clients ")[1].split("\n")[0].split(".")[0])
