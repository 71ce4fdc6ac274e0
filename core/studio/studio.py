"""The Python API: `Studio` for scripts and notebooks, `AsyncStudio` for asyncio programs.

    from core.studio import Studio

    with Studio() as studio:
        house = studio.generate("a red house at night", seed=7)
        studio.upscale(house, factor=2).images[0].save("house.png")

Every operation is a method (core/studio/calls.py); image fields take files, PIL images, arrays,
bytes, results and asset ids (core/studio/image_inputs.py).

If the data directory is free, the studio runs in this process, its workers as child processes. If
another process owns it, this one is a client of that studio over REST. The results are the same.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Coroutine, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from core.errors import DataDirectoryBusy, StudioError
from core.kinds import kind_of
from core.operations.declaration.fields import port_fields
from core.operations.declaration.registry import Registry, load
from core.settings import Settings
from core.studio.gallery_calls import AsyncGalleryCalls, GalleryCalls
from core.studio.image_inputs import asset_of, file_of
from core.studio.local import LocalBackend
from core.studio.operations import AsyncOperations, Operations
from core.studio.queue_calls import AsyncQueueCalls, QueueCalls
from core.studio.remote import RemoteBackend
from core.studio.results import Picture, StudioTaskError, TaskResult

if TYPE_CHECKING:
    from types import TracebackType

log = logging.getLogger(__name__)
T = TypeVar("T")
OnChange = Callable[[dict[str, Any]], None]
PATIENCE_SECONDS = 30.0  # for an owner without an address, such as another command
GOODBYE_SECONDS = 5.0
ENDED = frozenset({"completed", "failed", "cancelled"})


class AsyncStudio(AsyncQueueCalls, AsyncGalleryCalls, AsyncOperations):
    """The studio for asyncio programs. Use it as an async context manager."""

    def __init__(self, settings: Settings | None = None, **changes: Any) -> None:
        self._settings = settings or Settings(**changes)
        self._backend: LocalBackend | RemoteBackend | None = None

    @cached_property
    def registry(self) -> Registry:
        """The declarations of the operations."""
        return load(self._settings.operation_modules)

    async def __aenter__(self) -> AsyncStudio:
        await self.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def open(self) -> None:
        """Own the data directory, or connect to its owner.

        Wait up to `PATIENCE_SECONDS` for an owner without an address, such as another script.
        Raises `DataDirectoryBusy` after that.
        """
        end = time.monotonic() + PATIENCE_SECONDS
        while self._backend is None:
            local = LocalBackend(self._settings)
            try:
                await local.open()
                self._backend = local
            except DataDirectoryBusy as busy:
                await local.services.discard()
                if busy.address is not None:
                    self._backend = RemoteBackend(busy.address, self._token())
                elif time.monotonic() > end:
                    raise
                else:
                    await asyncio.sleep(0.2)

    def _token(self) -> str | None:
        path = self._settings.data_dir / "token"
        given = self._settings.token.get_secret_value().strip() if self._settings.token else ""
        if given:
            return given
        return path.read_text(encoding="utf-8").strip() if path.is_file() else None

    async def close(self) -> None:
        """Close the studio. Tasks of other clients continue where they run."""
        if self._backend is not None:
            await self._backend.close()
            self._backend = None

    @property
    def backend(self) -> LocalBackend | RemoteBackend:
        """The backend, in this process or remote. Raises `StudioError` while it is closed."""
        if self._backend is None:
            raise StudioError("The studio is not open.", fix="Use it in a `with` block.")
        return self._backend

    @property
    def owns(self) -> bool:
        """True if the studio runs in this process."""
        return isinstance(self._backend, LocalBackend)

    async def run(
        self, operation: str, *, on_change: OnChange | None = None, **params: Any
    ) -> TaskResult:
        """Run an operation and wait for it; images are uploaded. Raises `StudioTaskError`."""
        return await self.result(await self.submit(operation, **params), on_change)

    async def submit(self, operation: str, **params: Any) -> str:
        """Queue a task of an operation, as `run` does, and return its ID at once."""
        declaration = self.registry.get(operation)
        ports = port_fields(declaration) if declaration else {}
        for name, value in params.items():
            image = name in ports and kind_of(ports[name].type).raster
            if isinstance(value, list | tuple):
                params[name] = [await self._sendable(item, name, image=image) for item in value]
            else:
                params[name] = await self._sendable(value, name, image=image)
        return await self.backend.submit(operation, params)

    async def upload(self, image: Any, field: str | None = None) -> str:
        """Upload an image; return the ID of its asset. `field`: its place in an error.

        Accepted: what `core.studio.image_inputs` reads. Raises `InvalidInput`, `BadUpload`.
        """
        return str(await self._sendable(image, field or "image", image=True))

    async def _sendable(self, value: Any, field: str, *, image: bool) -> Any:
        if (
            value is None
            or isinstance(value, int | float)
            or (isinstance(value, str) and not image)
        ):
            return value
        if (asset_id := asset_of(value)) is not None:
            return asset_id
        file = await asyncio.to_thread(file_of, value, field, image=image)
        if file is None:
            return value
        try:
            return await self.backend.upload(file)
        except StudioError as error:
            if error.field == "file":  # the name in the upload; callers know their own
                error.field = field
            raise

    async def result(self, task_id: str, on_change: OnChange | None = None) -> TaskResult:
        """Wait for a task; `on_change` receives every change. A cancelled wait cancels the task."""
        try:
            task = await self._ended(task_id, on_change)
        except asyncio.CancelledError:
            await self.backend.cancel(task_id)
            raise
        if task["status"] != "completed":
            raise StudioTaskError(task)
        images = [
            Picture(
                output["asset_id"],
                await self.backend.file(output["asset_id"]),
                output["seed"],
                kind_of(output["kind"]).ending,
                output["port"],
            )
            for output in task["outputs"]
            if output.get("asset_id")
        ]
        return TaskResult(task, images)

    async def _ended(self, task_id: str, on_change: OnChange | None) -> dict[str, Any]:
        task: dict[str, Any] = {}
        while task.get("status") not in ENDED:
            task = await self.backend.changed(task_id, task)
            if on_change is not None:
                on_change(task)
        return task

    async def run_workflow(
        self,
        workflow: Any,
        inputs: Mapping[str, Any] | None = None,
        start: str | None = None,
        on_change: OnChange | None = None,
    ) -> dict[str, TaskResult]:
        """Run a workflow: its content, or the name of a saved workflow or preset.

        Return results by brick. A brick that needs a person first, as a mask does, is logged as a
        warning and has no result.
        """
        if isinstance(workflow, str):
            workflow = await self.backend.named_workflow(workflow)
        run = await self.backend.run_workflow(workflow, inputs or {}, start)
        for wait in run["waits"]:
            log.warning("%s: %s %s", wait["brick"], wait["detail"], wait["fix"])
        return {
            brick: await self.result(task_id, on_change) for brick, task_id in run["tasks"].items()
        }

    async def task(self, task_id: str) -> dict[str, Any]:
        """The current state of a task, with its snapshot. Raises `NotFound`."""
        return await self.backend.task(task_id)

    async def replay(self, image: Any, on_change: OnChange | None = None) -> dict[str, Any]:
        """Run an image again from its snapshot and return the report: `identical`, `pixels`,
        `changes`. `image`: what `upload` takes, or an asset id. Raises `StudioTaskError`."""
        task_id = await self.backend.replay(await self.upload(image))
        return dict((await self.result(task_id, on_change)).task["outputs"][0]["value"])

    async def models(self) -> list[dict[str, Any]]:
        """All models: present, incomplete, and those that can be downloaded."""
        return await self.backend.models()


class Studio(QueueCalls, GalleryCalls, Operations):
    """The studio for scripts and notebooks: an `AsyncStudio` on an event loop thread."""

    _inner: AsyncStudio

    def __init__(self, settings: Settings | None = None, **changes: Any) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="studio", daemon=True)
        self._thread.start()
        self._inner = AsyncStudio(settings, **changes)
        try:
            self.call(self._inner.open())
        except BaseException:  # whatever stopped it, the thread must not stay behind
            self._end_loop()
            raise

    def __enter__(self) -> Studio:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine of the async API and wait for it; an interrupt cancels it."""
        ended = threading.Event()

        async def watched() -> T:
            try:
                return await work
            finally:
                ended.set()

        future = asyncio.run_coroutine_threadsafe(watched(), self._loop)
        try:
            return future.result()
        except KeyboardInterrupt:
            future.cancel()
            ended.wait(GOODBYE_SECONDS)  # it cancels its task first, over what is closed next
            raise

    @property
    def asynchronous(self) -> AsyncStudio:
        """The async API; run its coroutines with `call`."""
        return self._inner

    @property
    def registry(self) -> Registry:
        """The declarations of the operations."""
        return self._inner.registry

    @property
    def owns(self) -> bool:
        """True if the studio runs in this process."""
        return self._inner.owns

    def run(self, operation: str, **params: Any) -> TaskResult:
        """See `AsyncStudio.run`."""
        return self.call(self._inner.run(operation, **params))

    def run_workflow(self, workflow: Any, **options: Any) -> dict[str, TaskResult]:
        """See `AsyncStudio.run_workflow`."""
        return self.call(self._inner.run_workflow(workflow, **options))

    def submit(self, operation: str, **params: Any) -> str:
        """See `AsyncStudio.submit`."""
        return self.call(self._inner.submit(operation, **params))

    def result(self, task_id: str, on_change: OnChange | None = None) -> TaskResult:
        """See `AsyncStudio.result`."""
        return self.call(self._inner.result(task_id, on_change))

    def upload(self, image: Any) -> str:
        """See `AsyncStudio.upload`."""
        return self.call(self._inner.upload(image))

    def task(self, task_id: str) -> dict[str, Any]:
        """See `AsyncStudio.task`."""
        return self.call(self._inner.task(task_id))

    def replay(self, image: Any, on_change: OnChange | None = None) -> dict[str, Any]:
        """See `AsyncStudio.replay`."""
        return self.call(self._inner.replay(image, on_change))

    def models(self) -> list[dict[str, Any]]:
        """See `AsyncStudio.models`."""
        return self.call(self._inner.models())

    def close(self) -> None:
        """Close the studio and end the thread. May be called twice."""
        if self._thread.is_alive():
            self.call(self._inner.close())
            self._end_loop()

    def _end_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
