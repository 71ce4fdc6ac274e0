"""Changes of waiting tasks: each request is applied whole or not at all."""

from dataclasses import replace

import pytest

from core.errors import Conflict, NotFound
from core.tasks.changes import TaskChange
from core.tasks.queue import Queue
from core.tasks.states import Hold, Priority, Status
from core.tasks.task import Task
from tests.unit.tasks.making import add, claim, finish, make


async def test_parameters_band_place_and_hold_change_at_once(
    queue: Queue, announced: list[Task]
) -> None:
    first = await add(queue)
    task = await add(queue, params={"prompt": "a"}, priority=Priority.BATCH)
    revised = replace(task, params={"prompt": "b"}, cache_key="key")
    announced.clear()
    changed = await queue.change(
        task.id, TaskChange(revised=revised, before=first.id, hold=Hold.USER)
    )
    assert changed.params == {"prompt": "b"}
    assert changed.cache_key == "key"
    assert (changed.priority, changed.rank < first.rank) == (first.priority, True)
    assert (changed.status, changed.hold) == (Status.HELD, Hold.USER)
    assert [news.id for news in announced] == [task.id], "one change is announced once"
    assert announced[0] == changed


@pytest.mark.parametrize("before", ["nobody", "a running task"])
async def test_nothing_of_a_change_is_stored_when_a_part_of_it_fails(
    queue: Queue, announced: list[Task], before: str
) -> None:
    running = await add(queue)
    await claim(queue)
    task = await add(queue, params={"prompt": "a"})
    announced.clear()
    change = TaskChange(
        revised=replace(task, params={"prompt": "b"}),
        priority=Priority.BATCH,
        before=running.id if before == "a running task" else before,
        hold=Hold.USER,
    )
    with pytest.raises((NotFound, Conflict)):
        await queue.change(task.id, change)
    assert await queue.get(task.id) == task
    assert announced == []


async def test_a_task_that_is_not_there_cannot_be_changed(queue: Queue) -> None:
    with pytest.raises(NotFound):
        await queue.change("nobody", TaskChange(hold=Hold.USER))


@pytest.mark.parametrize(
    "change",
    [TaskChange(), TaskChange(priority=Priority.BATCH), TaskChange(hold=Hold.USER)],
    ids=["nothing", "priority", "hold"],
)
async def test_a_started_task_cannot_be_changed(queue: Queue, change: TaskChange) -> None:
    task = await add(queue)
    await claim(queue)
    with pytest.raises(Conflict, match="running"):
        await queue.change(task.id, change)


async def test_parameters_that_were_resolved_before_an_input_arrived_are_refused(
    queue: Queue,
) -> None:
    parent = await add(queue)
    task = await add(queue, params={"prompt": {"task": parent.id, "port": "text"}, "seed": 1})
    revised = replace(task, params={**task.params, "seed": 2})
    _, held = await claim(queue)
    await finish(queue, held, [{"port": "text", "kind": "text", "value": "a cat"}])
    with pytest.raises(Conflict, match="input"):
        await queue.change(task.id, TaskChange(revised=revised))
    assert (await queue.get(task.id)).params == {"prompt": "a cat", "seed": 1}


async def test_lifting_one_hold_never_lifts_another(queue: Queue) -> None:
    task = await add(queue)
    for reason in (Hold.USER, Hold.BUDGET):
        await queue.change(task.id, TaskChange(hold=reason))
    held = await queue.change(task.id, TaskChange(lift=Hold.USER))
    assert (held.status, held.hold.names()) == (Status.HELD, ["budget"])
    assert (await queue.change(task.id, TaskChange(lift=Hold.BUDGET))).status is Status.PENDING


async def test_a_budget_hold_is_lifted_while_a_parent_still_holds_the_task(queue: Queue) -> None:
    parent = await add(queue)
    [child] = await queue.add([make(params={"image": {"task": parent.id}}, hold=Hold.BUDGET)])
    assert child.hold.names() == ["parent", "budget"]
    held = await queue.change(child.id, TaskChange(lift=Hold.BUDGET))
    assert (held.status, held.hold) == (Status.HELD, Hold.PARENT)


async def test_the_band_of_training_runs_after_all_others(queue: Queue) -> None:
    order = [await add(queue, priority=band) for band in reversed(Priority)]
    claimed = [(await claim(queue))[0].id for _ in Priority]
    assert claimed == [task.id for task in reversed(order)]
    assert max(Priority) is Priority.TRAINING


async def test_a_task_that_changes_its_band_keeps_the_order_of_submission(queue: Queue) -> None:
    moved = await add(queue)
    stays = await add(queue, priority=Priority.WORKFLOW)
    last = await add(queue, priority=Priority.WORKFLOW)
    await queue.change(stays.id, TaskChange(priority=Priority.BATCH))
    await queue.change(moved.id, TaskChange(priority=Priority.BATCH))
    assert [(await claim(queue))[0].id for _ in range(3)] == [last.id, moved.id, stays.id]


async def test_a_task_can_be_moved_before_another_even_across_bands(queue: Queue) -> None:
    first = await add(queue)
    second = await add(queue)
    third = await add(queue, priority=Priority.BATCH)
    await queue.change(third.id, TaskChange(before=second.id))
    await queue.change(second.id, TaskChange(before=first.id))
    order = [(await claim(queue))[0].id for _ in range(3)]
    assert order == [second.id, first.id, third.id]


async def test_tasks_can_be_moved_before_each_other_without_end(queue: Queue) -> None:
    tasks = [await add(queue) for _ in range(3)]
    for number in range(120):  # more often than a number between two ranks can be halved
        await queue.change(tasks[number % 2 + 1].id, TaskChange(before=tasks[0].id))
    await queue.change(tasks[1].id, TaskChange(before=tasks[0].id))
    order = [(await claim(queue))[0].id for _ in range(3)]
    assert order == [tasks[2].id, tasks[1].id, tasks[0].id]


async def test_a_running_task_that_yields_is_held_once_it_is_put_back(queue: Queue) -> None:
    task = await add(queue)
    _, held = await claim(queue)
    with pytest.raises(Conflict):
        await queue.change(task.id, TaskChange(hold=Hold.USER))
    with pytest.raises(Conflict):
        await queue.change(task.id, TaskChange(hold=Hold.USER, yields=True, note="a"))
    paused = await queue.change(task.id, TaskChange(hold=Hold.USER, yields=True))
    assert (paused.status, paused.hold) == (Status.RUNNING, Hold.USER)
    await queue.release(held, "c" * 64)
    assert (await queue.get(task.id)).status is Status.HELD
    assert (await queue.change(task.id, TaskChange(lift=Hold.USER))).status is Status.PENDING


async def test_a_pause_is_taken_back_before_the_task_yields(queue: Queue) -> None:
    task = await add(queue)
    _, held = await claim(queue)
    await queue.change(task.id, TaskChange(hold=Hold.USER, yields=True))
    await queue.change(task.id, TaskChange(lift=Hold.USER, yields=True))
    await queue.release(held)
    assert (await queue.get(task.id)).status is Status.PENDING


async def test_a_paused_task_that_completes_first_is_not_held(queue: Queue) -> None:
    task = await add(queue)
    _, held = await claim(queue)
    await queue.change(task.id, TaskChange(hold=Hold.USER, yields=True))
    assert await finish(queue, held)
    done = await queue.get(task.id)
    assert (done.status, done.hold) == (Status.COMPLETED, Hold.NONE)
