"""A small hub on this machine: HEAD and ranged GET as the real one answers them, with faults."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

BLOCK = 100_000


@dataclass
class Hub:
    """Its files and its faults.

    `files` by "owner/name/path". `cut_after`: bytes of a body after which the line breaks, once
    for each entry. `seconds_a_block` slows every 100 kB down. `requests` are (method, path,
    range, token).
    """

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    gated: set[str] = field(default_factory=set)
    cut_after: list[int] = field(default_factory=list)
    damaged: bool = False
    seconds_a_block: float = 0
    requests: list[tuple[str, str, str | None, str | None]] = field(default_factory=list)

    def bodies(self) -> list[str | None]:
        """The ranges of all GET requests."""
        return [asked for method, _, asked, _ in self.requests if method == "GET"]


class Answers(BaseHTTPRequestHandler):
    """One connection to the hub of its server."""

    protocol_version = "HTTP/1.1"
    server: HubServer

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def log_message(self, *_: Any) -> None:
        return

    def _answer(self, *, with_body: bool) -> None:
        hub = self.server.hub
        if self.path.startswith("/api/models/"):
            self._list(self.path.removeprefix("/api/models/").split("/tree/")[0])
            return
        name = self.path.lstrip("/").replace("/resolve/main/", "/", 1)
        token = self.headers.get("authorization")
        hub.requests.append((self.command, name, self.headers.get("range"), token))
        content = hub.files.get(name)
        if content is None:
            self._refuse(404, "RepoNotFound")
        elif name in hub.gated and token is None:
            self._refuse(401, "GatedRepo")
        else:
            self._serve(content, with_body)

    def _list(self, repository: str) -> None:
        hub = self.server.hub
        result = [name for name in hub.files if name.startswith(repository + "/")]
        if not result:
            self._refuse(404, "RepoNotFound")
            return
        rows = [
            {
                "type": "file",
                "path": name.removeprefix(repository + "/"),
                "size": len(hub.files[name]),
                "oid": "0" * 40,
            }
            for name in result
        ]
        body = json.dumps(rows).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _refuse(self, status: int, code: str) -> None:
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _serve(self, content: bytes, with_body: bool) -> None:
        asked = self.headers.get("range")
        start = int(asked.removeprefix("bytes=").split("-")[0]) if asked else 0
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.send_header("X-Repo-Commit", "0" * 40)
        self.send_header("Accept-Ranges", "bytes")
        if asked:
            last = len(content) - 1
            self.send_header("Content-Range", f"bytes {start}-{last}/{len(content)}")
        self.end_headers()
        if with_body:
            self._body(content[start:])

    def _body(self, body: bytes) -> None:
        hub = self.server.hub
        if hub.damaged:
            body = bytes(len(body))
        cut = hub.cut_after.pop(0) if hub.cut_after else len(body)
        with suppress(ConnectionError):  # the other side may have heard enough
            for start in range(0, cut, BLOCK):
                self.wfile.write(body[start : min(start + BLOCK, cut)])
                time.sleep(hub.seconds_a_block)
            self.wfile.flush()
        if cut < len(body):
            self.close_connection = True
            self.connection.close()


class HubServer(ThreadingHTTPServer):
    """Serves one hub."""

    def __init__(self, hub: Hub) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.hub = hub


@contextmanager
def running_hub() -> Iterator[Hub]:
    """A hub that answers until the block ends."""
    hub = Hub()
    server = HubServer(hub)
    hub.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
