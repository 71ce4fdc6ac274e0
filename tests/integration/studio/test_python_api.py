"""The Python API: beside a server it answers as it does alone, over HTTP instead of in process."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from api.app import create_app
from api.server import bind
from core.errors import BadUpload, InvalidInput, OutOfMemory, StudioError
from core.settings import Settings
from core.studio import AsyncStudio, StudioTaskError, TaskResult
from core.studio.remote import RemoteBackend, RemoteError
from core.studio.services import Services
from core.workflows.library import Workflows
from core.workflows.workflow import Workflow
from tests.in_process import png, settings_in

TOKEN = "a token for this test"
CHANGING = {"id", "created_at", "started_at", "finished_at", "timings", "snapshot", "asset_id"}
CHANGING |= {"url", "thumbnail_url", "task_id"}


@asynccontextmanager
async def serving(settings: Settings, token: str | None = None) -> AsyncIterator[Services]:
    """A server on a free port, in this event loop; it owns the data directory."""
    socket = bind("127.0.0.1", 0)
    address = f"http://127.0.0.1:{socket.getsockname()[1]}"
    services = Services(settings)
    app = create_app(services, token=token, address=address)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=1))
    serving = asyncio.create_task(server._serve([socket]))
    while not server.started:
        await asyncio.sleep(0.01)
    yield services
    server.should_exit = True
    await serving
    services.lock.release()


@pytest.fixture(params=["alone", "beside a server"])
async def studio(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AsyncStudio]:
    """The same API twice."""
    settings = settings_in(tmp_path)
    if request.param == "alone":
        async with AsyncStudio(settings) as studio:
            assert studio.owns
            yield studio
    else:
        async with serving(settings), AsyncStudio(settings) as studio:
            assert not studio.owns
            yield studio


async def of_both(folder: Path, question: Callable[[AsyncStudio], Awaitable[Any]]) -> list[Any]:
    """The answers to a question, alone and beside a server."""
    async with AsyncStudio(settings_in(folder / "alone")) as studio:
        alone = await question(studio)
    settings = settings_in(folder / "beside")
    async with serving(settings), AsyncStudio(settings) as studio:
        return [alone, await question(studio)]


def lasting(data: Any) -> Any:
    """JSON without what differs between two runs and without addresses, which only REST adds."""
    if isinstance(data, dict):
        return {name: lasting(item) for name, item in data.items() if name not in CHANGING}
    return [lasting(item) for item in data] if isinstance(data, list) else data


async def test_a_task_is_the_same_record_both_ways(tmp_path: Path) -> None:
    async def question(studio: AsyncStudio) -> Any:
        return lasting((await studio.run("painting", count=2)).task)

    alone, beside = await of_both(tmp_path, question)
    assert alone == beside
    assert len(alone["outputs"]) == 2


async def test_images_are_the_same_bytes_both_ways(tmp_path: Path) -> None:
    async def question(studio: AsyncStudio) -> list[tuple[bytes, int | None, str]]:
        result = await studio.run("painting", count=3)
        return [(image.png, image.seed, image.ending) for image in result.images]

    alone, beside = await of_both(tmp_path, question)
    assert alone == beside
    assert [seed for _, seed, _ in alone] == [0, 1, 2]


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("empty", {"value": "no number"}),
        ("empty", {"no_such_field": 1}),
        ("filter", {"image": "no such asset"}),
        ("generate", {"prompt": "a house", "width": -1, "height": "tall"}),
        ("generate", {"prompt": "a house", "model": "absent"}),
    ],
)
async def test_a_refusal_is_the_same_both_ways(
    operation: str, params: dict[str, Any], tmp_path: Path
) -> None:
    async def question(studio: AsyncStudio) -> Any:
        with pytest.raises(StudioError) as refusal:
            await studio.run(operation, **params)
        error = refusal.value
        code = error.remote_code if isinstance(error, RemoteError) else error.code
        return code, error.detail, error.field, error.fix, error.errors

    alone, beside = await of_both(tmp_path, question)
    assert alone == beside


async def test_a_failed_task_raises_its_error(studio: AsyncStudio) -> None:
    with pytest.raises(StudioTaskError) as failure:
        await studio.run("crash")
    assert failure.value.detail == "The device has no room."
    assert failure.value.fix == OutOfMemory.fix
    assert failure.value.task["error"]["code"] == OutOfMemory.code


async def test_a_cancelled_wait_cancels_its_task(studio: AsyncStudio) -> None:
    changes: list[dict[str, Any]] = []
    running = asyncio.create_task(studio.run("counting", on_change=changes.append))
    async with asyncio.timeout(20):
        while not any(change["status"] == "running" for change in changes):
            await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    task_id = changes[0]["id"]
    with pytest.raises(StudioTaskError, match="cancelled"):
        await studio.result(task_id)


async def test_every_change_is_reported_up_to_the_last(studio: AsyncStudio) -> None:
    changes: list[dict[str, Any]] = []
    result = await studio.run("empty", value=3, on_change=changes.append)
    assert changes[-1] == result.task
    assert [change["status"] for change in changes].count("completed") == 1
    assert result.task["outputs"][0]["value"] == 3
    assert result.images == []


async def test_a_file_is_uploaded_and_named_by_its_asset(
    studio: AsyncStudio, tmp_path: Path
) -> None:
    path = tmp_path / "red.png"
    path.write_bytes(png("red"))
    changes: list[dict[str, Any]] = []
    running = asyncio.create_task(studio.run("measuring", image=path, on_change=changes.append))
    async with asyncio.timeout(20):
        while not changes:
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.wait({running})
    assert await studio.backend.file(changes[0]["params"]["image"]) == path.read_bytes()


async def test_a_file_that_cannot_be_read_is_refused_under_its_field(
    studio: AsyncStudio, tmp_path: Path
) -> None:
    for path in (tmp_path / "absent.png", tmp_path):
        with pytest.raises(InvalidInput) as refusal:
            await studio.run("measuring", image=path)
        assert refusal.value.field == "image"
        assert str(path) in refusal.value.detail


WALL = {
    "bricks": [
        {"id": "paint", "type": "painting", "props": {"count": 1}},
        {"id": "number", "type": "empty", "props": {"value": 4}},
    ]
}


async def test_a_workflow_returns_a_result_for_each_brick(studio: AsyncStudio) -> None:
    results = await studio.run_workflow(WALL, inputs={"number.value": 9})
    assert set(results) == {"paint", "number"}
    assert results["number"].task["outputs"][0]["value"] == 9
    assert len(results["paint"].images) == 1


async def test_from_a_brick_on_the_others_do_not_run(studio: AsyncStudio) -> None:
    assert set(await studio.run_workflow(WALL, start="number")) == {"number"}


async def test_a_workflow_that_is_not_there_is_not_found(studio: AsyncStudio) -> None:
    with pytest.raises(StudioError) as refusal:
        await studio.run_workflow("no such workflow")
    assert "no such workflow" in refusal.value.detail


async def test_a_saved_workflow_runs_by_its_name(studio: AsyncStudio, tmp_path: Path) -> None:
    folder = tmp_path / "workflows"
    folder.mkdir(exist_ok=True)
    name = "Häuser & Bäume"
    await Workflows(folder, tmp_path).put(name, Workflow.model_validate(WALL))
    results = await studio.run_workflow(name)
    assert set(results) == {"paint", "number"}


async def test_a_brick_that_needs_a_person_is_logged(
    studio: AsyncStudio, caplog: pytest.LogCaptureFixture
) -> None:
    bricks = [
        {"id": "paint", "type": "painting", "column": 0},
        {"id": "mask", "type": "mask_painter", "column": 1},
        {"id": "inpaint", "type": "inpaint", "column": 2, "props": {"prompt": "a house"}},
    ]
    wires = [
        {"from": "paint.image", "to": "mask.image"},
        {"from": "paint.image", "to": "inpaint.image"},
        {"from": "mask.mask", "to": "inpaint.mask"},
    ]
    with caplog.at_level(logging.WARNING, logger="core.studio.studio"):
        results = await studio.run_workflow({"bricks": bricks, "wires": wires})
    assert set(results) == {"paint"}
    assert any(record.message.startswith("inpaint: ") for record in caplog.records)


async def test_the_state_of_the_studio_has_the_same_parts_both_ways(tmp_path: Path) -> None:
    async def question(studio: AsyncStudio) -> Any:
        return parts(json.loads(json.dumps(await studio.backend.system())))

    alone, beside = await of_both(tmp_path, question)
    assert alone == beside


def parts(data: Any) -> Any:
    """The names of a JSON document at every depth, and the types of its values."""
    if isinstance(data, dict):
        return {name: parts(value) for name, value in data.items()}
    return [parts(item) for item in data] if isinstance(data, list) else type(data).__name__


async def test_a_closed_studio_refuses_and_may_be_closed_twice(tmp_path: Path) -> None:
    studio = AsyncStudio(settings_in(tmp_path))
    with pytest.raises(StudioError, match="not open") as refusal:
        await studio.run("empty")
    assert refusal.value.fix
    await studio.open()
    await studio.close()
    await studio.close()
    assert not studio.owns


async def test_a_client_sends_the_token_of_the_settings_or_of_the_folder(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    async with serving(settings, token=TOKEN):
        async with AsyncStudio(settings) as studio:
            with pytest.raises(RemoteError, match="token"):
                await studio.run("empty")
        async with AsyncStudio(settings_in(tmp_path, token=TOKEN)) as studio:
            assert (await studio.run("empty")).task["status"] == "completed"
        (settings.data_dir / "token").write_text(f"{TOKEN}\n", encoding="utf-8")
        async with AsyncStudio(settings) as studio:
            assert (await studio.run("empty")).task["status"] == "completed"


async def test_a_server_that_is_gone_is_named(tmp_path: Path) -> None:
    backend = RemoteBackend("http://127.0.0.1:9")
    with pytest.raises(RemoteError, match="does not answer") as failure:
        await backend.task("any")
    assert failure.value.fix
    await backend.close()


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"detail": null}'])
def test_an_answer_that_is_no_problem_document_is_an_error_with_its_status(body: bytes) -> None:
    error = RemoteError.of(httpx.Response(502, content=body))
    assert (error.detail, error.remote_code) == ("HTTP 502", RemoteError.code)


async def test_a_result_is_saved_as_the_bytes_that_were_stored(
    studio: AsyncStudio, tmp_path: Path
) -> None:
    result: TaskResult = await studio.run("painting")
    path = result.images[0].save(tmp_path / "new" / "folder" / "one.png")
    assert path.read_bytes() == result.images[0].png
    assert result.images[0].image.size == (16, 16)


async def test_a_file_that_is_no_image_is_refused_under_its_field(studio: AsyncStudio) -> None:
    with pytest.raises(StudioError) as refusal:
        await studio.run("measuring", image=b"no image")
    assert refusal.value.field == "image"


async def test_an_upload_of_no_image_is_refused(studio: AsyncStudio) -> None:
    with pytest.raises(StudioError) as refusal:
        await studio.backend.upload(b"no image")
    error = refusal.value
    code = error.remote_code if isinstance(error, RemoteError) else error.code
    assert code == BadUpload.code


async def test_the_queue_is_paused_listed_cancelled_and_resumed(studio: AsyncStudio) -> None:
    assert (await studio.pause())["paused"]
    task_ids = [await studio.submit("empty", value=number) for number in range(3)]
    assert (await studio.queue())["counts"]["pending"] == 3
    assert (await studio.cancel(task_ids[0]))["status"] == "cancelled"
    assert await studio.cancel_all() == 2
    listed = await studio.tasks(status=["cancelled"], operation="empty", limit=2)
    assert [task["id"] for task in listed] == task_ids[:0:-1]
    assert not (await studio.resume())["paused"]
    await studio.retry(task_ids[0])
    assert (await studio.result(task_ids[0])).task["status"] == "completed"


async def test_the_models_are_listed_both_ways(studio: AsyncStudio) -> None:
    assert "nano" in [model["id"] for model in await studio.models()]


async def test_tasks_are_held_edited_moved_repeated_and_released_both_ways(
    studio: AsyncStudio,
) -> None:
    assert not (await studio.auto_run(False))["auto_run"]
    first, second = [await studio.submit("empty", value=number) for number in range(2)]
    await studio.change(second, {"value": 7}, before=first)
    [copy] = await studio.repeat(second)
    queued = await studio.tasks(status=["held"], order="queue")
    assert [task["id"] for task in queued] == [second, first, copy]
    assert [task["params"]["value"] for task in queued] == [7, 0, 7]
    await studio.auto_run(True)
    assert (await studio.change(second, held=False))["hold_reasons"] == []
    assert await studio.release(operation="empty") == 2
    assert (await studio.result(copy)).task["outputs"][0]["value"] == 7
    failed = await studio.submit("crash")
    with pytest.raises(StudioTaskError):
        await studio.result(failed)
    assert await studio.retry_failed(text="crash") == 1
    assert (await studio.clear_finished())["cleared_at"]
