"""The queue as a desk over HTTP: order, holds, edits, repetitions, snapshots."""

from typing import Any

import pytest

from tests.in_process import InProcess, in_process, png

HOUSE = {"prompt": "a red house", "seed": 7, "num_images": 2}


async def waiting(desk: InProcess) -> list[str]:
    """The ids of the waiting tasks, in their order."""
    return [task["id"] for task in (await desk.get("/api/queue/snapshot"))["waiting"]]


async def patch(desk: InProcess, task_id: str, status: int = 200, **changes: Any) -> Any:
    headers = {"If-Match": changes.pop("if_match")} if "if_match" in changes else {}
    answer = await desk.http.patch(f"/api/tasks/{task_id}", json=changes, headers=headers)
    assert answer.status_code == status, answer.text
    return answer.json()


async def paused(desk: InProcess, count: int) -> list[str]:
    await desk.post("/api/queue/pause")
    return [await desk.submit("generate", **HOUSE) for _ in range(count)]


async def test_a_task_is_moved_and_the_snapshot_has_the_order(desk: InProcess) -> None:
    a, b, c = await paused(desk, 3)
    await patch(desk, c, before=b)
    await patch(desk, a, after=b)
    assert await waiting(desk) == [c, b, a]
    await patch(desk, a, end="top")
    assert await waiting(desk) == [a, c, b]
    answer = await patch(desk, a, 422, before=b, end="top")
    assert "one of before" in answer["detail"]


async def test_tasks_are_listed_by_their_ids(desk: InProcess) -> None:
    a, _, c = await paused(desk, 3)
    listed = await desk.get(f"/api/tasks?id={a}&id={c}&id=none")
    assert [task["id"] for task in listed["items"]] == [c, a]
    assert listed["total"] == 2


async def test_an_edit_resolves_the_task_anew(desk: InProcess) -> None:
    [task_id] = await paused(desk, 1)
    before = await desk.services.queue.get(task_id)
    await patch(desk, task_id, params={"prompt": "a blue house", "width": 130})
    after = await desk.get(f"/api/tasks/{task_id}")
    assert (after["params"]["prompt"], after["params"]["seed"]) == ("a blue house", 7)
    assert after["params"]["width"] == 130
    assert after["version"] == before.version + 1
    stored = await desk.services.queue.get(task_id)
    assert stored.cache_key not in (None, before.cache_key)
    assert stored.snapshot["operation"] == "generate"
    problem = await patch(desk, task_id, 422, params={"width": 7})
    assert problem["field"] == "width"


async def test_an_edit_moves_the_task_to_the_lane_of_its_parameters(desk: InProcess) -> None:
    await desk.post("/api/queue/pause")
    image = (await desk.services.assets.upload(png())).id
    task_id = await desk.submit("upscale", image=image, method="lanczos")
    lane = (await desk.get(f"/api/tasks/{task_id}"))["lane"]
    edited = await patch(desk, task_id, params={"method": "diffusion", "prompt": "a house"})
    assert (lane, edited["lane"]) == ("cpu", "device")


@pytest.mark.parametrize("how", ["version", "if_match"])
async def test_an_edit_of_another_version_is_refused(desk: InProcess, how: str) -> None:
    [task_id] = await paused(desk, 1)
    answer = await desk.http.get(f"/api/tasks/{task_id}")
    condition = {how: answer.json()["version"] if how == "version" else answer.headers["ETag"]}
    await patch(desk, task_id, params={"seed": 1}, **condition)
    problem = await patch(desk, task_id, 409, params={"seed": 2}, **condition)
    assert (problem["code"], (await desk.get(f"/api/tasks/{task_id}"))["params"]["seed"]) == (
        "task_changed",
        1,
    )


async def test_a_task_that_runs_cannot_be_edited(desk: InProcess) -> None:
    task_id = await desk.submit("generate", **HOUSE)
    await desk.executor.next_start()
    problem = await patch(desk, task_id, 409, params={"seed": 1})
    assert problem["code"] == "conflict"
    assert problem["fix"]


async def test_tasks_are_held_while_auto_run_is_off(desk: InProcess) -> None:
    state = (await desk.http.patch("/api/queue", json={"auto_run": False})).json()
    assert (state["auto_run"], state["paused"]) == (False, False)
    held, other = [await desk.submit("generate", **HOUSE) for _ in range(2)]
    started = await desk.submit("generate", hold=False, **HOUSE)
    assert (await desk.executor.next_start()).task_id == started
    task = await desk.get(f"/api/tasks/{held}")
    assert (task["status"], task["hold_reasons"]) == ("held", ["user"])
    await desk.post(f"/api/tasks/{held}/release")
    assert (await desk.executor.next_start()).task_id == held
    assert await desk.post("/api/tasks/release", {}) == {"released": 1}
    assert (await desk.executor.next_start()).task_id == other


@pytest.mark.parametrize(
    ("rule", "seeds"), [("next", [9, 11, 13]), ("same", [7, 7, 7]), ("new", None)]
)
async def test_a_task_is_repeated_with_seeds_by_a_rule(
    desk: InProcess, rule: str, seeds: list[int] | None
) -> None:
    [task_id] = await paused(desk, 1)
    await patch(desk, task_id, priority=20)
    answer = await desk.post(f"/api/tasks/{task_id}/repeat", {"times": 3, "seed": rule})
    tasks = [await desk.get(f"/api/tasks/{new}") for new in answer["task_ids"]]
    assert {(task["params"]["prompt"], task["priority"]) for task in tasks} == {("a red house", 20)}
    made = [task["params"]["seed"] for task in tasks]
    assert made == seeds if seeds else len({7, *made}) == 4


async def test_failed_tasks_are_retried_together(desk: InProcess) -> None:
    failed = [await desk.submit("crash") for _ in range(2)]
    for task_id in failed:
        await desk.ended(task_id)
    await desk.post("/api/queue/pause")
    assert await desk.post("/api/tasks/retry", {"operation": "crash"}) == {"retried": 2}
    assert await waiting(desk) == failed


async def test_tasks_are_cancelled_by_model_and_text(desk: InProcess) -> None:
    first, second = await paused(desk, 2)
    await patch(desk, second, params={"prompt": "a blue ship"})
    assert await desk.post("/api/tasks/cancel", {"text": "SHIP"}) == {"cancelled": 1}
    page = await desk.get("/api/tasks", params={"model": "nano", "status": "pending"})
    assert [task["id"] for task in page["items"]] == [first]


async def test_a_snapshot_is_a_part_of_the_queue_with_its_number(desk: InProcess) -> None:
    tasks = await paused(desk, 5)
    page = await desk.get("/api/queue/snapshot?offset=1&limit=2")
    assert [task["id"] for task in page["waiting"]] == tasks[1:3]
    assert (page["offset"], page["counts"]["pending"], page["paused"]) == (1, 5, True)
    assert len(page["starts_in_seconds"]) == 2
    assert page["event_id"] == desk.services.bus.last_id


async def test_cleared_tasks_leave_the_snapshot_and_stay_in_the_history(desk: InProcess) -> None:
    task_id = await desk.submit("empty")
    await desk.ended(task_id)
    assert [task["id"] for task in (await desk.get("/api/queue/snapshot"))["ended"]] == [task_id]
    await desk.post("/api/queue/clear")
    assert (await desk.get("/api/queue/snapshot"))["ended"] == []
    assert [task["id"] for task in (await desk.get("/api/tasks"))["items"]] == [task_id]
    await desk.http.patch("/api/queue", json={"cleared_at": None})
    assert len((await desk.get("/api/queue/snapshot"))["ended"]) == 1


async def test_cancelled_tasks_are_in_a_snapshot_on_request_only(desk: InProcess) -> None:
    [task_id] = await paused(desk, 1)
    await desk.post(f"/api/tasks/{task_id}/cancel")
    assert (await desk.get("/api/queue/snapshot"))["ended"] == []
    assert len((await desk.get("/api/queue/snapshot?cancelled=true"))["ended"]) == 1


async def test_order_edits_and_settings_outlive_a_restart(tmp_path: Any) -> None:
    async with in_process(tmp_path) as desk:
        a, b = await paused(desk, 2)
        await patch(desk, b, end="top", params={"prompt": "a tower"})
        await desk.http.patch("/api/queue", json={"auto_run": False})
    async with in_process(tmp_path) as desk:
        assert await waiting(desk) == [b, a]
        assert (await desk.get(f"/api/tasks/{b}"))["params"]["prompt"] == "a tower"
        state = await desk.get("/api/queue")
        assert (state["paused"], state["auto_run"]) == (True, False)


async def test_every_action_of_an_alert_is_a_request_that_succeeds(desk: InProcess) -> None:
    task_id = await desk.submit("crash")
    await desk.ended(task_id)
    await paused(desk, 1)
    await desk.http.patch("/api/queue", json={"auto_run": False})
    await desk.submit("empty")
    alerts = (await desk.get("/api/system"))["alerts"]
    assert {alert["code"] for alert in alerts} == {"queue_paused", "tasks_held", "failures"}
    for alert in alerts:
        for action in alert["actions"]:
            if action["path"]:
                await desk.post(f"/api{action['path']}", action["body"])
    codes = {alert["code"] for alert in (await desk.get("/api/system"))["alerts"]}
    assert codes <= {"failures"}, "the retried task may have failed again"


async def test_recovery_routes_restart_workers_free_models_and_clean(desk: InProcess) -> None:
    system = await desk.post("/api/system/workers/device/restart")
    assert (desk.executor.restarted, "alerts" in system) == (["device"], True)
    problem = await desk.http.post("/api/system/workers/nowhere/restart")
    assert (problem.status_code, problem.json()["code"]) == (404, "not_found")
    await desk.post("/api/models/unload")
    assert (await desk.executor.next_start()).operation == "unload_model"
    assert set(await desk.post("/api/system/clean")) == {"rows", "files", "thumbnails", "partial"}
