"""`kill -9` of workers: no partial file, an ending for every task, and a new worker."""

import hashlib
import random
import time

import psutil
import pytest

from tests.integration.conftest import MakeServer
from tests.integration.process import PATIENCE, Server, until

SMALL = {"num_inference_steps": 2, "num_images": 2}


def new_worker(server: Server, lane: str, after: int = 0) -> psutil.Process:
    """Wait for a worker of the lane that is not `after`."""

    def successor() -> psutil.Process | None:
        worker = server.worker(lane)
        return worker if worker and worker.pid != after else None

    return until(f"a {lane} worker is ready", successor)


@pytest.mark.timeout(240)
def test_workers_killed_at_random_moments_leave_no_half_file_and_no_task_behind(
    make_server: MakeServer,
) -> None:
    moments = random.Random(7)
    server = make_server(eager=True).start()
    victim = new_worker(server, "device")
    ids = [server.submit("generate", prompt="a red house", seed=n, **SMALL) for n in range(4)]
    for _ in range(2):
        until("a task runs", lambda: server.all_tasks(status="running"))
        time.sleep(moments.uniform(0, 0.6))  # any moment of drawing and of storing
        victim.kill()
        victim = new_worker(server, "device", after=victim.pid)
    tasks = [server.ended(task_id) for task_id in ids]
    for task in tasks:
        assert task["status"] in ("completed", "failed")
        if task["status"] == "completed":
            assert len(task["outputs"]) == 2
        else:
            assert task["error"]["code"] == "worker_lost"
            assert "SIGKILL" in task["error"]["detail"]
            assert task["outputs"] == []
    assert server.get("/api/assets")["total"] == 2 * server.counts()["completed"]
    for path in server.stored():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name
    restarts = [worker["restarts"] for worker in server.get("/api/system")["workers"]]
    assert max(restarts) == 2
    server.stop()
    server.start()
    server.opened()
    assert server.partial() == []


def test_a_task_that_always_kills_its_worker_stops_after_two_tries_and_the_queue_moves_on(
    studio: Server,
) -> None:
    deadly = studio.submit("crash", how="kill")
    others = [studio.submit("empty", value=number) for number in range(5)]
    failed = studio.ended(deadly)
    assert (failed["status"], failed["attempt"]) == ("failed", 2)
    assert failed["error"]["code"] == "worker_lost"
    assert "tried 2 times" in failed["error"]["detail"]
    assert failed["error"]["fix"]
    assert [studio.done(task_id)["attempt"] for task_id in others] == [1] * 5


def test_a_task_whose_worker_dies_once_completes_at_the_second_try(studio: Server) -> None:
    task = studio.done(studio.submit("crash", how="kill_once"))
    assert task["attempt"] == 2
    assert task["outputs"][0]["value"] == "kill_once"


@pytest.mark.parametrize(("how", "code"), [("memory", "out_of_memory"), ("error", "task_failed")])
def test_what_an_operation_raises_fails_its_task_and_not_its_worker(
    studio: Server, how: str, code: str
) -> None:
    studio.done(studio.submit("empty"))
    before = studio.get("/api/system")["workers"]
    failed = studio.ended(studio.submit("crash", how=how))
    assert (failed["status"], failed["attempt"]) == ("failed", 1)
    assert failed["error"]["code"] == code
    restarts = [worker["restarts"] for worker in before]
    assert [worker["restarts"] for worker in studio.get("/api/system")["workers"]] == restarts


def test_clients_hear_of_a_dead_worker_and_of_the_next_one(studio: Server) -> None:
    from tests.integration.listening import listening

    with listening(studio) as listener:
        studio.ended(studio.submit("crash_device", how="kill"), PATIENCE)

        def states() -> list[str]:
            lanes = (lane for event in listener.of("worker") for lane in event["data"]["lanes"])
            return [lane["state"] for lane in lanes if lane["name"] == "device"]

        until("the restart is reported", lambda: "restarting" in states())
        until("a ready worker is reported", lambda: states()[-1] == "ready")


def test_readiness_reports_a_hung_worker_until_its_successor_is_ready(
    make_server: MakeServer,
) -> None:
    server = make_server(eager=True, QPYT_HANG_SECONDS="3").start()
    hung = new_worker(server, "device")
    task_id = server.submit("counting_device", until=30, pause=0.05)
    server.reached(task_id, "counting")
    hung.suspend()

    def reason() -> str:
        checks = server.http.get("/api/health/ready").json()["checks"]
        return "" if checks["worker"] is True else str(checks["worker"])

    until("readiness gives the reason", lambda: "has not answered" in reason())
    new_worker(server, "device", after=hung.pid)
    assert server.done(task_id)["attempt"] == 2
    until("it is ready again", lambda: server.http.get("/api/health/ready").status_code == 200)
