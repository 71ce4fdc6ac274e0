"""Batches of new tasks: what is stored already is returned, what is missing is added."""

import pytest

from core.errors import InvalidInput
from core.tasks.queue import Queue
from core.tasks.states import Hold, Status
from core.tasks.task import Task
from tests.unit.tasks.making import claim, finish, make


def rows(*keys: str) -> list[Task]:
    """A batch with one task for each idempotency key."""
    return [make(idempotency_key=key) for key in keys]


def wired(key: str, parent: Task, **values: object) -> Task:
    """A task that uses the image of another one of its batch."""
    image = {"task": parent.id, "port": "image"}
    return make(idempotency_key=key, params={"image": image}, **values)


async def count(queue: Queue) -> int:
    return sum((await queue.counts()).values())


async def test_a_repeated_batch_adds_the_rows_that_are_missing(queue: Queue) -> None:
    first = await queue.add(rows("set:1", "set:2"))
    again = await queue.add(rows("set:1", "set:2", "set:3"))
    assert [task.id for task in again[:2]] == [task.id for task in first]
    assert again[2].idempotency_key == "set:3"
    assert await count(queue) == 3


async def test_a_batch_is_answered_in_the_order_of_the_request(queue: Queue) -> None:
    [second] = await queue.add(rows("b"))
    answer = await queue.add(rows("c", "b", "a"))
    assert [task.idempotency_key for task in answer] == ["c", "b", "a"]
    assert answer[1].id == second.id


async def test_rows_without_a_key_are_always_new(queue: Queue) -> None:
    first = await queue.add([*rows("a"), make()])
    again = await queue.add([*rows("a"), make()])
    assert again[0].id == first[0].id
    assert again[1].id != first[1].id


async def test_of_a_key_that_is_twice_in_a_batch_the_first_row_wins(queue: Queue) -> None:
    first, second = make("generate", idempotency_key="a"), make("upscale", idempotency_key="a")
    answer = await queue.add([first, second])
    assert [task.id for task in answer] == [first.id, first.id]
    assert await count(queue) == 1


async def test_a_new_row_uses_the_outputs_of_the_stored_row_of_its_batch(queue: Queue) -> None:
    [parent] = await queue.add(rows("parent"))
    [drawn_anew] = rows("parent")
    child = wired("child", drawn_anew)
    sheet = make(params={"images": [{"task": drawn_anew.id}, {"task": child.id}]})
    answer = await queue.add([drawn_anew, child, sheet])
    assert answer[0].id == parent.id
    assert answer[1].params["image"] == {"task": parent.id, "port": "image"}
    assert answer[1].parents() == [parent.id]
    assert answer[2].parents() == [parent.id, child.id]
    assert (answer[1].status, answer[1].hold) == (Status.HELD, Hold.PARENT)
    _, held = await claim(queue)
    await queue.fail(held, {"code": "task_failed", "detail": "x"})
    assert (await queue.get(child.id)).status is Status.FAILED, "it waits for the stored row"


async def test_a_row_uses_the_first_of_two_rows_with_one_key(queue: Queue) -> None:
    first, second = rows("a", "a")
    answer = await queue.add([first, second, wired("b", second)])
    assert answer[2].parents() == [first.id]


async def test_a_workflow_run_repeated_with_its_key_returns_the_tasks_of_the_first_run(
    queue: Queue,
) -> None:
    def run(run_id: str) -> list[Task]:
        parent = make(idempotency_key="k:1", run_id=run_id, brick_id="1")
        return [parent, wired("k:2", parent, run_id=run_id, brick_id="2")]

    first = await queue.add(run("first"))
    again = await queue.add(run("second"))
    assert [(task.id, task.run_id) for task in again] == [(task.id, "first") for task in first]
    assert await count(queue) == 2


async def test_rows_that_are_added_to_a_stored_run_belong_to_that_run(queue: Queue) -> None:
    await queue.add([make(idempotency_key="k:2", run_id="first")])
    new = [make(idempotency_key=f"k:{number}", run_id="second") for number in (1, 2, 3)]
    assert {task.run_id for task in await queue.add(new)} == {"first"}


async def test_a_batch_with_a_bad_row_stores_nothing_even_beside_stored_rows(queue: Queue) -> None:
    await queue.add(rows("a"))
    bad = make(params={"image": {"task": "nobody"}})
    with pytest.raises(InvalidInput):
        await queue.add([*rows("a", "b"), bad])
    assert await count(queue) == 1


async def test_only_added_rows_are_announced(queue: Queue, announced: list[Task]) -> None:
    await queue.add(rows("a"))
    announced.clear()
    await queue.add(rows("a", "b"))
    assert [task.idempotency_key for task in announced] == ["b"]


async def test_a_batch_may_hold_more_keys_than_one_query_takes(queue: Queue) -> None:
    keys = [f"set:{number}" for number in range(2_500)]
    await queue.add(rows(*keys[:5]))
    answer = await queue.add(rows(*keys))
    assert [task.idempotency_key for task in answer] == keys


async def test_a_text_that_names_files_gives_no_cache_key_whenever_its_task_ended(
    queue: Queue,
) -> None:
    parent = make()
    await queue.add([parent])
    reference = {"prompt": {"task": parent.id, "port": "text"}}
    late = {"params": reference, "snapshot": {"late_texts": ["prompt"]}}
    [waiting] = await queue.add([make(**late)])
    _, held = await claim(queue)
    await finish(queue, held, [{"port": "text", "kind": "text", "value": "a __animal__"}])
    [added_later] = await queue.add([make(**late)])
    assert added_later.params == {"prompt": "a __animal__"}
    assert (await queue.get(waiting.id)).cache_key is None
    assert added_later.cache_key is None
