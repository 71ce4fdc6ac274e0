"""Two real servers, each with its own workers, on one database and one data directory."""

from functools import partial

import pytest

from tests.integration.conftest import MakeServer
from tests.integration.process import Server, until

LONG = {"until": 100_000, "pause": 0.01}
SETTINGS = {
    "QPYT_SHARED": "true",
    "QPYT_POLL_SECONDS": "0.1",
    "QPYT_LEASE_SECONDS": "2",
    "QPYT_CPU_WORKERS": "1",
}
Servers = tuple[Server, Server]


@pytest.fixture
def servers(make_server: MakeServer) -> Servers:
    first = make_server(**SETTINGS).start()
    return first, make_server(**SETTINGS).start()


def runs_at(server: Server, *tasks: str) -> bool:
    """True at the server whose worker reports the progress of one of the tasks."""
    return any(server.task(task_id)["progress"] for task_id in tasks)


def test_tasks_pauses_and_cancels_of_one_server_act_at_the_other(servers: Servers) -> None:
    a, b = servers
    tasks = [a.submit("counting", **LONG) for _ in range(2)]
    for server in servers:
        until("each server runs a task", partial(runs_at, server, *tasks))
    a.post("/api/queue/pause")
    until("the other server is paused", lambda: b.get("/api/queue")["paused"])
    for task_id in tasks:
        runner, other = (a, b) if runs_at(a, task_id) else (b, a)
        other.post(f"/api/tasks/{task_id}/cancel")
        assert runner.ended(task_id)["status"] == "cancelled"
        assert other.task(task_id)["attempt"] == 1
    waiting = b.submit("empty")
    b.post("/api/queue/resume")
    assert a.ended(waiting)["status"] == "completed"


def test_the_tasks_of_a_killed_server_run_at_the_other(servers: Servers) -> None:
    a, b = servers
    tasks = [a.submit("counting", until=60, pause=0.05) for _ in range(2)]
    until("the first server runs a task", partial(runs_at, a, *tasks))
    a.kill()
    ended = [b.ended(task_id) for task_id in tasks]
    assert [task["status"] for task in ended] == ["completed", "completed"]
    assert sorted(task["attempt"] for task in ended) == [1, 2]
