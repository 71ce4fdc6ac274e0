"""The queue's promises, one by one, on a real database."""

import pytest
from sqlalchemy import insert

from core.errors import Conflict, InvalidInput, NotFound
from core.store.schema import assets
from core.tasks.changes import TaskChange
from core.tasks.listing import TaskFilter
from core.tasks.queue import Queue
from core.tasks.states import Hold, Priority, Status
from core.tasks.task import Task
from tests.unit.tasks.making import add, claim, finish, make


async def test_tasks_run_by_band_first_and_then_in_the_order_they_came(queue: Queue) -> None:
    late = await add(queue, priority=Priority.TRAINING)
    first = await add(queue)
    second = await add(queue)
    order = [(await claim(queue))[0].id for _ in range(3)]
    assert order == [first.id, second.id, late.id]


async def test_a_claim_bumps_the_attempt_and_names_its_owner(queue: Queue) -> None:
    await add(queue)
    task, _ = await claim(queue, "server:9")
    assert (task.status, task.attempt, task.owner) == (Status.RUNNING, 1, "server:9")
    assert await queue.claim("device", "other", 0.0) == []


async def test_a_lane_only_gets_its_own_tasks(queue: Queue) -> None:
    await add(queue)
    assert await queue.claim("cpu", "us", 0.0) == []


async def test_only_the_attempt_that_holds_the_claim_may_deliver(queue: Queue) -> None:
    await add(queue)
    _, old = await claim(queue, "us:1")
    await queue.lost(old, "killed", tries=2)
    _, new = await claim(queue, "us:2")
    assert not await finish(queue, old)
    assert await finish(queue, new)
    assert not await finish(queue, new)


async def test_a_yielded_task_keeps_its_attempts_and_its_checkpoint(queue: Queue) -> None:
    task = await add(queue)
    _, held = await claim(queue)
    await queue.release(held, checkpoint="f" * 64)
    task = await queue.get(task.id)
    assert (task.status, task.attempt, task.checkpoint) == (Status.PENDING, 0, "f" * 64)


async def test_a_task_whose_worker_dies_twice_fails_with_the_reason(queue: Queue) -> None:
    task = await add(queue)
    for number in range(2):
        _, held = await claim(queue, f"us:{number}")
        await queue.lost(held, "killed by SIGKILL", tries=2)
    task = await queue.get(task.id)
    assert task.status is Status.FAILED
    assert task.error is not None
    assert task.error["code"] == "worker_lost"
    assert "SIGKILL" in task.error["detail"]


async def test_running_tasks_are_put_back_when_their_server_died(queue: Queue) -> None:
    task = await add(queue)
    await claim(queue)
    await queue.recover()
    assert (await queue.get(task.id)).status is Status.PENDING
    again, _ = await claim(queue)
    assert again.attempt == 1, "a death of the server is not the task's attempt"


async def test_deaths_of_the_server_fail_no_task(queue: Queue) -> None:
    tasks = [await add(queue, max_attempts=1) for _ in range(2)]
    for _ in range(5):
        for number in range(2):
            await claim(queue, f"us:{number}")
        await queue.recover()
    for task in tasks:
        task = await queue.get(task.id)
        assert (task.status, task.attempt, task.priority) == (Status.PENDING, 0, 0)


async def test_a_task_that_was_alone_at_several_deaths_goes_last(queue: Queue) -> None:
    suspect = await add(queue)
    innocent = await add(queue, priority=Priority.TRAINING)
    for _ in range(2):
        await claim(queue)
        await queue.recover()
    assert (await queue.get(suspect.id)).rank > innocent.rank
    order = [(await claim(queue, f"us:{number}"))[0].id for number in range(2)]
    assert order == [innocent.id, suspect.id]


async def test_the_task_suspected_last_goes_behind_those_suspected_before(queue: Queue) -> None:
    later, sooner = [await add(queue) for _ in range(2)]
    await queue.change(sooner.id, TaskChange(end="top"))
    for _ in range(4):
        await claim(queue)
        await queue.recover()
    order = [(await claim(queue, f"us:{number}"))[0].id for number in range(2)]
    assert order == [sooner.id, later.id]


async def test_a_task_that_was_being_cancelled_is_cancelled_after_a_crash(queue: Queue) -> None:
    task = await add(queue)
    await claim(queue)
    await queue.cancel(task.id)
    await queue.recover()
    assert (await queue.get(task.id)).status is Status.CANCELLED


async def test_a_child_waits_for_its_parent_and_gets_its_output(queue: Queue) -> None:
    await _store_asset(queue, "A1")
    parent = await add(queue)
    child = await add(queue, params={"image": {"task": parent.id, "port": "image"}})
    assert (child.status, child.hold) == (Status.HELD, Hold.PARENT)
    _, held = await claim(queue)
    await finish(queue, held, [{"port": "image", "kind": "image", "index": 0, "asset_id": "A1"}])
    task = await queue.get(child.id)
    assert task.status is Status.PENDING
    assert task.params["image"] == "A1"
    assert task.snapshot["inputs"]["image"][0]["key"] == "k" * 64


async def test_several_images_arrive_as_a_list_and_an_index_picks_one(queue: Queue) -> None:
    for name in ("A1", "A2"):
        await _store_asset(queue, name)
    parent = await add(queue)
    reference = {"task": parent.id, "port": "image"}
    all_of_it = await add(queue, params={"image": reference})
    second = await add(queue, params={"image": {**reference, "index": 1}})
    _, held = await claim(queue)
    made = [
        {"port": "image", "kind": "image", "index": i, "asset_id": f"A{i + 1}"} for i in range(2)
    ]
    await finish(queue, held, made)
    assert (await queue.get(all_of_it.id)).params["image"] == ["A1", "A2"]
    assert (await queue.get(second.id)).params["image"] == "A2"


async def test_a_child_of_a_completed_parent_starts_at_once(queue: Queue) -> None:
    await _store_asset(queue, "A1")
    parent = await add(queue)
    _, held = await claim(queue)
    await finish(queue, held, [{"port": "image", "kind": "image", "index": 0, "asset_id": "A1"}])
    child = await add(queue, params={"image": {"task": parent.id, "port": "image"}})
    assert (child.status, child.params["image"]) == (Status.PENDING, "A1")


async def test_a_failed_parent_fails_all_that_waited_and_a_retry_brings_them_back(
    queue: Queue,
) -> None:
    parent = await add(queue)
    child = await add(queue, params={"image": {"task": parent.id}})
    grandchild = await add(queue, params={"image": {"task": child.id}})
    _, held = await claim(queue)
    await queue.fail(held, {"code": "out_of_memory", "detail": "no room"})
    for task in (child, grandchild):
        task = await queue.get(task.id)
        assert task.status is Status.FAILED
        assert task.error is not None
        assert task.error["code"] == "parent_failed"
    await queue.retry(parent.id)
    assert (await queue.get(parent.id)).status is Status.PENDING
    assert [(await queue.get(task.id)).status for task in (child, grandchild)] == ["held", "held"]


async def test_retrying_the_last_step_brings_the_failed_first_one_with_it(queue: Queue) -> None:
    parent = await add(queue)
    child = await add(queue, params={"image": {"task": parent.id}})
    _, held = await claim(queue)
    await queue.fail(held, {"code": "task_failed", "detail": "x"})
    assert (await queue.retry(child.id)).status is Status.HELD
    assert (await queue.get(parent.id)).status is Status.PENDING


async def test_cancelling_a_parent_cancels_what_waits_for_it(queue: Queue) -> None:
    parent = await add(queue)
    child = await add(queue, params={"image": {"task": parent.id}})
    await queue.cancel(parent.id)
    assert (await queue.get(child.id)).status is Status.CANCELLED


async def test_a_parent_that_is_not_there_is_refused_by_name(queue: Queue) -> None:
    with pytest.raises(InvalidInput) as caught:
        await add(queue, params={"image": {"task": "nobody"}})
    assert caught.value.field == "image"


async def test_a_repeated_idempotency_key_returns_the_first_task(queue: Queue) -> None:
    first = await add(queue, idempotency_key="once")
    second = await add(queue, idempotency_key="once")
    assert second.id == first.id
    assert (await queue.counts())["pending"] == 1


async def test_an_equal_task_is_served_from_the_one_that_is_done(queue: Queue) -> None:
    await _store_asset(queue, "A1")
    cacheable = {"params": {"prompt": "a", "seed": 1}, "snapshot": {"cache": True}}
    await add(queue, **cacheable)
    _, held = await claim(queue)
    await finish(queue, held, [{"port": "image", "kind": "image", "index": 0, "asset_id": "A1"}])
    served = await add(queue, **cacheable)
    other = await add(queue, params={"prompt": "a", "seed": 2}, snapshot={"cache": True})
    fresh = await add(queue, params={"prompt": "a", "seed": 1}, snapshot={"cache": False})
    assert (served.status, served.cached, len(served.outputs)) == (Status.COMPLETED, True, 1)
    assert other.status is Status.PENDING
    assert fresh.status is Status.PENDING


async def test_a_running_task_cannot_be_retried(queue: Queue) -> None:
    task = await add(queue)
    await claim(queue)
    with pytest.raises(Conflict):
        await queue.retry(task.id)


async def test_pages_neither_repeat_nor_lose_a_task_while_new_ones_arrive(queue: Queue) -> None:
    old = [(await add(queue)).id for _ in range(7)]
    for order in ("newest", "queue"):
        seen: list[str] = []
        cursor = None
        while True:
            page = await queue.page(TaskFilter(), 3, cursor, order)  # type: ignore[arg-type]
            seen += [task.id for task in page.items]
            cursor = page.next_cursor
            await add(queue, priority=Priority.TRAINING)
            if cursor is None or len(seen) >= 7:
                break
        assert [task_id for task_id in seen if task_id in old] == (
            old[::-1] if order == "newest" else old
        )[: len([task_id for task_id in seen if task_id in old])]
        assert len(seen) == len(set(seen))


async def test_a_foreign_cursor_is_refused(queue: Queue) -> None:
    for cursor in ("x", "AAAA", "bmFu", "aW5m"):
        with pytest.raises(InvalidInput):
            await queue.page(TaskFilter(), 3, cursor)


async def test_labels_narrow_a_list(queue: Queue) -> None:
    wanted = await add(queue, labels={"set": "cards"})
    await add(queue, labels={"set": "other"})
    page = await queue.page(TaskFilter(labels={"set": "cards"}))
    assert [task.id for task in page.items] == [wanted.id]


async def test_cancel_all_takes_a_filter(queue: Queue) -> None:
    mine = await add(queue, run_id="r1")
    other = await add(queue, run_id="r2")
    assert len(await queue.cancel_all(TaskFilter(run_id="r1"))) == 1
    assert (await queue.get(mine.id)).status is Status.CANCELLED
    assert (await queue.get(other.id)).status is Status.PENDING


async def test_a_pause_outlives_the_process(queue: Queue) -> None:
    assert not (await queue.settings()).paused
    await queue.configure(paused=True)
    assert (await queue.settings()).paused


async def test_an_unknown_task_is_not_found(queue: Queue) -> None:
    with pytest.raises(NotFound):
        await queue.get("nobody")


async def test_changes_are_announced_only_after_they_are_committed(
    queue: Queue, announced: list[Task]
) -> None:
    with pytest.raises(InvalidInput):
        await queue.add([make(), make(params={"image": {"task": "nobody"}})])
    assert announced == []
    assert (await queue.counts())["pending"] == 0


async def _store_asset(queue: Queue, asset_id: str) -> None:
    row = {
        "id": asset_id,
        "key": "k" * 64,
        "kind": "image",
        "type": "image/png",
        "width": 1,
        "height": 1,
        "size": 1,
        "metadata": {},
        "created_at": "2026-01-01T00:00:00.000000Z",
    }
    await queue._database.write(lambda connection: connection.execute(insert(assets).values(row)))


async def test_a_text_arrives_as_itself_and_several_as_a_list(queue: Queue) -> None:
    parent = await add(queue)
    reference = {"task": parent.id, "port": "text"}
    whole = await add(queue, params={"prompt": reference})
    second = await add(queue, params={"prompt": {**reference, "index": 1}})
    picture = await add(queue, params={"image": {"task": parent.id, "port": "nothing"}})
    _, held = await claim(queue)
    texts = [{"port": "text", "kind": "text", "asset_id": None, "value": word} for word in "ab"]
    await finish(queue, held, texts)
    assert (await queue.get(whole.id)).params == {"prompt": ["a", "b"]}
    assert (await queue.get(second.id)).params == {"prompt": "b"}
    assert (await queue.get(picture.id)).status is Status.FAILED
