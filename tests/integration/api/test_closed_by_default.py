"""The guard is closed by default: without the token only the page and the open paths answer."""

import asyncio
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from api.app import WEB, create_app
from api.page.files import PageFiles
from api.page.names import NAMES
from api.security import OPEN_PATHS
from core.settings import Settings
from core.studio.services import Services

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
TOKEN = "a token for this test"
# Paths of other programs' APIs, and names that resemble static files.
UNKNOWN = (
    "/v1/models",
    "/v1/images/generations",
    "/sdapi/v1/options",
    "/history",
    "/view",
    "/prompt",
    "/docs",
    "/apps",
    "/index.html/x",
    "/app.js/",
    "//app.js",
    "/styles",
    "/styles/",
    "/../main.py",
    "/styles/../app.js",
    "/API/health",
    "/api/health/",
    "",
)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """An application that other machines can reach. Its services are never started."""
    folder = tmp_path_factory.mktemp("closed")
    services = Services(Settings(data_dir=folder, host="0.0.0.0"))
    yield create_app(services, token=TOKEN)
    services.database.close()


def http_paths(app: FastAPI) -> Iterator[str]:
    """Every HTTP path of the application, its parameters filled in."""
    for route in iter_route_contexts(app.routes):
        if not isinstance(route.original_route, PageFiles) and route.methods is not None:
            assert route.path is not None
            yield route.path.replace("{", "").replace("}", "").replace(":path", "")


def websocket_paths(app: FastAPI) -> Iterator[str]:
    """Every WebSocket path of the application."""
    for route in iter_route_contexts(app.routes):
        if not isinstance(route.original_route, PageFiles) and route.methods is None:
            assert route.path is not None
            yield route.path


def page_files() -> list[str]:
    files = ["/" + file.relative_to(WEB).as_posix() for file in WEB.rglob("*") if file.is_file()]
    return [*files, *(f"/{name}" for name in NAMES)]


@pytest.mark.parametrize("method", METHODS)
def test_every_route_that_is_not_open_needs_the_token(app: FastAPI, method: str) -> None:
    paths = set(http_paths(app))
    assert len(paths) > 50
    assert {"/api/tasks", "/api/openapi.json", "/metrics", "/generate"} <= paths
    assert answered(app, method, paths - OPEN_PATHS) == {}


@pytest.mark.parametrize("method", METHODS)
def test_every_unknown_path_needs_the_token(app: FastAPI, method: str) -> None:
    assert answered(app, method, UNKNOWN) == {}


@pytest.mark.parametrize("method", sorted(set(METHODS) - {"GET", "HEAD"}))
def test_a_static_file_is_open_for_reading_only(app: FastAPI, method: str) -> None:
    assert answered(app, method, ["/", *page_files()]) == {}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_page_is_open(app: FastAPI, method: str) -> None:
    files = ["/", *page_files()]
    assert answered(app, method, files) == dict.fromkeys(files, 200)


def test_every_open_path_is_a_route(app: FastAPI) -> None:
    assert set(http_paths(app)) >= OPEN_PATHS


def test_every_websocket_needs_the_token(app: FastAPI) -> None:
    known = set(websocket_paths(app))
    assert known == {"/api/ws"}
    for path in (*known, "/ws", "/", "/app.js", *OPEN_PATHS):
        assert asyncio.run(refused_with(app, path)) == 401, path


def test_the_token_opens_what_is_closed(app: FastAPI) -> None:
    token = [(b"authorization", f"Bearer {TOKEN}".encode())]
    for method, path, status in (
        ("GET", "/api/operations", 200),
        ("GET", "/v1/models", 404),
        ("PUT", "/history", 405),
    ):
        assert asyncio.run(status_of(app, method, path, token)) == status


def answered(app: FastAPI, method: str, paths: Iterable[str]) -> dict[str, int]:
    """The paths that do more than demand the token, with their status."""

    async def ask() -> dict[str, int]:
        return {path: await status_of(app, method, path) for path in paths}

    return {path: status for path, status in asyncio.run(ask()).items() if status != 401}


async def status_of(
    app: FastAPI, method: str, path: str, headers: Iterable[tuple[bytes, bytes]] = ()
) -> int:
    """The status of a request whose path reaches the application as it is written."""
    messages = await conversation(
        app,
        {"type": "http", "method": method, "path": path, "scheme": "http"},
        {"type": "http.request", "body": b"", "more_body": False},
        headers,
    )
    return int(messages[0]["status"])


async def refused_with(app: FastAPI, path: str) -> int:
    """Return the status that a WebSocket of the page's own origin is refused with."""
    origin = [(b"origin", b"http://127.0.0.1")]
    scope = {"type": "websocket", "path": path, "scheme": "ws", "subprotocols": []}
    messages = await conversation(app, scope, {"type": "websocket.connect"}, origin)
    assert messages[0]["type"] == "websocket.http.response.start"
    return int(messages[0]["status"])


async def conversation(
    app: FastAPI,
    scope: dict[str, Any],
    first: dict[str, Any],
    headers: Iterable[tuple[bytes, bytes]],
) -> list[dict[str, Any]]:
    """The messages of the application, without a client library that would tidy the path."""
    messages: list[dict[str, Any]] = []
    waiting = [first]

    async def send(message: Any) -> None:
        messages.append(message)

    async def receive() -> dict[str, Any]:
        if not waiting:
            await asyncio.Event().wait()  # the client stays connected and silent
        return waiting.pop()

    known = {"raw_path": b"", "root_path": "", "query_string": b"", "http_version": "1.1"}
    known |= {"headers": [(b"host", b"127.0.0.1"), *headers]}
    await app({**known, **scope}, receive, send)
    return messages
