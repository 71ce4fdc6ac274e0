"""An executor for servers of tests that never draw."""

from core.worker.local_executor import LocalExecutor


class LazyExecutor(LocalExecutor):
    """Real workers; one of a device starts, and imports its libraries, with its first task."""

    async def start(self) -> None:
        for workers in self._lanes.values():
            for worker in workers:
                worker.start(lazy=True)
