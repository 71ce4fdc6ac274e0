"""A whole studio inside the test's process: real services over SQLite, workers that answer at once.

Decoders of images are shared by tests and no other process is started, so a request takes
milliseconds. `InstantExecutor` is named in the settings, like every executor.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
from fastapi import FastAPI
from PIL import Image

from api.app import create_app
from api.clients import StreamCounter
from core.errors import OutOfMemory
from core.settings import Settings
from core.store.blobs import make_blob_store
from core.store.png import encode_png
from core.studio.services import Services
from core.worker.protocol import Cancelled, Failed, Finished, Notice, Output, Progress, Start
from core.worker.testing import ScriptedExecutor
from tests.decoding import BorrowedDecoders

ADDRESS = "http://127.0.0.1"
MODULES = ("tests.operations.empty", "tests.operations.counting", "tests.operations.crash")
EXECUTOR = f"{__name__}:InstantExecutor"
SECONDS = 20.0
IDLE: list[FastAPI] = []
"""Applications of studios that have ended: their routes take longer to make than most tests."""


class InstantExecutor(ScriptedExecutor):
    """Ends `empty`, `painting`, `crash` and transient runs at once; others run until cancelled.

    `failure` is the error of `crash`; a `slow` executor ends no transient run by itself.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(lanes=("device", "cpu", "io"))
        self.free = self.workers = 1000
        self.slow = False
        self.failure: dict[str, Any] = OutOfMemory("The device has no room.").record()
        self._blobs = make_blob_store(settings.data_dir)

    async def run(self, *starts: Start) -> None:
        await super().run(*starts)
        for start in starts:
            self._begin(start)

    def _begin(self, start: Start) -> None:
        about = self.about(start)
        if start.operation == "crash":
            self.report(Failed(**about, error=self.failure))
        elif start.operation == "empty":
            value = Output(port="value", index=0, kind="json", value=start.params["value"])
            self.report(Finished(**about, outputs=(value,), timings={"compute_seconds": 0.5}))
        elif start.operation == "painting":
            images = tuple(self._image(index) for index in range(start.params["count"]))
            notice = Notice(code="painted", detail="It is only paint.")
            self.report(Finished(**about, outputs=images, warnings=(notice,)))
        elif start.transient and self.slow:
            return
        elif start.transient:
            data = b64encode(png()).decode()
            image = Output(port="image", index=0, kind="image", type="image/png", data=data)
            self.report(Finished(**about, outputs=(image,)))
        else:
            self.report(Progress(**about, phase="counting", step=1, steps=4))

    async def cancel(self, task_id: str, attempt: int) -> None:
        await super().cancel(task_id, attempt)
        if (task_id, attempt) in self._running:
            self.report(Cancelled(task_id=task_id, attempt=attempt))

    def _image(self, index: int) -> Output:
        blob = self._blobs.put(png(str(f"rgb({index}, 80, 160)")))
        return Output(
            port="image",
            index=index,
            kind="image",
            key=blob.key,
            type="image/png",
            size=blob.size,
            width=16,
            height=16,
            seed=index,
        )


def png(colour: str = "teal", side: int = 16) -> bytes:
    """A small image file."""
    return encode_png(Image.new("RGB", (side, side), colour))


def form(data: bytes, **fields: str) -> dict[str, Any]:
    """The options of a request with one file, whose body a checker of answers can read."""
    texts = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
        for name, text in fields.items()
    )
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
    content_type = "multipart/form-data; boundary=x"
    body = texts.encode() + head + data + b"\r\n--x--\r\n"
    return {"content": body, "headers": {"Content-Type": content_type}}


def data_uri(data: bytes) -> str:
    """A file as a data URI."""
    return f"data:image/png;base64,{b64encode(data).decode()}"


def settings_in(folder: Path, **more: Any) -> Settings:
    """Settings of a studio in `folder`, independent of the machine's environment."""
    values: dict[str, Any] = {
        "data_dir": folder / "data",
        "workflows_dir": folder / "workflows",
        "operation_modules": MODULES,
        "executor": EXECUTOR,
    }
    return Settings(**{**values, **more})


class InProcess:
    """A started studio and an HTTP client of its application."""

    def __init__(self, services: Services, http: httpx.AsyncClient) -> None:
        self.services = services
        self.http = http

    @property
    def executor(self) -> InstantExecutor:
        """The executor, to end what runs."""
        executor = self.services.executor
        assert isinstance(executor, InstantExecutor)
        return executor

    async def get(self, path: str, **options: Any) -> Any:
        """The body of a request that must succeed."""
        response = await self.http.get(path, **options)
        assert response.status_code == 200, response.text
        return response.json()

    async def post(self, path: str, body: Any = None, **options: Any) -> Any:
        """The body of a change that must be accepted."""
        response = await self.http.post(path, json={} if body is None else body, **options)
        assert response.is_success, response.text
        return response.json()

    async def submit(self, operation: str, **params: Any) -> str:
        """Queue a task; its ID."""
        return str((await self.post(f"/api/{operation}", params))["task_id"])

    async def ended(self, task_id: str) -> dict[str, Any]:
        """The task once it ended."""
        await self.services.tasks.wait(task_id, SECONDS)
        task: dict[str, Any] = await self.get(f"/api/tasks/{task_id}")
        assert task["status"] in ("completed", "failed", "cancelled"), task
        return task

    async def run(self, operation: str, **params: Any) -> dict[str, Any]:
        """Submit a task and return it once it ended."""
        return await self.ended(await self.submit(operation, **params))


@asynccontextmanager
async def in_process(
    folder: Path, *, token: str | None = None, **settings: Any
) -> AsyncIterator[InProcess]:
    """A studio in `folder` that is open for tasks."""
    with patch("core.studio.services.Decoders", BorrowedDecoders):
        services = Services(settings_in(folder, **settings))
    await services.start(ADDRESS)
    try:
        assert services._opening is not None
        await services._opening
        usual = token is None and not settings
        app = (
            reused(services)
            if usual and IDLE
            else create_app(services, token=token, address=ADDRESS)
        )
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=ADDRESS) as http:
            yield InProcess(services, http)
        if usual:
            IDLE.append(app)
    finally:
        await services.stop()


def reused(services: Services) -> FastAPI:
    """An idle application, now over `services`, whose settings are as usual."""
    app = IDLE.pop()
    app.state.services = services
    app.state.sockets, app.state.streams = StreamCounter(), StreamCounter()
    return app
