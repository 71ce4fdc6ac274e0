"""Requests that wait: the header, and clients that disconnect."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import ClientDisconnect, Request

from api.waiting import MAX_SECONDS, until_disconnect, wait_seconds
from core.settings import Settings
from core.studio.services import Services
from core.tasks.states import Status


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Services]:
    """The services of a studio, without workers."""
    modules = ("tests.operations.empty",)
    services = Services(Settings(data_dir=tmp_path / "data", operation_modules=modules))
    services.database.migrate()
    yield services
    await services.discard()


class Client:
    """The client's side of one request whose body has been read."""

    def __init__(self) -> None:
        self._messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.request = Request({"type": "http", "headers": []}, self._messages.get)

    def disconnect(self) -> None:
        self._messages.put_nowait({"type": "http.disconnect"})


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 0.0),
        ("", 0.0),
        ("respond-async", 0.0),
        ("wait=5", 5.0),
        ("respond-async, wait=10", 10.0),
        ("wait = 7; foo", 7.0),
        ("await=5", 0.0),
        ("wait=999999", MAX_SECONDS),
        ("wait=-1", 0.0),
    ],
)
def test_the_header_gives_the_seconds(header: str | None, seconds: float) -> None:
    assert wait_seconds(header) == seconds


async def test_the_result_comes_while_the_client_is_connected() -> None:
    client = Client()
    assert await until_disconnect(client.request, asyncio.sleep(0, "result")) == "result"


async def test_an_error_of_the_work_is_raised() -> None:
    async def fail() -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await until_disconnect(Client().request, fail())


async def test_a_disconnect_cancels_the_task_that_the_client_waits_for(services: Services) -> None:
    client = Client()
    task = await services.tasks.submit("empty", {})
    waiting = asyncio.create_task(until_disconnect(client.request, services.tasks.finish(task.id)))
    await asyncio.sleep(0)
    client.disconnect()
    with pytest.raises(ClientDisconnect):
        await waiting
    assert (await services.queue.get(task.id)).status is Status.CANCELLED


async def test_a_wait_with_a_limit_leaves_the_task_alone(services: Services) -> None:
    task = await services.tasks.submit("empty", {})
    assert not (await services.tasks.wait(task.id, 0.01)).ended
    waiting = asyncio.create_task(services.tasks.wait(task.id))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert (await services.queue.get(task.id)).status is Status.PENDING


async def test_every_wait_for_a_task_ends_with_it(services: Services) -> None:
    task = await services.tasks.submit("empty", {})
    waits = [asyncio.create_task(services.tasks.wait(task.id)) for _ in range(3)]
    await asyncio.sleep(0)
    await services.queue.cancel(task.id)
    ended = await asyncio.gather(*waits)
    assert {task.status for task in ended} == {Status.CANCELLED}
