"""A dispatcher with its own database connections and a scripted executor: one server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from core.errors import ModelMissing
from core.models.library.model import Model
from core.operations.declaration.base import Operation
from core.operations.declaration.registry import Registry
from core.operations.generate import Generate
from core.settings import Settings
from core.store.database import Database
from core.tasks.batches import Batches
from core.tasks.dispatcher import Dispatcher
from core.tasks.estimate import Estimates
from core.tasks.notifier import Notifier, make_notifier
from core.tasks.queue import Queue
from core.tasks.states import Status
from core.tasks.task import Task
from core.worker.testing import ScriptedExecutor

SECONDS = 10.0


async def until(condition: Callable[[], bool]) -> None:
    """Wait until a condition is true."""
    async with asyncio.timeout(SECONDS):
        while not condition():
            await asyncio.sleep(0.005)


class Posing(Operation):
    """Runs with up to three others of the same `style`."""

    name = "posing"
    title = "Posing"
    category = "generator"
    varies_in_batch = frozenset({"pose"})

    style: str = "flat"
    pose: int = 0

    def batch_size(self, device: str, model_of: Callable[[str], Model]) -> int:
        return 4 if device == "cpu" else 1


def model_of(name: str) -> Model:
    raise ModelMissing(f"There is no model {name!r}.")


registry = Registry()
for operation in (Generate, Posing):
    registry.add(operation)


class Bench:
    """One server. `settings` add to those of a studio in `folder`."""

    def __init__(self, folder: Path, notifier: Notifier | None = None, **settings: Any) -> None:
        self.settings = Settings(data_dir=folder, **settings)
        self.database = Database(self.settings.database)
        self.database.migrate()
        self.notifier = notifier or make_notifier(self.settings)
        self.queue = Queue(self.database, self._changed, self.notifier)
        self.executor = ScriptedExecutor()
        self.news: list[tuple[str, Any]] = []
        self._watchers: list[tuple[str, Status, asyncio.Future[Task]]] = []
        self.dispatcher = Dispatcher(
            self.settings,
            self.queue,
            self.executor,
            Estimates(),
            self.notifier,
            lambda kind, about: self.news.append((kind, about)),
            {"device": frozenset({"blink"})}.get,
            Batches(registry, model_of),
        )

    def _changed(self, task: Task) -> None:
        for task_id, status, future in self._watchers:
            if (task.id, task.status) == (task_id, status) and not future.done():
                future.set_result(task)

    async def until(self, task_id: str, status: Status) -> Task:
        """The task once this server announced it in a status."""
        future: asyncio.Future[Task] = asyncio.get_running_loop().create_future()
        self._watchers.append((task_id, status, future))
        task = await self.queue.get(task_id)
        return task if task.status is status else await asyncio.wait_for(future, SECONDS)


@asynccontextmanager
async def running(*benches: Bench) -> AsyncIterator[None]:
    """Servers that are started, found no work, and are stopped at the end."""
    for bench in benches:
        await bench.dispatcher.restore()
        await bench.dispatcher.start()
    try:
        await until(lambda: not any(b.dispatcher._work or b.dispatcher._claiming for b in benches))
        yield
    finally:
        for bench in benches:
            await bench.dispatcher.stop()
            bench.database.close()
