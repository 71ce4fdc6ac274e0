"""Cancel in every phase of a task, and a polite stop of the server in the middle of one."""

from functools import partial
from typing import Any

import pytest

from tests.child_processes import alive
from tests.integration.conftest import MakeServer
from tests.integration.process import Server, until

LONG = {"until": 100_000, "pause": 0.01}
BOUND = 20.0
"""Seconds until a cancelled task must have ended: its step, or the grace and a new worker."""


@pytest.fixture
def files(studio: Server) -> Any:
    """A check that a cancelled task left a row for each image it keeps, and no partial files."""
    before = set(studio.stored())

    def check(task_id: str) -> None:
        task = studio.ended(task_id, BOUND)
        assert task["status"] == "cancelled"
        rows = studio.get("/api/assets", params={"task_id": task_id, "limit": 200})["items"]
        assert {row["id"] for row in rows} == {output["asset_id"] for output in task["outputs"]}
        assert studio.partial() == []

    yield check
    assert all(path.stat().st_size for path in set(studio.stored()) - before)


def cancel(studio: Server, task_id: str) -> dict[str, Any]:
    return dict(studio.post(f"/api/tasks/{task_id}/cancel"))


def test_a_pending_task_is_cancelled_at_once(studio: Server, files: Any) -> None:
    studio.post("/api/queue/pause")
    task_id = studio.submit("counting", **LONG)
    assert cancel(studio, task_id)["status"] == "cancelled"
    files(task_id)
    studio.post("/api/queue/resume")
    assert studio.task(task_id)["attempt"] == 0


def test_a_held_task_is_cancelled_at_once(studio: Server, files: Any) -> None:
    task_id = studio.submit("counting", hold=True, **LONG)
    assert studio.task(task_id)["hold_reasons"] == ["user"]
    assert cancel(studio, task_id)["status"] == "cancelled"
    assert studio.task(task_id)["hold_reasons"] == []
    files(task_id)


def test_a_task_whose_worker_still_starts_is_cancelled(
    make_server: MakeServer,
) -> None:
    server = make_server(eager=True, QPYT_WARM="true").start()
    waiting = server.submit("generate", prompt="a house")
    sleeping = server.submit("counting", **LONG)  # wakes a worker that has to start first
    for task_id in (waiting, sleeping):
        cancel(server, task_id)
        assert server.ended(task_id, BOUND)["status"] == "cancelled"
    assert server.partial() == []


def test_a_task_that_loads_its_model_is_cancelled(make_server: MakeServer) -> None:
    server = make_server(eager=True).start()  # not warm: the first task loads
    until("the worker is ready", lambda: server.worker("device"))
    task_id = server.submit("generate", prompt="a house", num_images=20)
    until("it runs", lambda: server.task(task_id)["status"] == "running")
    cancel(server, task_id)
    task = server.ended(task_id, 60)  # loading is one step
    assert task["status"] == "cancelled"
    assert server.get("/api/assets")["total"] == 0
    assert server.partial() == []


@pytest.mark.parametrize("step", [1, 5])
def test_a_task_is_cancelled_at_any_step_of_denoising(
    studio: Server, files: Any, step: int
) -> None:
    task_id = studio.submit("generate", prompt="a house", num_images=20, num_inference_steps=8)
    studio.reached(task_id, "denoising", step)
    assert cancel(studio, task_id)["cancel_requested"]
    files(task_id)
    assert studio.task(task_id)["attempt"] == 1


def test_a_task_is_cancelled_while_its_pictures_are_stored(studio: Server, files: Any) -> None:
    task_id = studio.submit("painting", count=200, side=900, noise=True)
    until("an image is stored", lambda: _image(studio, task_id) >= 4)
    cancel(studio, task_id)
    files(task_id)


def _image(studio: Server, task_id: str) -> int:
    progress = studio.task(task_id)["progress"] or {}
    return int(progress.get("image", 0))


def test_a_cancel_while_the_last_picture_is_stored_keeps_those_that_are(studio: Server) -> None:
    for _ in range(3):
        task_id = studio.submit("painting", count=3, side=900, noise=True)
        until("the last is painted", partial(_painted, studio, task_id, 3))
        cancel(studio, task_id)
        task = studio.ended(task_id, BOUND)
        rows = studio.get("/api/assets", params={"task_id": task_id})["total"]
        assert rows == len(task["outputs"])
        assert rows == 3 or task["status"] == "cancelled"
        assert studio.partial() == []


def _painted(studio: Server, task_id: str, count: int) -> bool:
    """True once a number of images is painted or the task has ended."""
    return _image(studio, task_id) >= count or bool(studio.task(task_id)["finished_at"])


def test_a_task_that_does_not_listen_is_cancelled_by_ending_its_worker(
    studio: Server, files: Any
) -> None:
    deaf = studio.submit("crash", how="deaf", seconds=600)
    studio.reached(deaf, "misbehaving")
    cancel(studio, deaf)
    files(deaf)
    assert studio.done(studio.submit("empty", value=3))["attempt"] == 1


def test_cancelling_an_ended_task_changes_nothing(studio: Server) -> None:
    done = studio.done(studio.submit("empty", value=3))
    assert cancel(studio, done["id"])["status"] == "completed"
    assert studio.task(done["id"])["version"] == done["version"]


def test_two_cancels_at_once_end_the_task_once(studio: Server, files: Any) -> None:
    task_id = studio.submit("counting", **LONG)
    studio.reached(task_id, "counting")
    for _ in range(2):
        cancel(studio, task_id)
    files(task_id)


@pytest.mark.timeout(180)
def test_a_stop_lets_short_work_end_puts_long_work_back_and_a_start_completes_it(
    make_server: MakeServer,
) -> None:
    server = make_server(QPYT_STOP_GRACE_SECONDS="3").start()
    long = server.submit("counting", until=60, pause=0.1)
    server.reached(long, "counting")
    short = server.submit("painting", count=1)
    until("it runs", lambda: server.task(short)["status"] != "pending")
    waiting = [server.submit("counting", until=3) for _ in range(4)]
    workers = server.workers()
    assert server.stop() == 0
    assert not any(alive(worker) for worker in workers)
    assert server.partial() == []

    server.start()
    assert server.done(short)["attempt"] == 1
    put_back = server.done(long)
    assert put_back["attempt"] == 1  # the stop was not its fault
    assert put_back["outputs"][0]["value"] == {"from": 0, "to": 60}
    for task_id in waiting:
        assert server.done(task_id)["attempt"] == 1


def test_a_stop_in_the_middle_of_drawing_exits_with_0_and_loses_nothing(
    make_server: MakeServer,
) -> None:
    server = make_server(QPYT_STOP_GRACE_SECONDS="0.5", QPYT_WARM="true").start()
    # 120 steps: some seconds, in which the poll sees one
    task_id = server.submit("generate", prompt="a house", num_images=4, num_inference_steps=30)
    server.reached(task_id, "denoising", 1)
    assert server.stop() == 0
    server.start()
    assert len(server.done(task_id)["outputs"]) == 4


def test_a_stop_with_open_event_streams_exits_with_0(make_server: MakeServer) -> None:
    from tests.integration.listening import listening

    server = make_server().start()
    with (
        listening(server),
        server.http.stream("GET", "/api/events") as stream,
    ):
        next(stream.iter_lines())
        assert server.stop() == 0
