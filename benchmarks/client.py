"""A keep-alive HTTP client small enough not to be what is measured: one socket, one request a time.

Understands answers with a content length, which is all that is asked here.
"""

from __future__ import annotations

import json
import socket
import time
from select import select
from typing import Any

PATIENCE = 120.0


class RequestFailed(RuntimeError):
    """The server answered with an error."""


class Client:
    """One connection to 127.0.0.1."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket = _connect(port)
        self._rest = b""

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def get(self, path: str) -> Any:
        """The JSON at `path`. Raises `RequestFailed`."""
        return self.ask(self.request("GET", path))

    def get_bytes(self, path: str) -> bytes:
        """The body at `path`, whatever it is. Raises `RequestFailed`."""
        status, body = self._exchange(self.request("GET", path))
        if status >= 400:
            raise RequestFailed(f"{status}: {path}")
        return body

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        """Response to a JSON body. Raises `RequestFailed`."""
        return self.ask(self.request("POST", path, body, **headers))

    def timed(self, request: bytes) -> tuple[float, Any]:
        """Seconds from the first byte sent to the last byte read, and the decoded answer."""
        began = time.perf_counter()
        status, body = self._exchange(request)
        return time.perf_counter() - began, _checked(status, body)

    def ask(self, request: bytes) -> Any:
        """The decoded answer to a request."""
        return _checked(*self._exchange(request))

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> bytes:
        """A request's bytes, made beforehand so that making them is not measured."""
        data = b"" if body is None else json.dumps(body).encode()
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: 127.0.0.1:{self._port}",
            f"Content-Length: {len(data)}",
        ]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if data:
            lines.append("Content-Type: application/json")
        return "\r\n".join([*lines, "", ""]).encode() + data

    def _exchange(self, request: bytes) -> tuple[int, bytes]:
        if select([self._socket], [], [], 0)[0]:  # closed for having been idle too long
            self._socket.close()
            self._socket = _connect(self._port)
        self._socket.sendall(request)
        while b"\r\n\r\n" not in self._rest:
            self._receive()
        head, _, self._rest = self._rest.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        fields = dict(line.lower().split(": ", 1) for line in lines[1:])
        length = int(fields.get("content-length", 0))
        while len(self._rest) < length:
            self._receive()
        body, self._rest = self._rest[:length], self._rest[length:]
        return int(lines[0].split(" ")[1]), body

    def _receive(self) -> None:
        data = self._socket.recv(1 << 18)
        if not data:
            raise ConnectionError("the server closed the connection")
        self._rest += data


def _connect(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), PATIENCE)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _checked(status: int, body: bytes) -> Any:
    if status >= 400:
        raise RequestFailed(f"{status}: {body[:300].decode(errors='replace')}")
    return json.loads(body) if body else None
