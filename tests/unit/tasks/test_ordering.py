"""The order of waiting tasks: moved ones run where they were put, also after a restart."""

import pytest

from core.tasks.changes import TaskChange
from core.tasks.listing import TaskFilter
from core.tasks.queue import Queue
from core.tasks.states import WAITING, Priority, Status
from core.tasks.task import Task
from tests.unit.tasks.making import add, claim


async def order(queue: Queue) -> list[str]:
    """The ids of the waiting tasks, in the order in which they are listed."""
    page = await queue.page(TaskFilter(status=tuple(WAITING)), 500, None, "queue")
    return [task.id for task in page.items]


async def claims(queue: Queue) -> list[str]:
    """The ids of all pending tasks, in the order in which they are claimed."""
    waiting = await order(queue)
    return [(await claim(queue))[0].id for _ in waiting]


async def test_a_task_moves_before_and_after_another(queue: Queue) -> None:
    a, b, c = [await add(queue) for _ in range(3)]
    await queue.change(a.id, TaskChange(after=b.id))
    assert await order(queue) == [b.id, a.id, c.id]
    await queue.change(c.id, TaskChange(before=a.id))
    assert await order(queue) == [b.id, c.id, a.id]
    assert await claims(queue) == [b.id, c.id, a.id]


async def test_a_task_moves_to_both_ends_of_its_band_only(queue: Queue) -> None:
    a, b, c = [await add(queue, priority=Priority.BATCH) for _ in range(3)]
    first = await add(queue)
    last = await add(queue, priority=Priority.TRAINING)
    await queue.change(c.id, TaskChange(end="top"))
    await queue.change(a.id, TaskChange(end="bottom"))
    assert await claims(queue) == [first.id, c.id, b.id, a.id, last.id]


async def test_tasks_that_are_submitted_later_run_after_one_at_the_bottom(queue: Queue) -> None:
    a, b = [await add(queue) for _ in range(2)]
    for _ in range(80):
        await queue.change(a.id, TaskChange(end="bottom"))
        await queue.change(b.id, TaskChange(end="bottom"))
    late = await add(queue)
    assert await order(queue) == [a.id, b.id, late.id]


@pytest.mark.parametrize("change", ["before", "after"])
async def test_a_task_beside_itself_stays(queue: Queue, change: str) -> None:
    a, b = [await add(queue) for _ in range(2)]
    await queue.change(a.id, TaskChange(**{change: a.id}))
    assert await order(queue) == [a.id, b.id]


async def test_the_only_task_of_a_band_is_at_both_ends(queue: Queue) -> None:
    task = await add(queue)
    moved = await queue.change(task.id, TaskChange(end="top"))
    assert moved.rank == task.rank


async def test_a_change_of_band_and_place_counts_the_new_band(queue: Queue) -> None:
    a = await add(queue, priority=Priority.BATCH)
    b = await add(queue)
    await queue.change(b.id, TaskChange(priority=Priority.BATCH, end="bottom"))
    assert await order(queue) == [a.id, b.id]


async def test_an_order_without_numbers_left_is_spread_and_announces_one_task(
    queue: Queue, announced: list[Task]
) -> None:
    tasks = [await add(queue) for _ in range(5)]
    announced.clear()
    for number in range(150):
        moved = tasks[number % 2 + 3]
        await queue.change(moved.id, TaskChange(after=tasks[0].id))
    assert len(announced) == 150, "tasks whose neighbours move have not changed"
    assert [task.id for task in tasks[:1]] == (await order(queue))[:1]
    assert await claims(queue) == [tasks[i].id for i in (0, 4, 3, 1, 2)]


async def test_a_place_between_two_tasks_is_listed_as_it_is_claimed(queue: Queue) -> None:
    tasks = [await add(queue) for _ in range(4)]
    for number in range(60):
        await queue.change(tasks[0].id, TaskChange(after=tasks[1 + number % 3].id))
    listed = await order(queue)
    assert listed == await claims(queue)
    assert {(await queue.get(task.id)).status for task in tasks} == {Status.RUNNING}
