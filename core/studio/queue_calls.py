"""The queue in the Python API: list, change, repeat, release and cancel tasks, pause and resume."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

from core.studio.local import LocalBackend
from core.studio.remote import RemoteBackend
from core.tasks.listing import SortOrder
from core.tasks.repetition import SeedRule

T = TypeVar("T")


class AsyncQueueCalls:
    """The methods on tasks and the queue for asyncio programs."""

    @property
    def backend(self) -> LocalBackend | RemoteBackend:
        """The backend, in this process or remote."""
        raise NotImplementedError

    async def tasks(
        self, *, order: SortOrder = "newest", limit: int = 50, **selection: Any
    ) -> list[dict[str, Any]]:
        """Tasks, newest first or in the order of the queue, up to `limit`.

        `selection`: `status` (several), `operation`, `model`, `text`, `run_id`, `project_id`.
        """
        wanted = {name: value for name, value in selection.items() if value}
        return await self.backend.tasks(wanted, order, limit)

    async def cancel(self, task_id: str) -> dict[str, Any]:
        """Cancel a task: at once while it waits, within one step while it runs."""
        return await self.backend.cancel(task_id)

    async def cancel_all(self, **selection: Any) -> int:
        """Cancel the tasks that have not ended, all or those of a selection as in `tasks`."""
        return await self.backend.cancel_matching(selection)

    async def retry_failed(self, **selection: Any) -> int:
        """Queue the failed tasks again, all or those of a selection as in `tasks`."""
        return await self.backend.retry_failed(selection)

    async def release(self, **selection: Any) -> int:
        """Release the tasks that the user or auto-run holds, all or those of a selection."""
        return await self.backend.release(selection)

    async def change(
        self, task_id: str, params: Mapping[str, Any] | None = None, **changes: Any
    ) -> dict[str, Any]:
        """Change a waiting task: `params` to replace, `before` or `after` another task, `end`
        (`top`, `bottom`), `priority`, `held`. Raises an error once it has started."""
        return await self.backend.change(task_id, changes, params)

    async def repeat(self, task_id: str, times: int = 1, seed: SeedRule = "new") -> list[str]:
        """Queue a task again as new tasks, with `new`, `next` or the `same` seeds; return IDs."""
        return await self.backend.repeat(task_id, times, seed)

    async def auto_run(self, on: bool) -> dict[str, Any]:
        """Start submitted tasks by themselves, or hold them until their release."""
        return await self.backend.configure_queue({"auto_run": on})

    async def clear_finished(self) -> dict[str, Any]:
        """Leave the ended tasks out of the queue's lists; the history keeps them."""
        return await self.backend.clear_finished()

    async def retry(self, task_id: str) -> dict[str, Any]:
        """Queue a failed or cancelled task again."""
        return await self.backend.retry(task_id)

    async def queue(self) -> dict[str, Any]:
        """Counts, running tasks, lanes, and an estimate of the remaining seconds."""
        return await self.backend.queue()

    async def pause(self) -> dict[str, Any]:
        """Pause the queue: running tasks continue, no task starts. Survives a restart."""
        return await self.backend.configure_queue({"paused": True})

    async def resume(self) -> dict[str, Any]:
        """Resume the queue."""
        return await self.backend.configure_queue({"paused": False})


class QueueCalls:
    """The methods on tasks and the queue for scripts and notebooks."""

    _inner: AsyncQueueCalls

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine of the async API and wait for it."""
        raise NotImplementedError

    def tasks(self, **selection: Any) -> list[dict[str, Any]]:
        """See `AsyncStudio.tasks`."""
        return self.call(self._inner.tasks(**selection))

    def cancel(self, task_id: str) -> dict[str, Any]:
        """See `AsyncStudio.cancel`."""
        return self.call(self._inner.cancel(task_id))

    def cancel_all(self, **selection: Any) -> int:
        """See `AsyncStudio.cancel_all`."""
        return self.call(self._inner.cancel_all(**selection))

    def retry_failed(self, **selection: Any) -> int:
        """See `AsyncStudio.retry_failed`."""
        return self.call(self._inner.retry_failed(**selection))

    def release(self, **selection: Any) -> int:
        """See `AsyncStudio.release`."""
        return self.call(self._inner.release(**selection))

    def change(
        self, task_id: str, params: Mapping[str, Any] | None = None, **changes: Any
    ) -> dict[str, Any]:
        """See `AsyncStudio.change`."""
        return self.call(self._inner.change(task_id, params, **changes))

    def repeat(self, task_id: str, times: int = 1, seed: SeedRule = "new") -> list[str]:
        """See `AsyncStudio.repeat`."""
        return self.call(self._inner.repeat(task_id, times, seed))

    def auto_run(self, on: bool) -> dict[str, Any]:
        """See `AsyncStudio.auto_run`."""
        return self.call(self._inner.auto_run(on))

    def clear_finished(self) -> dict[str, Any]:
        """See `AsyncStudio.clear_finished`."""
        return self.call(self._inner.clear_finished())

    def retry(self, task_id: str) -> dict[str, Any]:
        """See `AsyncStudio.retry`."""
        return self.call(self._inner.retry(task_id))

    def queue(self) -> dict[str, Any]:
        """See `AsyncStudio.queue`."""
        return self.call(self._inner.queue())

    def pause(self) -> dict[str, Any]:
        """See `AsyncStudio.pause`."""
        return self.call(self._inner.pause())

    def resume(self) -> dict[str, Any]:
        """See `AsyncStudio.resume`."""
        return self.call(self._inner.resume())
