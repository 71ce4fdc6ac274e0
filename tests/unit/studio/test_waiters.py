"""Waiting for tasks that end here, and for tasks that end at another server."""

import asyncio
from dataclasses import replace

from core.studio.waiters import TaskWaiters
from core.tasks.states import Status
from core.tasks.task import Task

TASK = Task(operation="generate", lane="device", status=Status.RUNNING)
ENDED = replace(TASK, status=Status.COMPLETED)


class Rows:
    """The stored task; counts how often it is read."""

    def __init__(self) -> None:
        self.task = TASK
        self.reads = 0

    async def find(self, task_id: str) -> Task:
        self.reads += 1
        return self.task


async def test_a_wait_ends_with_the_task_and_reads_it_once() -> None:
    rows = Rows()
    waiters = TaskWaiters(rows.find)
    wait = asyncio.create_task(waiters.wait(TASK.id))
    while not rows.reads:
        await asyncio.sleep(0)
    waiters.settle(ENDED)
    assert await asyncio.wait_for(wait, 10) == ENDED
    assert rows.reads == 1


async def test_a_wait_for_a_task_just_stored_reads_it_only_when_the_time_is_up() -> None:
    rows = Rows()
    waiters = TaskWaiters(rows.find)
    wait = asyncio.create_task(waiters.wait(TASK.id, stored=TASK))
    await asyncio.sleep(0)
    waiters.settle(ENDED)
    assert await asyncio.wait_for(wait, 10) == ENDED
    assert rows.reads == 0
    rows.task = replace(TASK, attempt=2)
    assert await waiters.wait(TASK.id, 0.01, stored=TASK) == rows.task
    assert await waiters.wait(TASK.id, 0.01, stored=ENDED) == ENDED


async def test_a_wait_sees_a_task_that_ended_at_another_server() -> None:
    rows = Rows()
    waiters = TaskWaiters(rows.find, poll_seconds=0.01)
    wait = asyncio.create_task(waiters.wait(TASK.id))
    while rows.reads < 3:
        await asyncio.sleep(0.005)
    rows.task = ENDED
    assert await asyncio.wait_for(wait, 10) == ENDED


async def test_a_wait_with_a_limit_returns_the_task_as_it_is() -> None:
    for poll_seconds in (None, 0.01):
        waiters = TaskWaiters(Rows().find, poll_seconds)
        assert await asyncio.wait_for(waiters.wait(TASK.id, 0.05), 10) == TASK
        assert await asyncio.wait_for(waiters.wait(TASK.id, 0), 10) == TASK
