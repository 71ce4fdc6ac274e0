"""Runs of workflows over HTTP: by name, with inputs, waited for."""

from typing import Any

import pytest

from tests.in_process import InProcess

WALL = {
    "bricks": [
        {"id": "first", "type": "empty", "props": {"value": 3}},
        {"id": "paint", "type": "painting", "props": {"count": 2}},
    ]
}


async def saved(desk: InProcess, name: str = "wall", wall: dict[str, Any] = WALL) -> str:
    """The address that runs a saved workflow."""
    response = await desk.http.put(f"/api/workflows/{name}", json=wall)
    assert response.status_code == 201, response.text
    return f"/api/workflows/{name}/run"


async def test_a_preset_runs_by_its_name(desk: InProcess) -> None:
    await desk.post("/api/queue/pause")
    body = {"inputs": {"prompt.prompt": "a yellow castle"}}
    run = await desk.post("/api/workflows/first-picture/run", body)
    (task_id,) = run["tasks"].values()
    task = await desk.get(f"/api/tasks/{task_id}")
    assert task["params"]["prompt"] == "a yellow castle"


async def test_a_saved_workflow_runs_in_place_of_the_preset_of_its_name(desk: InProcess) -> None:
    run = await desk.post(await saved(desk, "first-picture"))
    assert set(run["tasks"]) == {"first", "paint"}


async def test_an_unknown_name_is_not_found_with_the_nearest(desk: InProcess) -> None:
    await saved(desk, "winter house")
    for name, nearest in (("first-pictur", "first-picture"), ("winter", "winter house")):
        response = await desk.http.post(f"/api/workflows/{name}/run", json={})
        assert response.status_code == 404
        assert name in response.json()["detail"]
        assert response.json()["fix"] == f"Did you mean '{nearest}'?"


@pytest.mark.parametrize("path", ["/api/workflows/run", "saved"])
async def test_an_unknown_input_is_refused_with_the_nearest_name(
    desk: InProcess, path: str
) -> None:
    address = await saved(desk) if path == "saved" else path
    body = {"inputs": {"first.valeu": 4}} | ({} if path == "saved" else {"workflow": WALL})
    response = await desk.http.post(address, json=body)
    assert response.status_code == 422
    problem = response.json()
    assert (problem["field"], problem["fix"]) == (
        "inputs.first.valeu",
        "Did you mean 'first.value'?",
    )
    assert (await desk.get("/api/tasks"))["total"] == 0


@pytest.mark.parametrize("prefer", ["wait=20", 'Wait="20"', "respond-async, wait=20"])
async def test_a_waited_run_returns_the_results_of_all_its_bricks(
    desk: InProcess, prefer: str
) -> None:
    response = await desk.http.post(await saved(desk), headers={"Prefer": prefer})
    assert response.status_code == 200, response.text
    assert response.headers["preference-applied"] == "wait=20"
    run = response.json()
    assert response.headers["location"] == run["status_url"]
    assert {brick: task["id"] for brick, task in run["results"].items()} == run["tasks"]
    assert {task["status"] for task in run["results"].values()} == {"completed"}
    assert run["results"]["first"]["outputs"][0]["value"] == 3
    assert run["results"]["paint"]["snapshot"]["operation"] == "painting"


async def test_a_failed_brick_ends_the_wait_with_its_error(desk: InProcess) -> None:
    wall = {"bricks": [{"id": "c", "type": "crash", "props": {}}]}
    body = {"workflow": wall}
    run = await desk.http.post("/api/workflows/run", json=body, headers={"Prefer": "wait=20"})
    assert run.status_code == 200
    assert run.json()["results"]["c"]["error"]["code"] == "out_of_memory"


async def test_a_run_that_does_not_end_in_time_is_accepted(desk: InProcess) -> None:
    await desk.post("/api/queue/pause")
    response = await desk.http.post(await saved(desk), headers={"Prefer": "wait=1"})
    assert response.status_code == 202
    assert response.headers["preference-applied"] == "wait=1"
    assert set(response.json()) == {"run_id", "tasks", "waits", "status_url"}


@pytest.mark.parametrize(
    ("prefer", "applied"),
    [
        ("respond-async", "respond-async"),
        ("respond-async, wait=1", "respond-async, wait=1"),
        ("wait=1", "wait=1"),
        ("return=minimal", None),
        ("wait=soon", None),
        (None, None),
    ],
)
@pytest.mark.parametrize(
    ("path", "body"), [("/api/empty", {}), ("/api/workflows/run", {"workflow": WALL})]
)
async def test_the_preferences_that_were_honoured_are_named(
    desk: InProcess, path: str, body: dict[str, Any], prefer: str | None, applied: str | None
) -> None:
    await desk.post("/api/queue/pause")
    headers = {"Prefer": prefer} if prefer else {}
    response = await desk.http.post(path, json=body, headers=headers)
    assert response.status_code == 202
    assert response.headers.get("preference-applied") == applied


async def test_an_unload_can_be_waited_for(desk: InProcess) -> None:
    await desk.post("/api/queue/pause")
    path = "/api/models/nano/unload"
    response = await desk.http.post(path, headers={"Prefer": "wait=1"})
    assert (response.status_code, response.headers["preference-applied"]) == (202, "wait=1")
