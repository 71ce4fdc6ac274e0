"""Real servers: one for all tests that leave it as they found it, and own ones to kill."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.process import LAZY, ROOT, Server

MakeServer = Callable[..., Server]


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Started once; its limits are small, so that reaching them is cheap."""
    folder = tmp_path_factory.mktemp("server")
    server = Server(
        folder / "data",
        QPYT_MODEL_DIRS=f"{folder / 'models'},{ROOT / 'models'}",  # LoRAs go to the first
        QPYT_MAX_UPLOAD_PIXELS="4000000",
        QPYT_MAX_UPLOAD_BYTES=str(8 << 20),
        QPYT_MAX_BODY_BYTES=str(16 << 20),
        QPYT_CANCEL_GRACE_SECONDS="2",
    ).start()
    yield server
    server.stop()


@pytest.fixture
def studio(shared_server: Server, request: pytest.FixtureRequest) -> Iterator[Server]:
    """The shared server, its queue running and empty: as it starts, and as each test leaves it."""
    failed_before = request.session.testsfailed
    yield shared_server
    if request.session.testsfailed > failed_before:
        print(f"server log:\n{shared_server.tail()}")
    empty(shared_server)


def empty(server: Server) -> None:
    """Nothing waits or runs, and nothing is paused. A request, where that is so already."""
    usual = {"paused": False, "auto_run": True, "cleared_at": None}
    queue = server.get("/api/queue")
    if any(queue["counts"][state] for state in ("pending", "held", "running")):
        server.post("/api/tasks/cancel", {})
        for task in server.all_tasks(status="running"):
            server.ended(task["id"])
    if {name: queue[name] for name in usual} != usual:
        server.http.patch("/api/queue", json=usual).raise_for_status()


@pytest.fixture
def make_server(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[MakeServer]:
    """Makes servers of the test's own, on one data directory unless another is named.

    The worker of a device takes seconds of processor time: only `eager` servers start it at once.
    """
    made: list[Server] = []
    failed_before = request.session.testsfailed

    def make(name: str = "data", *, eager: bool = False, **settings: str) -> Server:
        made.append(Server(tmp_path / name, **({} if eager else LAZY), **settings))
        return made[-1]

    yield make
    for server in made:
        server.stop()
        server.http.close()
        if request.session.testsfailed > failed_before:
            print(f"server log:\n{server.tail()}")
