"""Auto-run: while it is off, submitted tasks are held until their release."""

import pytest

from core.errors import TaskChanged
from core.tasks.changes import TaskChange
from core.tasks.listing import TaskFilter
from core.tasks.queue import Queue
from core.tasks.states import Hold, Status
from core.tasks.task import Task
from tests.unit.tasks.making import add, claim, finish, make


async def test_submitted_tasks_are_held_and_released_one_by_one_or_all(queue: Queue) -> None:
    await queue.configure(auto_run=False)
    tasks = [await add(queue, auto_run=False) for _ in range(3)]
    assert {(task.status, task.hold) for task in tasks} == {(Status.HELD, Hold.USER)}
    released_task = await queue.change(tasks[1].id, TaskChange(lift=Hold.USER))
    assert released_task.status is Status.PENDING
    released = await queue.lift_holds(TaskFilter())
    assert sorted(task.id for task in released) == sorted([tasks[0].id, tasks[2].id])


async def test_internal_tasks_start_by_themselves(queue: Queue) -> None:
    await queue.configure(auto_run=False)
    assert (await add(queue)).status is Status.PENDING


async def test_auto_run_releases_no_task_that_was_held_before(queue: Queue) -> None:
    await queue.configure(auto_run=False)
    held = await add(queue, auto_run=False)
    await queue.configure(auto_run=True)
    assert (await add(queue, auto_run=False)).status is Status.PENDING
    assert (await queue.get(held.id)).status is Status.HELD


async def test_a_released_child_waits_for_its_parent(queue: Queue) -> None:
    await queue.configure(auto_run=False)
    parent = await add(queue, auto_run=False)
    [child] = await queue.add([make(params={"image": {"task": parent.id}}, auto_run=False)])
    assert child.hold == Hold.USER | Hold.PARENT
    await queue.lift_holds(TaskFilter())
    assert (await queue.get(child.id)).hold == Hold.PARENT


async def test_a_release_leaves_other_holds(queue: Queue) -> None:
    task = await add(queue, hold=Hold.BUDGET)
    assert await queue.lift_holds(TaskFilter()) == []
    assert (await queue.get(task.id)).hold == Hold.BUDGET


async def test_a_released_task_is_served_from_an_equal_one(queue: Queue) -> None:
    snapshot = {"cache": True}
    await add(queue, params={"seed": 1}, snapshot=snapshot)
    _, held = await claim(queue)
    await finish(queue, held)
    task = await add(queue, params={"seed": 1}, snapshot=snapshot, hold=Hold.USER)
    await queue.lift_holds(TaskFilter())
    assert (await queue.get(task.id)).cached


async def test_settings_keep_each_other_and_outlive_the_process(queue: Queue) -> None:
    await queue.configure(paused=True)
    await queue.configure(auto_run=False, cleared_at="2026-01-01T00:00:00.000000Z")
    stored = await queue.settings()
    assert (stored.paused, stored.auto_run, stored.cleared_at) == (
        True,
        False,
        "2026-01-01T00:00:00.000000Z",
    )


async def test_a_change_for_another_version_is_refused(queue: Queue) -> None:
    task = await add(queue)
    await queue.change(task.id, TaskChange(version=task.version, hold=Hold.USER))
    with pytest.raises(TaskChanged, match="version 2, not 1"):
        await queue.change(task.id, TaskChange(version=task.version, lift=Hold.USER))


async def test_failed_tasks_are_retried_together_with_their_families(
    queue: Queue, announced: list[Task]
) -> None:
    parent = await add(queue)
    [child] = await queue.add([make(params={"image": {"task": parent.id}})])
    other = await add(queue)
    for _ in range(2):
        _, held = await claim(queue)
        await queue.fail(held, {"code": "task_failed", "detail": "x"})
    kept = await add(queue)
    await queue.cancel(kept.id)
    announced.clear()
    retried = await queue.retry_all(TaskFilter())
    assert sorted(task.id for task in retried) == sorted([parent.id, child.id, other.id])
    assert sorted(task.id for task in announced) == sorted([parent.id, child.id, other.id])
    assert (await queue.get(kept.id)).status is Status.CANCELLED


async def test_tasks_are_found_by_model_text_and_id(queue: Queue) -> None:
    red = await add(queue, params={"model": "nano", "prompt": "a RED house, 100 % rosé"})
    blue = await add(queue, params={"model": "flux", "prompt": "a blue house"})
    failed = await add(queue, operation="upscale")
    for task in (red, blue, failed):
        _, held = await claim(queue)
        if task is failed:
            await queue.fail(held, {"code": "task_failed", "detail": "no red left"})

    async def matching(**wanted: object) -> set[str]:
        page = await queue.page(TaskFilter(**wanted))  # type: ignore[arg-type]
        return {task.id for task in page.items}

    assert await matching(model="nano") == {red.id}
    assert await matching(text="red") == {red.id, failed.id}
    assert await matching(text="100 % rosé") == {red.id}
    assert await matching(text="%") == {red.id}
    assert await matching(text="upSCALE") == {failed.id}
    assert await matching(ids=[blue.id, red.id]) == {blue.id, red.id}
