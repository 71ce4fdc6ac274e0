"""Requests that no client sends, at every route and the WebSocket: never a 5xx, never a stall.

Each route meets a part of the cases and each case a part of the routes.
"""

import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress

import httpx
import pytest
from fastapi import FastAPI

from api.headers import HEADERS
from tests.integration.api.routes import routes
from tests.integration.process import Server
from tests.shares import share

NAMES = {
    "long": "n" * 300,
    "long in bytes": "%F0%9F%8F%A0" * 70,
    "a list": "__" + "n" * 300 + "__",
    "half of a pair": "%ED%A0%80",
    "no text": "%FF%FE",
    "nothing printed": "%00",
    "dots": "..%2F..%2Fetc%2Fpasswd",
}
TEXTS = {
    "deep": b"[" * 200 + b"]" * 200,
    "deeper": b'{"a":' * 900 + b"1" + b"}" * 900,
    "deepest": b"[" * 1_000_000,
    "half of a pair": b'"\\ud800"',
    "a raw half": b'"\xed\xa0\x80"',
    "a list name": b'"__' + b"n" * 300 + b'__"',
    "a long list": b"[" + b"1," * 120_000 + b"1]",
    "a long list of texts": b"[" + b'"pending",' * 99_000 + b'"pending"]',
    "a long number": b"9" * 5_000,
    "no number": b"NaN",
}
HEADS = {
    "an open bracket": {"Origin": "http://["},
    "a port": {"Origin": "http://127.0.0.1:port"},
    "no scheme": {"Origin": "//"},
    "bytes": {"Origin": "http://\xff\xfe"},
    "a long origin": {"Origin": "http://" + "a" * 10_000},
    "a host of brackets": {"Host": "["},
    "a host of two ports": {"Host": "127.0.0.1:1:2"},
    "host bytes": {"Host": "\xff"},
    "a cookie": {"Cookie": "qpyt_session=\xff; ;;=;a"},
    "a token": {"Authorization": "Bearer \xff"},
    "a type": {"Content-Type": "application/json; charset=\xff"},
    "a form": {"Content-Type": "multipart/form-data; boundary=" + "b" * 300},
    "no boundary": {"Content-Type": "multipart/form-data"},
    "a range": {"Range": "bytes=" + "0-0," * 5_000},
    "lengths": {"Prefer": "wait=" + "9" * 400, "Idempotency-Key": "\xff" * 150},
    "tags": {"If-None-Match": "\xff" * 1_000, "Last-Event-ID": "\xff" * 1_000},
}


@pytest.fixture
def paused(studio: Server) -> Server:
    studio.post("/api/queue/pause")
    return studio


def bodies(text: bytes) -> Iterator[bytes]:
    """Bodies with a text where routes have their fields."""
    brick = b'{"id": "a", "type": "prompt", "props": {"prompt": ' + text + b"}}"
    wall = b'{"bricks": [' + brick + b'], "name": "x"}'
    fields = (b"prompt", b"status", b"labels", b"word", b"params", b"token", b"data", b"styles")
    yield from (wall, text)
    if len(text) < 10_000:  # the others take long to send, and are refused by their size
        yield b"{" + b", ".join(b'"%s": %s' % (field, text) for field in fields) + b"}"
        yield from (b'{"prompt": ' + text + b"}", b'{"workflow": ' + wall + b"}")
    elif len(text) < 1_000_000:
        yield b'{"status": ' + text + b"}"


def check(answer: httpx.Response, *place: object) -> None:
    assert answer.status_code < 500, (*place, answer.status_code, answer.text[:500])
    for name in HEADERS:
        assert name in answer.headers, (*place, name)


def each_of(name: str, cases: Mapping[str, object]) -> pytest.MarkDecorator:
    """A test of each case and its place among them."""
    return pytest.mark.parametrize(("place", name), [*enumerate(cases.values())], ids=cases.keys())


@each_of("name", NAMES)
def test_no_name_in_a_path_or_query_makes_a_route_fail(
    app: FastAPI, paused: Server, place: int, name: str
) -> None:
    tried = 0
    for method, path in share(list(routes(app)), place):
        filled = re.sub(r"{[^}]*}", name, path)
        query = "&".join(f"{key}={name}" for key in ("cursor", "status", "label", "kind", "after"))
        body: dict[str, str] | None = {} if method in ("POST", "PUT", "PATCH") else None
        for address in {filled, f"{filled}?{query}"}:
            answer = paused.http.request(method, address, json=body)
            if path != "/api/health/ready":
                check(answer, method, address)
            tried += 1
    assert tried > 100


@each_of("text", TEXTS)
def test_no_body_makes_a_route_fail(app: FastAPI, paused: Server, place: int, text: bytes) -> None:
    sends = [(method, path) for method, path in routes(app) if method in ("POST", "PUT", "PATCH")]
    assert len(sends) > 80
    for method, path in share(sends, place):
        for body in bodies(text):
            filled = re.sub(r"{[^}]*}", "hostile", path)
            answer = paused.http.request(
                method, filled, content=body, headers={"Content-Type": "application/json"}
            )
            check(answer, method, filled, body[:80])


@each_of("head", HEADS)
def test_no_header_makes_a_route_fail(
    app: FastAPI, paused: Server, place: int, head: dict[str, str]
) -> None:
    headers = {name: value.encode("latin-1") for name, value in head.items()}
    for method, path in share(list(routes(app)), place):
        if path == "/api/health/ready":
            continue
        filled = re.sub(r"{[^}]*}", "hostile", path)
        json_type = {} if "Content-Type" in head else {"Content-Type": b"application/json"}
        answer = paused.http.request(
            method,
            filled,
            content=b"{}" if method in ("POST", "PUT", "PATCH") else None,
            headers={**json_type, **headers},  # type: ignore[arg-type]
        )
        check(answer, method, filled, head)


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS.keys())
def test_no_header_or_name_makes_the_websocket_fail(paused: Server, head: dict[str, str]) -> None:
    own = paused.url.removeprefix("http://")
    sent = {"Host": own, "Origin": paused.url, "Upgrade": "websocket", "Connection": "Upgrade"}
    sent |= {"Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}
    sent |= head
    lines = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
    host, port = own.split(":")
    for after in ("", *NAMES.values()):
        with socket.create_connection((host, int(port)), 30) as connection:
            request = f"GET /api/ws?after={after} HTTP/1.1\r\n{lines}\r\n"
            connection.sendall(request.encode("latin-1"))
            answer = b""
            with suppress(ConnectionError):
                answer = connection.recv(4_096)
        status = int(answer.split()[1])
        assert status == 101 or 400 <= status < 500, (after, answer)
        if status != 101:
            assert b"x-content-type-options: nosniff" in answer.lower(), answer


def test_no_text_to_the_websocket_makes_it_fail(paused: Server) -> None:
    from tests.integration.listening import listening, websocket

    with websocket(paused) as client, suppress(Exception):  # the server may close the socket
        for text in TEXTS.values():
            client.send(text[: 1 << 17])
            client.send(text[:60_000].decode("latin-1"))
    with listening(paused) as listener:
        assert listener.of("hello")
    assert paused.get("/api/health")["status"] == "ok"
