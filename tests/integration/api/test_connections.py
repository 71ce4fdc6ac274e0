"""Connections: slow and half-open ones end, and one address cannot take them all."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import pytest

from api.clients import (
    STREAMS_PER_CLIENT,
    WRONG_TOKENS_MAX,
    WRONG_TOKENS_SECONDS,
    TooManyTokens,
    WrongTokens,
)
from api.connections import BODY_SECONDS, HEAD_SECONDS, PER_ADDRESS, UNREAD_MAX, network
from api.server import bind
from tests.integration.process import Server, until

OTHER_ADDRESS = "127.0.0.2"


def place(server: Server) -> tuple[str, int]:
    host, _, port = server.url.removeprefix("http://").partition(":")
    return host, int(port)


def connected(server: Server, data: bytes = b"", source: str = OTHER_ADDRESS) -> socket.socket:
    """A connection from an address of its own, so that other tests keep theirs."""
    connection = socket.create_connection(place(server), 60, source_address=(source, 0))
    connection.sendall(data.replace(b"HOST", server.url.removeprefix("http://").encode()))
    return connection


def closed_after(connection: socket.socket) -> tuple[float, bytes]:
    """Seconds until the server closes a connection, and what it sent before."""
    start, received = time.monotonic(), b""
    while data := connection.recv(65_536):
        received += data
    return time.monotonic() - start, received


HALVES = {
    "nothing": b"",
    "an empty line": b"\r\n",
    "half a head": b"GET /api/health HTTP/1.1\r\nHost: HOST\r\n",
    "half a head after a request": b"GET /api/health HTTP/1.1\r\nHost: HOST\r\n\r\nGET /",
    "half a body": b"POST /api/empty HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\n"
    b"Content-Length: 100\r\n\r\n{",
}

TRICKLING = "a head that trickles"


@pytest.fixture(scope="module")
def halves(shared_server: Server) -> Iterator[dict[str, tuple[float, bytes]]]:
    """Seconds and answer of each half of a request, and of a head that trickles, all waited for at
    once."""
    with ExitStack() as stack, ThreadPoolExecutor(1) as threads:
        trickling = threads.submit(trickle, shared_server)
        connections = {
            name: stack.enter_context(closing(connected(shared_server, data)))
            for name, data in HALVES.items()
        }
        start = time.monotonic()
        ends = {name: closed_after(connection) for name, connection in connections.items()}
        seconds = {name: (time.monotonic() - start, data) for name, (_, data) in ends.items()}
        yield {**seconds, TRICKLING: (trickling.result(), b"")}


def trickle(server: Server) -> float:
    """Seconds until the server cuts a head of which a line comes now and then."""
    with closing(connected(server, b"GET / HTTP/1.1\r\nHost: HOST\r\n")) as slow:
        start = time.monotonic()
        with suppress(ConnectionError):
            while time.monotonic() - start < HEAD_SECONDS + 10:
                slow.sendall(b"X: y\r\n")
                time.sleep(0.2)
        return time.monotonic() - start


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", HALVES)
def test_half_a_request_ends_in_time(
    halves: dict[str, tuple[float, bytes]], shared_server: Server, name: str
) -> None:
    seconds, answer = halves[name]
    assert seconds < max(HEAD_SECONDS, BODY_SECONDS) + 10
    assert answer.startswith(b"HTTP/1.1 408") or "after a request" in name
    assert b"x-content-type-options: nosniff" in answer.lower()
    assert "connection closed: 127.0.0.2 sent" in shared_server.log.read_text(encoding="utf-8")


@pytest.mark.timeout(120)
def test_a_head_that_trickles_or_has_no_end_is_cut(
    studio: Server, halves: dict[str, tuple[float, bytes]]
) -> None:
    assert halves[TRICKLING][0] < HEAD_SECONDS + 5
    with closing(connected(studio, b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000)) as large:
        assert b"HTTP/1.1 431" in large.recv(100)


def test_bytes_that_are_no_request_are_400_with_the_headers(studio: Server) -> None:
    with closing(connected(studio, b"\x16\x03\x01 hello\r\n\r\n")) as connection:
        _, answer = closed_after(connection)
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"x-content-type-options: nosniff" in answer.lower()


@pytest.mark.skipif(not hasattr(socket, "TCP_NOTSENT_LOWAT"), reason="no such option here")
def test_the_system_buffers_little_for_a_client_that_reads_nothing() -> None:
    with (
        closing(bind("127.0.0.1", 0)) as listening,
        closing(socket.socket()) as client,
    ):
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(listening.getsockname())
        connection, _ = listening.accept()
        connection.setblocking(False)
        sent = 0
        with closing(connection), suppress(BlockingIOError):
            while sent < 8 * UNREAD_MAX:
                sent += connection.send(b"x" * 300)
        assert sent < 4 * UNREAD_MAX


def test_one_address_cannot_shut_others_out(studio: Server) -> None:
    with ExitStack() as stack:
        held = [
            stack.enter_context(closing(connected(studio, source="127.0.0.3")))
            for _ in range(PER_ADDRESS)
        ]
        assert len(held) == PER_ADDRESS
        with closing(connected(studio, source="127.0.0.3")) as refused:
            assert closed_after(refused)[1].startswith(b"HTTP/1.1 503")
        assert studio.get("/api/health")["status"] == "ok"


def test_a_long_answer_is_waited_for(studio: Server) -> None:
    """A request that was read whole has no limit of time; a stray line break changes nothing."""
    with closing(connected(studio)) as connection:
        studio.post("/api/queue/pause")
        connection.sendall(
            b"POST /api/empty HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n"
            b"Prefer: wait=11\r\nContent-Length: 2\r\n\r\n{}\r\n"
            % studio.url.removeprefix("http://").encode()
        )
        assert connection.recv(12) == b"HTTP/1.1 202"


def test_addresses_of_one_machine_count_together() -> None:
    assert network(("2001:db8::1", 1)) == network(("2001:db8::ffff:2", 2))
    assert network(("2001:db8:0:1::1", 1)) != network(("2001:db8::1", 1))
    assert network(("::ffff:10.0.0.1", 1)) == "10.0.0.1"
    assert network(None) == ""


UPGRADE = (
    b"GET /api/ws HTTP/1.1\r\nHost: HOST\r\nOrigin: http://HOST\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
STREAM = b"GET /api/events HTTP/1.1\r\nHost: HOST\r\n\r\n"


def test_event_streams_are_limited_by_kind_and_client(studio: Server) -> None:
    with ExitStack() as stack:

        def status(request: bytes, source: str) -> bytes:
            connection = stack.enter_context(closing(connected(studio, request, source)))
            return connection.recv(12)[9:]

        for request, accepted in ((UPGRADE, b"101"), (STREAM, b"200")):
            for _ in range(STREAMS_PER_CLIENT):
                assert status(request, "127.0.0.4") == accepted
            assert status(request, "127.0.0.4") == b"503"
            assert status(request, "127.0.0.5") == accepted
    until(
        "the closed streams are forgotten",
        lambda: "qpyt_event_clients 0" in studio.http.get("/metrics").text,
    )
    with closing(connected(studio, UPGRADE, "127.0.0.4")) as connection:
        assert connection.recv(12)[9:] == b"101"


def test_wrong_tokens_are_limited_and_forgotten_after_a_minute() -> None:
    now = 0.0
    tokens = WrongTokens(lambda: now)
    for number in range(WRONG_TOKENS_MAX):
        tokens.check("10.0.0.1")
        tokens.add("10.0.0.1", f"token {number}")
        tokens.add("10.0.0.1", f"token {number}")  # a page that repeats itself guesses nothing
    with pytest.raises(TooManyTokens):
        tokens.check("10.0.0.1")
    tokens.check("10.0.0.2")
    now = WRONG_TOKENS_SECONDS + 1
    tokens.check("10.0.0.1")


def test_a_client_that_guesses_tokens_is_stopped(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", host="0.0.0.0").start()
    try:
        sent = 0
        statuses: list[int] = []
        while sent < WRONG_TOKENS_MAX // 2:
            headers = {"Authorization": f"Bearer {sent}"}
            statuses.append(server.http.get("/api/queue", headers=headers).status_code)
            answer = server.http.post("/api/session", json={"token": f"guess {sent}"})
            statuses.append(answer.status_code)
            sent += 1
        assert set(statuses) == {401}
        token = (server.data_dir / "token").read_text(encoding="utf-8").strip()
        for answer in (
            server.http.get("/api/queue", headers={"Authorization": f"Bearer {token}"}),
            server.http.post("/api/session", json={"token": token}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (429, "too_many_tokens")
        assert server.http.get("/api/queue").status_code == 401
    finally:
        server.stop()
