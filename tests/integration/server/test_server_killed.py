"""`kill -9` of the server: what was acknowledged is done in the end, once, and in order."""

import hashlib
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.conftest import MakeServer
from tests.integration.listening import listening
from tests.integration.process import MODULES, Server, until

TASKS = 201


class Client:
    """Submits tasks one after the other, and each again until it is acknowledged."""

    def __init__(self, server: Server, wanted: list[tuple[str, dict[str, Any]]]) -> None:
        self.acknowledged: list[str] = []
        self._server = server
        self._wanted = wanted
        self._thread = threading.Thread(target=self._submit_all, daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def finished(self) -> bool:
        return not self._thread.is_alive()

    def _submit_all(self) -> None:
        with httpx.Client(trust_env=False) as http:
            for number, (operation, params) in enumerate(self._wanted):
                while not self._submitted(http, number, operation, params):
                    time.sleep(0.02)

    def _submitted(
        self, http: httpx.Client, number: int, operation: str, params: dict[str, Any]
    ) -> bool:
        headers = {"Idempotency-Key": f"task {number}"}
        try:
            address = f"{self._server.url}/api/{operation}"
            answer = http.post(address, json=params, headers=headers)
        except httpx.HTTPError:
            return False  # killed just now: nobody knows whether it was taken
        assert answer.status_code == 202, answer.text
        self.acknowledged.append(answer.json()["task_id"])
        return True


def mixture(number: int) -> tuple[str, dict[str, Any]]:
    """The kinds of task in turn: both lanes, quick ones, slow ones, images."""
    return [
        ("empty", {"value": number}),
        ("empty_device", {"value": number}),
        ("counting", {"until": 4, "pause": 0.01}),
        ("counting_device", {"until": 4, "pause": 0.01}),
        ("painting", {"count": 2, "side": 64, "noise": True}),
    ][number % 5]


@contextmanager
def noting_completions(server: Server, completed: Counter[str]) -> Iterator[None]:
    """Count which tasks this life of the server says it completed."""
    with listening(server) as listener:
        yield
    for event in listener.of("task"):
        if event["data"]["status"] == "completed":
            completed[event["data"]["id"]] += 1


@pytest.mark.timeout(240)
def test_201_tasks_survive_kills_of_the_server_and_none_is_done_twice(
    make_server: MakeServer,
) -> None:
    moments = random.Random(201)
    server = make_server().start()
    client = Client(server, [mixture(number) for number in range(TASKS)])
    client.start()
    completions: Counter[str] = Counter()
    for _ in range(4):
        before = server.counts()["completed"]
        with noting_completions(server, completions):
            progress = moments.randint(4, 30)
            until(
                "tasks complete",
                lambda goal=before + progress: server.counts()["completed"] >= goal,
            )
            time.sleep(moments.uniform(0, 0.1))  # any moment in a task's life
            server.kill()
        server.start()
    with noting_completions(server, completions):
        until("all are submitted", lambda: client.finished)
        until("all end", lambda: server.counts()["completed"] >= TASKS)

    tasks = server.all_tasks()
    assert [task["id"] for task in tasks] == client.acknowledged
    assert Counter(task["status"] for task in tasks) == {"completed": TASKS}
    assert max(completions.values()) == 1
    for number, task in enumerate(tasks):
        check_done_once(server, number, task)
    on_device = [task["finished_at"] for task in tasks if task["lane"] == "device"]
    assert on_device == sorted(on_device)
    assert any(task["version"] > 3 for task in tasks)  # the kills did hit something
    check_files(server)


def check_done_once(server: Server, number: int, task: dict[str, Any]) -> None:
    """One way through the states per attempt, one set of outputs, one row per image."""
    assert task["version"] % 2 == 1  # claimed and put back, or claimed and completed
    assert task["attempt"] == 1
    operation, params = mixture(number)
    values = [output["value"] for output in task["outputs"]]
    if operation.startswith("empty"):
        assert values == [number]
    elif operation.startswith("counting"):
        assert values == [{"from": 0, "to": params["until"]}]
    else:
        assert [output["index"] for output in task["outputs"]] == [0, 1]
        assets = server.get("/api/assets", params={"task_id": task["id"]})
        shown = {output["asset_id"] for output in task["outputs"]}
        assert {item["id"] for item in assets["items"]} == shown
        assert assets["total"] == 2


def check_files(server: Server) -> None:
    """Every file under its final name is whole, and after a start nothing else lies about."""
    server.stop()
    server.start()
    server.opened()
    assert server.partial() == []
    for path in server.stored():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name


def test_what_a_killed_server_left_half_written_a_moment_ago_is_gone_after_the_next_start(
    make_server: MakeServer,
) -> None:
    server = make_server().start()
    server.done(server.submit("painting", count=1, side=64, noise=True))
    server.kill()
    incoming = server.data_dir / "assets" / ".incoming"
    (incoming / "left").write_bytes(b"half")
    nobodys = incoming.parent / "ab" / ("ab" * 32)
    nobodys.parent.mkdir(exist_ok=True)
    nobodys.write_bytes(b"stored, but its row was not written")
    server.start()
    server.opened()
    assert server.partial() == []
    assert nobodys not in server.stored()
    assert len(server.stored()) == 1


def test_a_task_whose_worker_was_still_starting_is_not_given_up_by_kills(
    make_server: MakeServer, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    modules = f"{MODULES},tests.operations.gated"
    server = make_server(QPYT_OPERATION_MODULES=modules, QPYT_TEST_GATE=str(gate)).start()
    task_id = server.submit("empty", value=5)
    for _ in range(4):
        until("its worker starts", lambda: _state_of(server, "cpu") == "starting")
        server.kill()
        server.start()
    gate.touch()
    assert server.done(task_id)["outputs"][0]["value"] == 5


def _state_of(server: Server, lane: str) -> str:
    lanes = server.get("/api/queue")["lanes"]
    return next(state["state"] for state in lanes if state["name"] == lane)


def test_a_task_that_ran_alone_at_every_death_of_the_server_goes_last_and_completes(
    make_server: MakeServer,
) -> None:
    server = make_server(QPYT_CPU_WORKERS="1").start()
    suspect = server.submit("counting", until=100, pause=0.02)
    waiting = server.submit("empty", value=1)
    for _ in range(2):
        server.reached(suspect, "counting")
        server.kill()
        server.start()
    server.done(waiting)
    done = server.done(suspect)
    assert done["attempt"] == 1
    assert done["started_at"] > server.task(waiting)["started_at"]
