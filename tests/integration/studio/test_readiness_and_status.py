"""Readiness, status and published changes of a started studio."""

import asyncio
import shutil
from pathlib import Path

import pytest

from core.studio.services import Services
from tests.in_process import InProcess, in_process, settings_in


async def test_a_studio_is_ready_once_it_opened_and_says_why_before(tmp_path: Path) -> None:
    services = Services(settings_in(tmp_path))
    services.database.migrate()
    state = await services.readiness.check()
    assert (state["ready"], state["checks"]["opened"]) == (False, "still opening")
    await services.discard()
    async with in_process(tmp_path) as desk:
        assert await desk.get("/api/health/ready") == {
            "ready": True,
            "checks": {"opened": True, "storage": True, "worker": True},
        }


async def test_a_failed_start_is_the_reason_of_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = Services(settings_in(tmp_path))

    async def fail() -> None:
        raise RuntimeError("no worker at all")

    monkeypatch.setattr(services.executor, "start", fail)
    await services.start()
    assert services._opening is not None
    await services._opening
    state = await services.readiness.check()
    assert state["ready"] is False
    assert "no worker at all" in state["checks"]["opened"]
    await services.stop()


async def test_a_folder_that_is_gone_makes_the_studio_unready(tmp_path: Path) -> None:
    async with in_process(tmp_path) as desk:
        shutil.rmtree(desk.services.settings.data_dir)
        response = await desk.http.get("/api/health/ready")
        assert response.status_code == 503
        assert isinstance(response.json()["checks"]["storage"], str)


async def test_a_stopped_worker_makes_the_studio_unready(tmp_path: Path) -> None:
    async with in_process(tmp_path) as desk:
        await desk.executor.stop(0)
        response = await desk.http.get("/api/health/ready")
        assert response.status_code == 503
        assert response.json()["checks"]["worker"] == "device: stopped"


async def test_the_queue_counts_failures_and_what_waits(tmp_path: Path) -> None:
    async with in_process(tmp_path) as desk:
        await desk.run("crash")
        await desk.submit("empty", hold=True)
        state = await desk.get("/api/system")
        assert state["failures_last_hour"] == 1
        assert state["queue"]["waiting"] == 1
        assert state["queue"]["stale"] is False
        assert {worker["lane"] for worker in state["workers"]} == set(desk.executor.lanes())


async def test_a_task_publishes_each_of_its_states_in_order(tmp_path: Path) -> None:
    async with in_process(tmp_path) as desk:
        with desk.services.bus.subscribe() as subscription:
            task_id = (await desk.run("empty"))["id"]
            tasks = [event.data for event in subscription.take() if event.type == "task"]
    assert [task["status"] for task in tasks] == ["pending", "running", "completed"]
    assert {task["id"] for task in tasks} == {task_id}
    assert [task["version"] for task in tasks] == sorted({task["version"] for task in tasks})


async def counts_published(desk: InProcess, tasks: int) -> int:
    """The number of `queue` events that a burst of tasks causes."""
    with desk.services.bus.subscribe() as subscription:
        for _ in range(tasks):
            await desk.run("empty")
        await asyncio.sleep(0.4)
        waiting = [event for event in subscription.take(1000) if event.type == "queue"]
    assert waiting[-1].data["counts"]["completed"] == tasks
    return len(waiting)


async def test_counts_are_published_for_a_burst_and_not_for_each_task(tmp_path: Path) -> None:
    async with in_process(tmp_path) as desk:
        assert 1 <= await counts_published(desk, 10) < 10
