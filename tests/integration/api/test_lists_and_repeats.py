"""Lists, changes and repeats over HTTP, for random tasks: filters, pages, tags and keys."""

import itertools
from typing import Any

import pytest

from tests.in_process import InProcess, png

PROJECTS = (None, "a", "b")
OPERATIONS = ("empty", "painting")
COLOURS = ("red", "blue")


async def various(desk: InProcess) -> list[dict[str, Any]]:
    """Held tasks of every project, operation and label, oldest first."""
    await desk.post("/api/queue/pause")
    tasks = []
    for project, operation, colour in itertools.product(PROJECTS, OPERATIONS, COLOURS):
        options = {"project_id": project, "labels": {"colour": colour, "same": "x"}}
        task_id = await desk.submit(operation, hold=colour == "red", **options)
        tasks.append(await desk.get(f"/api/tasks/{task_id}"))
    return tasks


async def all_pages(desk: InProcess, path: str, limit: int, **query: Any) -> list[dict[str, Any]]:
    """Every item of a list, page by page, checked to be full pages of one total."""
    items: list[dict[str, Any]] = []
    cursor, total = None, None
    while True:
        more: dict[str, str] = {"cursor": cursor} if cursor else {}
        page = await desk.get(path, params={**query, "limit": limit, **more})
        assert total in (None, page["total"])
        items, cursor, total = [*items, *page["items"]], page["next_cursor"], page["total"]
        if cursor is None:
            assert len(items) == total
            return items
        assert len(page["items"]) == limit


def ids(items: list[dict[str, Any]]) -> list[str]:
    return [item["id"] for item in items]


async def test_filters_take_exactly_the_tasks_that_fit(desk: InProcess) -> None:
    tasks = await various(desk)
    choices = itertools.product(
        ("held", "pending", None), (*OPERATIONS, None), ("a", None), COLOURS
    )
    for status, operation, project, colour in choices:
        query = {"status": status, "operation": operation, "project_id": project}
        given = {name: value for name, value in query.items() if value is not None}
        fitting = [
            task["id"]
            for task in tasks
            if all(task[name] == value for name, value in given.items())
            and task["labels"]["colour"] == colour
        ]
        page = await desk.get("/api/tasks", params={**given, "label": f"colour:{colour}"})
        assert ids(page["items"]) == fitting[::-1], given
        assert page["total"] == len(fitting)


@pytest.mark.parametrize("limit", [1, 5, 12, 50])
@pytest.mark.parametrize("order", ["newest", "queue"])
async def test_pages_of_any_size_hold_every_task_once(
    desk: InProcess, order: str, limit: int
) -> None:
    tasks = ids(await various(desk))
    items = ids(await all_pages(desk, "/api/tasks", limit, order=order))
    assert items == (tasks[::-1] if order == "newest" else tasks)


async def test_two_labels_must_both_fit(desk: InProcess) -> None:
    await various(desk)
    both = {"label": ["same:x", "colour:red"]}
    assert (await desk.get("/api/tasks", params=both))["total"] == 6
    neither = {"label": ["same:x", "colour:green"]}
    assert (await desk.get("/api/tasks", params=neither))["total"] == 0


@pytest.mark.parametrize("cursor", ["x", "AAAA", "bmFu", "MSwyLDMsNA", "é"])
async def test_a_foreign_cursor_is_refused_by_its_field(desk: InProcess, cursor: str) -> None:
    response = await desk.http.get("/api/tasks", params={"cursor": cursor})
    assert response.status_code == 422
    assert response.json()["field"] == "cursor"
    assert response.json()["fix"]


@pytest.mark.parametrize("limit", [1, 2, 7])
async def test_assets_are_listed_by_task_and_by_kind(desk: InProcess, limit: int) -> None:
    uploaded = (await desk.services.assets.upload(png("red"))).id
    mask = (await desk.services.assets.upload(png("white"), kind="mask")).id
    task = await desk.run("painting", count=5)
    outputs = [output["asset_id"] for output in task["outputs"]]
    of_task = await all_pages(desk, "/api/assets", limit, task_id=task["id"])
    assert sorted(ids(of_task)) == sorted(outputs)
    assert ids(await all_pages(desk, "/api/assets", limit, kind="mask")) == [mask]
    everything = ids(await all_pages(desk, "/api/assets", limit))
    assert sorted(everything) == sorted([uploaded, mask, *outputs])


@pytest.mark.parametrize("cursor", ["x", "0", "AAAA", "8" * 26, "é", " ", "01k" + "a" * 23])
async def test_a_foreign_cursor_of_assets_is_refused_by_its_field(
    desk: InProcess, cursor: str
) -> None:
    response = await desk.http.get("/api/assets", params={"cursor": cursor})
    assert response.status_code == 422
    assert response.json()["field"] == "cursor"
    assert response.json()["fix"]


async def test_a_tag_changes_with_the_task_and_only_then(desk: InProcess) -> None:
    task_id = await desk.submit("empty", hold=True)
    path = f"/api/tasks/{task_id}"
    tag = (await desk.http.get(path)).headers["etag"]
    unchanged = await desk.http.get(path, headers={"If-None-Match": tag})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    for change in ({"priority": 20}, {"params": {"value": 7}}, {"held": False}):
        assert (await desk.http.patch(path, json=change)).status_code == 200
        changed = await desk.http.get(path, headers={"If-None-Match": tag})
        assert changed.status_code == 200, change
        assert changed.headers["etag"] != tag
        tag = changed.headers["etag"]


async def test_a_key_makes_one_task_however_often_it_is_sent(desk: InProcess) -> None:
    headers = {"Idempotency-Key": "once"}
    body = {"value": 1, "labels": {"a": "1", "b": "2"}}
    first = await desk.post("/api/empty", body, headers=headers)
    again = await desk.post("/api/empty", dict(reversed(body.items())), headers=headers)
    other = await desk.post("/api/empty", body, headers={"Idempotency-Key": "twice"})
    assert first == again != other
    assert (await desk.get("/api/tasks"))["total"] == 2


WALL = {"bricks": [{"id": "e", "type": "empty", "props": {"value": 3}}]}
OTHER_REQUESTS: list[tuple[str, dict[str, Any]]] = [
    ("/api/empty", {"value": 2}),
    ("/api/empty", {"value": 1, "labels": {"a": "b"}}),
    ("/api/empty", {}),
    ("/api/painting", {"count": 1}),
    ("/api/workflows/run", {"workflow": WALL}),
    ("/api/models/nano/unload", {}),
]


@pytest.mark.parametrize(("path", "body"), OTHER_REQUESTS)
async def test_a_key_is_refused_with_another_route_or_body(
    desk: InProcess, path: str, body: dict[str, Any]
) -> None:
    headers = {"Idempotency-Key": "once"}
    first = await desk.post("/api/empty", {"value": 1}, headers=headers)
    refused = await desk.http.post(path, json=body, headers=headers)
    assert refused.status_code == 422, refused.text
    problem = refused.json()
    assert (problem["code"], problem["field"]) == ("idempotency_key_reused", "Idempotency-Key")
    assert problem["fix"]
    assert (await desk.get("/api/tasks"))["total"] == 1
    assert await desk.post("/api/empty", {"value": 1}, headers=headers) == first


async def test_a_refused_request_leaves_its_key_free(desk: InProcess) -> None:
    headers = {"Idempotency-Key": "once"}
    refused = await desk.http.post("/api/empty", json={"value": "many"}, headers=headers)
    assert refused.status_code == 422
    await desk.post("/api/empty", {"value": 1}, headers=headers)


@pytest.mark.parametrize("first_a_run", [True, False])
async def test_a_key_never_returns_a_task_of_a_run_with_a_similar_key(
    desk: InProcess, first_a_run: bool
) -> None:
    requests = [
        ("/api/workflows/run", {"workflow": WALL}, {"Idempotency-Key": "a"}),
        ("/api/empty", {"value": 1}, {"Idempotency-Key": "a:e"}),
    ]
    (path, body, key), (other, other_body, other_key) = requests if first_a_run else requests[::-1]
    await desk.post(path, body, headers=key)
    refused = await desk.http.post(other, json=other_body, headers=other_key)
    assert refused.json()["code"] == "idempotency_key_reused"


@pytest.mark.parametrize(
    "change",
    [
        {"inputs": {"e.value": 4}},
        {"from": "e"},
        {"workflow": {"bricks": [{"id": "f", "type": "empty"}]}},
    ],
)
async def test_a_key_of_a_run_is_refused_with_another_workflow_or_input(
    desk: InProcess, change: dict[str, Any]
) -> None:
    headers = {"Idempotency-Key": "a run"}
    first = await desk.post("/api/workflows/run", {"workflow": WALL}, headers=headers)
    body = {"workflow": WALL, **change}
    refused = await desk.http.post("/api/workflows/run", json=body, headers=headers)
    assert refused.json()["code"] == "idempotency_key_reused"
    again = await desk.post("/api/workflows/run", {"workflow": WALL}, headers=headers)
    assert (again["run_id"], again["tasks"]) == (first["run_id"], first["tasks"])


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "application/json"])
async def test_a_key_with_a_body_that_the_route_does_not_read_is_no_fault(
    desk: InProcess, kind: str
) -> None:
    headers = {"Idempotency-Key": "once", "Content-Type": kind}
    for _ in range(2):
        response = await desk.http.post("/api/models/nano/unload", content=b"[1]", headers=headers)
        assert response.status_code == 202, response.text


async def test_a_waited_repeat_returns_the_result_of_the_first(desk: InProcess) -> None:
    headers = {"Idempotency-Key": "once", "Prefer": "wait=20"}
    first = await desk.http.post("/api/painting", json={"count": 2}, headers=headers)
    again = await desk.http.post("/api/painting", json={"count": 2}, headers=headers)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    assert (await desk.get("/api/assets"))["total"] == 2


async def test_cancel_takes_the_selection_and_counts_it(desk: InProcess) -> None:
    tasks = await various(desk)
    selection = {"labels": {"colour": "red"}, "project_id": "a"}
    assert await desk.post("/api/tasks/cancel", selection) == {"cancelled": 2}
    cancelled = ids((await desk.get("/api/tasks", params={"status": "cancelled"}))["items"])
    expected = [
        task["id"]
        for task in tasks
        if task["project_id"] == "a" and task["labels"]["colour"] == "red"
    ]
    assert cancelled[::-1] == expected
    assert await desk.post("/api/tasks/cancel", {}) == {"cancelled": len(tasks) - 2}
    counts = (await desk.get("/api/queue"))["counts"]
    assert {name: count for name, count in counts.items() if count} == {"cancelled": len(tasks)}


async def test_a_paused_queue_starts_nothing_until_it_resumes(desk: InProcess) -> None:
    assert (await desk.post("/api/queue/pause"))["paused"] is True
    task_id = await desk.submit("empty", value=4)
    assert (await desk.get("/api/queue"))["counts"]["pending"] == 1
    assert (await desk.post("/api/queue/resume"))["paused"] is False
    assert (await desk.ended(task_id))["outputs"][0]["value"] == 4


async def test_metrics_count_tasks_by_state_and_restarts_by_lane(desk: InProcess) -> None:
    await desk.run("empty")
    await desk.run("crash")
    lines = (await desk.http.get("/metrics")).text.splitlines()
    values = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    counts = (await desk.get("/api/queue"))["counts"]
    for status, count in counts.items():
        assert values[f'qpyt_tasks{{status="{status}"}}'] == str(count)
    assert (counts["completed"], counts["failed"]) == (1, 1)
    for lane in desk.executor.lanes():
        assert values[f'qpyt_worker_restarts_total{{lane="{lane}"}}'] == "0"
