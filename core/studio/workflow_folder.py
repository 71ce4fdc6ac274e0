"""The folder of saved workflows while the studio runs: changes of its files, thumbnails."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from core.errors import StudioError
from core.events import EventBus
from core.kinds import kind_of
from core.tasks.task import Task
from core.workflows.library import Workflows
from core.workflows.runner import LABEL

SCAN_SECONDS = 1.0
log = logging.getLogger(__name__)


class WorkflowFolder:
    """Publishes changes that other programs make, and keeps the image of each last result."""

    def __init__(self, workflows: Workflows, bus: EventBus) -> None:
        self._workflows = workflows
        self._bus = bus
        self._watching: asyncio.Task[None] | None = None
        self._thumbnails: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begin to scan the folder, while clients listen."""
        self._watching = asyncio.create_task(self._watch(), name="workflow folder")

    async def stop(self) -> None:
        """End all work."""
        work = [*self._thumbnails, *([self._watching] if self._watching else [])]
        if self._watching is not None:
            self._watching.cancel()
        await asyncio.gather(*work, return_exceptions=True)

    def task_completed(self, task: Task) -> None:
        """Keep the first image of a task as the thumbnail of its workflow.

        The last task of a run that has an image ends last, so its image stays.
        """
        name = task.labels.get(LABEL)
        image = next((item for item in task.outputs if kind_of(item["kind"]).raster), None)
        if name and image is not None and image.get("asset_id"):
            work = asyncio.ensure_future(self._keep(name, image["asset_id"]))
            self._thumbnails.add(work)
            work.add_done_callback(self._thumbnails.discard)

    async def _keep(self, name: str, asset_id: str) -> None:
        with suppress(StudioError, OSError):  # a name that no file can have, a full disk
            await self._workflows.set_thumbnail(name, asset_id)

    async def _watch(self) -> None:
        while True:
            if self._bus.subscribers:
                try:
                    await self._workflows.publish_changes()
                except OSError as error:
                    log.warning("the folder of workflows cannot be read: %s", error)
            await asyncio.sleep(SCAN_SECONDS)
