"""Events come from the services: a change by any API reaches the clients of every other."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from api.app import create_app
from core.settings import ROOT, Settings
from core.studio.services import Services
from core.workflows.workflow import Workflow

ADDRESS = "http://127.0.0.1"


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Services]:
    """The services of a studio, without workers."""
    folders = {"data_dir": tmp_path / "data", "workflows_dir": tmp_path / "workflows"}
    services = Services(Settings(**folders))
    services.database.migrate()
    yield services
    await services.discard()


@pytest.fixture
async def client(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(services))
    async with httpx.AsyncClient(transport=transport, base_url=ADDRESS) as client:
        yield client


class Subscriber:
    """A WebSocket client of the event stream."""

    def __init__(self, services: Services) -> None:
        self._app = create_app(services)
        self._received: asyncio.Queue[str] = asyncio.Queue()
        self._sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def run(self) -> None:
        """Stay connected until `leave`."""
        scope = {"type": "websocket", "path": "/api/ws", "scheme": "ws", "subprotocols": []}
        scope |= {"raw_path": b"", "root_path": "", "query_string": b""}
        scope |= {"headers": [(b"host", b"127.0.0.1"), (b"origin", ADDRESS.encode())]}
        self._sent.put_nowait({"type": "websocket.connect"})
        await self._app(scope, self._sent.get, self._receive)

    def leave(self) -> None:
        self._sent.put_nowait({"type": "websocket.disconnect", "code": 1000})

    async def next(self, kind: str) -> dict[str, Any]:
        """The data of the next event of a kind."""
        while (event := await self.event())["type"] != kind:
            pass
        data: dict[str, Any] = event["data"]
        return data

    async def event(self) -> dict[str, Any]:
        event: dict[str, Any] = json.loads(await asyncio.wait_for(self._received.get(), 60))
        return event

    async def _receive(self, message: Any) -> None:
        if message["type"] == "websocket.send":
            self._received.put_nowait(message["text"])


@pytest.fixture
async def subscriber(services: Services) -> AsyncIterator[Subscriber]:
    """A client that has received its first event."""
    subscriber = Subscriber(services)
    connection = asyncio.create_task(subscriber.run())
    await subscriber.next("hello")
    yield subscriber
    subscriber.leave()
    await connection


def png() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (32, 32), "red").save(file, "PNG")
    return file.getvalue()


async def test_an_asset_of_the_python_api_reaches_a_websocket(
    services: Services, client: httpx.AsyncClient, subscriber: Subscriber
) -> None:
    asset = await services.assets.upload(png())
    created = await subscriber.next("asset")
    stored = (await client.get(f"/api/assets/{asset.id}")).json()
    assert created["change"] == "created"
    assert created["asset"] == {name: stored[name] for name in created["asset"]}
    assert (await client.get(created["asset"]["url"])).content[:4] == b"\x89PNG"
    await services.assets.delete(asset.id)
    assert await subscriber.next("asset") == {**created, "change": "deleted"}


async def test_a_workflow_of_the_python_api_reaches_a_websocket(
    services: Services, subscriber: Subscriber
) -> None:
    await services.workflows.saved.put("house", Workflow())
    assert await subscriber.next("workflow") == {"name": "house", "change": "saved"}
    await services.workflows.saved.delete("house")
    assert await subscriber.next("workflow") == {"name": "house", "change": "deleted"}


async def test_a_change_by_rest_is_published_once(
    client: httpx.AsyncClient, subscriber: Subscriber
) -> None:
    sent = await client.post("/api/assets", files={"file": ("red.png", png())})
    await client.put("/api/workflows/house", json={"bricks": []})
    assert (await subscriber.next("asset"))["asset"]["id"] == sent.json()["id"]
    event = await subscriber.event()
    assert (event["type"], event["data"]) == ("workflow", {"name": "house", "change": "saved"})


def test_only_the_api_makes_addresses() -> None:
    """The REST clients are the other side of the same addresses."""
    own = set((ROOT / "core" / "studio").glob("remote*.py"))
    naming = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in (ROOT / "core").rglob("*.py")
        if path not in own
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if "/api/" in line or '"/api' in line
    ]
    assert naming == []
