"""The queue as users control it: over REST, with real workers."""

from typing import Any

import pytest

from tests.integration.conftest import MakeServer
from tests.integration.process import Server

INTERACTIVE, WORKFLOW, BATCH, TRAINING = 0, 10, 20, 30


def order(studio: Server) -> list[str]:
    """The ids of all waiting tasks in the order of execution."""
    params = {"order": "queue", "status": ["pending", "held"], "limit": 200}
    return [task["id"] for task in studio.get("/api/tasks", params=params)["items"]]


def started_in(studio: Server, ids: list[str]) -> list[str]:
    """The ids in the order of their starts, once all tasks are completed."""
    done = [studio.done(task_id) for task_id in ids]
    return [task["id"] for task in sorted(done, key=lambda task: task["started_at"])]


def change(studio: Server, task_id: str, **changes: Any) -> dict[str, Any]:
    answer = studio.http.patch(f"/api/tasks/{task_id}", json=changes)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.fixture
def paused(studio: Server) -> Server:
    studio.post("/api/queue/pause")
    return studio


def test_a_pause_survives_a_restart_and_running_work_goes_on(make_server: MakeServer) -> None:
    server = make_server().start()
    running = server.submit("counting", until=30)
    server.reached(running, "counting")
    assert server.post("/api/queue/pause")["paused"]
    waiting = server.submit("empty")
    server.done(running)
    server.kill()
    server.start()
    assert server.get("/api/queue")["paused"]
    server.opened()
    assert server.task(waiting)["status"] == "pending"
    assert not server.post("/api/queue/resume")["paused"]
    server.done(waiting)


def test_priorities_run_band_by_band_and_first_come_first_served(paused: Server) -> None:
    bands = [BATCH, INTERACTIVE, TRAINING, WORKFLOW, INTERACTIVE]
    ids = [paused.submit("empty_device", priority=band) for band in bands]
    expected = [ids[1], ids[4], ids[3], ids[0], ids[2]]
    assert order(paused) == expected
    paused.post("/api/queue/resume")
    assert started_in(paused, ids) == expected


def test_a_waiting_task_can_be_moved_before_another(paused: Server) -> None:
    first, second, third = [paused.submit("empty_device", value=n) for n in range(3)]
    change(paused, third, before=first)
    assert order(paused) == [third, first, second]
    change(paused, second, before=first)
    assert order(paused) == [third, second, first]
    change(paused, first, priority=INTERACTIVE)
    paused.post("/api/queue/resume")
    assert started_in(paused, [first, second, third])[0] == third


def test_moving_between_the_same_two_tasks_again_and_again_keeps_working(paused: Server) -> None:
    left, right = paused.submit("empty_device"), paused.submit("empty_device")
    between = []
    for number in range(60):  # each halves the gap, and a double has 52 bits
        between.append(paused.submit("empty_device", value=number))
        change(paused, between[-1], before=right)
    assert order(paused) == [left, *between, right]
    later = paused.submit("empty_device")
    assert order(paused)[-1] == later


def test_hold_and_lift_by_patch(studio: Server) -> None:
    task_id = studio.submit("empty", hold=True)
    assert studio.task(task_id)["status"] == "held"
    assert change(studio, task_id, held=True)["hold_reasons"] == ["user"]
    assert change(studio, task_id, held=False)["status"] in ("pending", "running", "completed")
    assert studio.done(task_id)["hold_reasons"] == []


def test_lifting_one_reason_never_lifts_another(paused: Server) -> None:
    parent = paused.submit("painting", count=1)
    child = paused.submit("measuring", image={"task": parent, "port": "image"}, hold=True)
    assert paused.task(child)["hold_reasons"] == ["user", "parent"]
    assert change(paused, child, held=False)["hold_reasons"] == ["parent"]
    assert change(paused, child, held=True)["hold_reasons"] == ["user", "parent"]
    paused.post("/api/queue/resume")
    paused.done(parent)
    assert paused.task(child)["hold_reasons"] == ["user"]
    change(paused, child, held=False)
    assert paused.done(child)["outputs"][0]["value"] == [16, 16, "RGB"]


def test_parameters_of_a_waiting_task_can_change_and_of_a_running_one_cannot(
    paused: Server,
) -> None:
    task_id = paused.submit("counting", until=100_000)
    assert change(paused, task_id, params={"until": 99_999})["params"]["until"] == 99_999
    wrong = paused.http.patch(f"/api/tasks/{task_id}", json={"params": {"until": "many"}})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "until")
    paused.post("/api/queue/resume")
    paused.reached(task_id, "counting")
    late = paused.http.patch(f"/api/tasks/{task_id}", json={"params": {"until": 5}})
    assert (late.status_code, late.json()["code"]) == (409, "conflict")


def test_a_refused_patch_changes_nothing_at_all(paused: Server) -> None:
    task_id = paused.submit("counting", until=7)
    wrong = paused.http.patch(
        f"/api/tasks/{task_id}",
        json={"params": {"until": 8}, "priority": BATCH, "before": "no such task"},
    )
    assert wrong.status_code == 404
    task = paused.task(task_id)
    assert (task["params"]["until"], task["priority"]) == (7, INTERACTIVE)


def test_a_failed_task_can_be_retried_and_a_completed_one_cannot(studio: Server) -> None:
    failed = studio.ended(studio.submit("crash", how="error"))
    studio.post("/api/queue/pause")
    again = studio.post(f"/api/tasks/{failed['id']}/retry")
    assert (again["status"], again["attempt"], again["error"]) == ("pending", 0, None)
    studio.post("/api/queue/resume")
    assert studio.ended(failed["id"])["attempt"] == 1
    done = studio.done(studio.submit("empty"))
    refused = studio.http.post(f"/api/tasks/{done['id']}/retry")
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")


def test_cancel_with_a_filter_takes_only_what_it_names(paused: Server) -> None:
    mine = [paused.submit("empty", labels={"set": "a"}) for _ in range(3)]
    other = paused.submit("empty", labels={"set": "b"})
    counting = paused.submit("counting", labels={"set": "a"})
    body = {"status": ["pending"], "operation": "empty", "labels": {"set": "a"}}
    assert paused.post("/api/tasks/cancel", body) == {"cancelled": 3}
    assert {paused.task(task_id)["status"] for task_id in mine} == {"cancelled"}
    assert order(paused) == [other, counting]


def test_cancel_all_stops_running_and_waiting_tasks(studio: Server) -> None:
    ids = [studio.submit("counting", until=100_000) for _ in range(5)]
    studio.reached(ids[0], "counting")
    assert studio.post("/api/tasks/cancel", {})["cancelled"] == 5
    assert {studio.ended(task_id, 20)["status"] for task_id in ids} == {"cancelled"}


def test_a_task_uses_another_tasks_picture(studio: Server) -> None:
    parent = studio.submit("generate", prompt="a house", num_inference_steps=2, seed=4)
    child = studio.submit(
        "img2img",
        prompt="a tree",
        image={"task": parent, "port": "image"},
        num_inference_steps=2,
        strength=0.6,
        seed=5,
    )
    assert studio.task(child)["parents"] == [parent]
    done = studio.done(child)
    source = studio.done(parent)["outputs"][0]["asset_id"]
    assert done["params"]["image"] == source
    assert [item["id"] for item in done["snapshot"]["inputs"]["image"]] == [source]
    assert done["started_at"] >= studio.task(parent)["finished_at"]


def test_several_pictures_fan_into_one_input(studio: Server) -> None:
    parent = studio.submit("painting", count=3)
    child = studio.submit("measuring", image={"task": parent, "port": "image"})
    second = studio.submit("measuring", image={"task": parent, "port": "image", "index": 1})
    fanned = studio.done(child)
    assert [output["value"] for output in fanned["outputs"]] == [[16, 16, "RGB"]] * 3
    assert [output["index"] for output in fanned["outputs"]] == [0, 1, 2]
    assert len(studio.done(second)["outputs"]) == 1


def test_a_child_of_a_failed_task_fails_with_the_reason_and_a_retry_revives_both(
    studio: Server,
) -> None:
    studio.post("/api/queue/pause")
    parent = studio.submit("crash", how="error")
    child = studio.submit("measuring", image={"task": parent, "port": "image"})
    studio.post("/api/queue/resume")
    studio.ended(parent)
    failed = studio.ended(child)
    assert failed["status"] == "failed"
    assert failed["error"]["code"] == "parent_failed"
    assert "crash" in failed["error"]["detail"]
    studio.post("/api/queue/pause")
    assert studio.post(f"/api/tasks/{child}/retry")["hold_reasons"] == ["parent"]
    assert studio.task(parent)["status"] == "pending"


def test_a_child_of_a_task_without_such_an_output_fails_and_does_not_wait_for_ever(
    studio: Server,
) -> None:
    wrong = {"port": "image", "index": 9}
    studio.post("/api/queue/pause")
    parent = studio.submit("painting", count=1)
    child = studio.submit("measuring", image={"task": parent, **wrong})
    studio.post("/api/queue/resume")
    studio.done(parent)
    assert studio.ended(child)["error"]["code"] == "parent_failed"
    late = studio.http.post("/api/measuring", json={"image": {"task": parent, **wrong}})
    assert (late.status_code, late.json()["field"]) == (422, "image")


def test_a_child_of_a_cancelled_task_is_cancelled(paused: Server) -> None:
    parent = paused.submit("painting")
    child = paused.submit("measuring", image={"task": parent, "port": "image"})
    paused.post(f"/api/tasks/{parent}/cancel")
    assert paused.ended(child)["status"] == "cancelled"


def test_an_input_from_an_unknown_task_is_refused_with_its_field(studio: Server) -> None:
    wrong = studio.http.post("/api/measuring", json={"image": {"task": "nobody"}})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "image")


def test_a_long_background_task_yields_to_an_interactive_one_and_goes_on(studio: Server) -> None:
    background = studio.submit("counting_device", until=400, pause=0.01, priority=TRAINING)
    studio.reached(background, "counting", 5)
    interactive = studio.done(studio.submit("empty_device"))
    assert studio.task(background)["status"] != "completed"
    done = studio.done(background)
    assert interactive["finished_at"] < done["finished_at"]
    assert done["attempt"] == 1
    value = done["outputs"][0]["value"]
    assert value["to"] == 400
    assert value["from"] > 0  # it went on from its checkpoint


def test_a_task_may_be_served_from_an_equal_one_only_where_it_says_so(studio: Server) -> None:
    first = studio.done(studio.submit("empty", value=77))
    again = studio.done(studio.submit("empty", value=77))
    served = studio.done(studio.submit("empty", value=77, cache=True))
    assert (first["cached"], again["cached"], served["cached"]) == (False, False, True)
    assert served["outputs"] == again["outputs"] or served["outputs"] == first["outputs"]
