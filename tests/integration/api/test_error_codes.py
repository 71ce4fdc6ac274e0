"""Every error code over HTTP: its status, its fields, and a request or a task that has it."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from api.clients import WRONG_TOKENS_MAX
from api.problems import MEDIA_TYPE, install
from api.server import PortBusy
from core.errors import (
    DataDirectoryBusy,
    DownloadFailed,
    ModelBroken,
    ModelMissing,
    OutOfMemory,
    ParentFailed,
    SchemaMismatch,
    StorageFull,
    StorageUnavailable,
    StudioError,
    TaskFailure,
    WorkerLost,
)
from tests.in_process import ADDRESS, InProcess, in_process, png

STARTUP = {DataDirectoryBusy.code, PortBusy.code, SchemaMismatch.code}
"""Raised before the server answers its first request."""
OF_TASKS = (TaskFailure, WorkerLost, OutOfMemory, ParentFailed, DownloadFailed, ModelBroken)
BASES = {"refused", "internal"}
"""Classes whose subclasses are raised; `internal` is also any exception that is not ours."""
FIELDS = {"type", "title", "status", "detail", "code", "field", "fix"}


def error_classes(kind: type[StudioError] = StudioError) -> Iterator[type[StudioError]]:
    """Every error of the product; those of the Python API never leave a server."""
    if kind.__module__.startswith(("core.errors", "api.")):
        yield kind
    for child in kind.__subclasses__():
        yield from error_classes(child)


ERRORS = {error.code: error for error in error_classes()}


def assert_problem(response: httpx.Response, code: str) -> dict[str, Any]:
    """The problem document of a response, checked against the class of its code."""
    body: dict[str, Any] = response.json()
    assert response.headers["content-type"] == MEDIA_TYPE
    assert body["code"] == code, body
    assert body["type"] == f"urn:qpyt:error:{code}"
    assert body["status"] == response.status_code == ERRORS[code].status
    assert body["title"] == ERRORS[code].title
    assert body["detail"]
    assert set(body) >= FIELDS
    assert set(body) <= FIELDS | {"errors", "pull"}
    return body


@pytest.mark.parametrize("error_class", ERRORS.values(), ids=lambda kind: kind.code)
async def test_a_raised_error_is_its_problem_document(error_class: type[StudioError]) -> None:
    app = FastAPI()
    install(app)

    @app.get("/")
    async def fail() -> None:
        raise error_class("It is wrong.", field="a.b", fix="Change it.")

    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=ADDRESS) as http:
        response = await http.get("/")
    body = assert_problem(response, error_class.code)
    assert (body["detail"], body["field"], body["fix"]) == ("It is wrong.", "a.b", "Change it.")
    assert ("www-authenticate" in response.headers) == (response.status_code == 401)


async def unknown_field(desk: InProcess) -> httpx.Response:
    return await desk.http.post("/api/empty", json={"no_such_field": 1})


async def key_of_another_request(desk: InProcess) -> httpx.Response:
    headers = {"Idempotency-Key": "once"}
    await desk.post("/api/empty", {"value": 1}, headers=headers)
    return await desk.http.post("/api/empty", json={"value": 2}, headers=headers)


async def not_an_image(desk: InProcess) -> httpx.Response:
    return await desk.http.post("/api/assets", files={"file": ("a.png", b"no image")})


async def circular_workflow(desk: InProcess) -> httpx.Response:
    bricks = [{"id": name, "type": "filter"} for name in ("a", "b")]
    wires = [{"from": "a.image", "to": "b.image"}, {"from": "b.image", "to": "a.image"}]
    return await desk.http.post(
        "/api/workflows/run", json={"workflow": {"bricks": bricks, "wires": wires}}
    )


async def damaged_dataset(desk: InProcess) -> httpx.Response:
    folder = desk.services.settings.data_dir / "pictures"
    folder.mkdir()
    (folder / "house.png").write_bytes(b"no image")
    return await desk.http.post("/api/train_lora", json={"dataset": str(folder)})


async def large_body(desk: InProcess) -> httpx.Response:
    return await desk.http.post("/api/empty", json={"value": "x" * 5000})


async def missing_task(desk: InProcess) -> httpx.Response:
    return await desk.http.get("/api/tasks/none")


async def retry_of_a_completed_task(desk: InProcess) -> httpx.Response:
    task = await desk.run("empty")
    return await desk.http.post(f"/api/tasks/{task['id']}/retry")


async def change_of_another_version(desk: InProcess) -> httpx.Response:
    task_id = await desk.submit("empty", hold=True)
    return await desk.http.patch(f"/api/tasks/{task_id}", json={"priority": 10, "version": 7})


async def save_over_another_version(desk: InProcess) -> httpx.Response:
    address, wall = "/api/workflows/house", {"bricks": []}
    opened = (await desk.http.put(address, json=wall)).headers["etag"]
    assert (await desk.http.get(address)).headers["etag"] == opened
    match = {"If-Match": opened}
    second = await desk.http.put(address, json={**wall, "description": "b"}, headers=match)
    assert (second.status_code, second.headers["etag"] == opened) == (200, False)
    taken = await desk.http.put(address, json=wall, headers={"If-None-Match": "*"})
    assert taken.status_code == 409
    return await desk.http.put(address, json=wall, headers=match)


async def no_token(desk: InProcess) -> httpx.Response:
    return await desk.http.get("/api/tasks", headers={"Authorization": "Bearer a guess"})


async def many_guesses(desk: InProcess) -> httpx.Response:
    for number in range(WRONG_TOKENS_MAX):
        await desk.http.get("/api/tasks", headers={"Authorization": f"Bearer guess {number}"})
    return await no_token(desk)


async def many_streams(desk: InProcess) -> httpx.Response:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("api.clients.STREAMS_PER_CLIENT", 0)
        return await desk.http.get("/api/events")


async def missing_model(desk: InProcess) -> httpx.Response:
    return await desk.http.post("/api/generate", json={"prompt": "a house", "model": "flux-dev"})


async def other_host(desk: InProcess) -> httpx.Response:
    return await desk.http.get("/api/health", headers={"Host": "evil.example"})


async def other_site(desk: InProcess) -> httpx.Response:
    return await desk.http.post("/api/empty", json={}, headers={"Origin": "http://evil.example"})


async def wrong_method(desk: InProcess) -> httpx.Response:
    return await desk.http.delete("/api/tasks")


async def guarded_setting(desk: InProcess) -> httpx.Response:
    return await desk.http.patch("/api/settings", json={"host": "0.0.0.0"})


async def wrong_type(desk: InProcess) -> httpx.Response:
    return await desk.http.post("/api/empty", content="{}", headers={"Content-Type": "text/plain"})


async def replaced_transient(desk: InProcess) -> httpx.Response:
    image = (await desk.services.assets.upload(png())).id
    body = {"image": image, "transient": True, "slot": "slider"}
    desk.executor.slow = True
    first = asyncio.create_task(desk.http.post("/api/filter", json=body))
    await desk.executor.next_start()
    desk.executor.slow = False
    assert (await desk.http.post("/api/filter", json=body)).status_code == 200
    return await first


def _full(*_: Any) -> None:
    raise StorageFull("The disk has no room.")


def _gone(*_: Any, **__: Any) -> None:
    raise StorageUnavailable("The data folder cannot be used.")


async def full_disk(desk: InProcess) -> httpx.Response:
    desk.services.assets.blobs.check_disk_space = _full  # type: ignore[method-assign, assignment]
    return await desk.http.post("/api/empty", json={})


async def lost_disk(desk: InProcess) -> httpx.Response:
    desk.services.database.read = _gone  # type: ignore[method-assign, assignment]
    return await desk.http.get("/api/tasks")


REQUESTS: dict[str, Callable[[InProcess], Awaitable[httpx.Response]]] = {
    "idempotency_key_reused": key_of_another_request,
    "invalid_input": unknown_field,
    "bad_upload": not_an_image,
    "invalid_workflow": circular_workflow,
    "invalid_dataset": damaged_dataset,
    "too_large": large_body,
    "not_found": missing_task,
    "conflict": retry_of_a_completed_task,
    "task_changed": change_of_another_version,
    "workflow_changed": save_over_another_version,
    "superseded": replaced_transient,
    "token_required": no_token,
    "too_many_tokens": many_guesses,
    "too_many_streams": many_streams,
    "model_missing": missing_model,
    "host_refused": other_host,
    "origin_refused": other_site,
    "wrong_method": wrong_method,
    "wrong_type": wrong_type,
    "setting_guarded": guarded_setting,
    "storage_full": full_disk,
    "storage_unavailable": lost_disk,
}


def test_every_code_is_reached_by_a_request_a_task_or_a_start() -> None:
    of_tasks = {error.code for error in OF_TASKS}
    assert set(REQUESTS) | of_tasks | STARTUP | BASES == set(ERRORS)


@pytest.mark.parametrize("code", REQUESTS)
async def test_a_request_receives_the_code(code: str, tmp_path: Path) -> None:
    token = "secret" if code in ("token_required", "too_many_tokens") else None
    async with in_process(tmp_path, token=token, max_body_bytes=4096) as desk:
        body = assert_problem(await REQUESTS[code](desk), code)
    if code == "invalid_input":
        assert (body["field"], body["errors"][0]["field"]) == ("no_such_field", "no_such_field")
    if code == "model_missing":
        assert body["field"] == "model"


@pytest.mark.parametrize("error_class", OF_TASKS, ids=lambda kind: kind.code)
async def test_a_task_keeps_the_error_that_ended_it(
    desk: InProcess, error_class: type[StudioError]
) -> None:
    desk.executor.failure = error_class("It is wrong.", field="width").record()
    task = await desk.run("crash")
    assert task["status"] == "failed"
    assert task["error"] == {
        "code": error_class.code,
        "title": error_class.title,
        "detail": "It is wrong.",
        "field": "width",
        "fix": error_class.fix,
    }


async def test_the_downloads_of_a_missing_model_reach_the_client(desk: InProcess) -> None:
    response = await desk.http.post(
        "/api/generate", json={"prompt": "a house", "model": "flux2-klein-4b"}
    )
    body = assert_problem(response, ModelMissing.code)
    catalogue = {model["id"]: model for model in (await desk.get("/api/models"))["items"]}
    assert body["pull"]
    for download in body["pull"]:
        assert set(download) == {"id", "label", "bytes"}
        assert download["id"] in catalogue


async def test_an_exception_that_is_no_studio_error_says_nothing_of_its_cause(
    desk: InProcess,
) -> None:
    async def broken() -> None:
        raise RuntimeError("a secret path")

    desk.services.status.queue = broken  # type: ignore[method-assign, assignment]
    response = await desk.http.get("/api/queue")
    body = assert_problem(response, "internal")
    assert "secret" not in json.dumps(body)
    assert "log" in body["fix"]
