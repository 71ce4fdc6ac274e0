"""Events for clients: every committed change, published on one bus for every API."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from core.errors import StudioError
from core.events import RESET, EventBus
from core.store.asset_rows import Asset
from core.studio.status import StudioStatus
from core.studio.task_service import TaskService
from core.tasks.running import RunningTask
from core.tasks.task import Task

if TYPE_CHECKING:
    from core.gallery.collections import Collection
    from core.gallery.imports import Import

QUEUE_SECONDS = 0.25
PUBLISHED = ("paused", "auto_run", "cleared_at", "counts", "eta_seconds")


class EventPublisher:
    """Publish changes as events. Used from one event loop."""

    def __init__(self, bus: EventBus, tasks: TaskService, status: StudioStatus) -> None:
        self._bus = bus
        self._tasks = tasks
        self._status = status
        self._scheduled: asyncio.TimerHandle | None = None

    def task(self, task: Task) -> None:
        """Publish a committed change of a task."""
        self._bus.publish("task", self._tasks.present(task))
        self.queue()

    def progress(self, running: RunningTask) -> None:
        """Publish the progress of a running task; slow clients receive only the newest."""
        data = {"task_id": running.task.id, "progress": running.public()}
        self._bus.publish_latest("progress", data, running.task.id)

    def lanes(self) -> None:
        """Publish the state of the workers."""
        self._bus.publish("worker", {"lanes": self._status.lanes()})

    def queue(self) -> None:
        """Publish the counts of the queue, at most once in `QUEUE_SECONDS`.

        They change with every task, and cost a query that is wasted where no client listens.
        """
        if self._scheduled is None and self._bus.subscribers:
            loop = asyncio.get_running_loop()
            self._scheduled = loop.call_later(
                QUEUE_SECONDS, lambda: loop.create_task(self._publish_queue())
            )

    def asset(self, asset: Asset, change: str) -> None:
        """Publish that an asset was `created`, `changed`, `deleted`, `restored` or `purged`."""
        self._bus.publish("asset", {"asset": asset_data(asset), "change": change})

    def assets(self, changed: Sequence[Asset], count: int, change: str) -> None:
        """Publish a change of several assets: each of them, or their number where they are many."""
        for asset in changed:
            self.asset(asset, change)
        if not changed:
            self._bus.publish("assets", {"change": change, "count": count})

    def collection(self, collection: Collection, change: str) -> None:
        """Publish that a collection was `created`, `changed` or `deleted`."""
        self._bus.publish("collection", {"collection": collection.public(), "change": change})

    def image_import(self, record: Import) -> None:
        """Publish the state of an import; slow clients receive only the newest."""
        self._bus.publish_latest("import", record.public(), f"import {record.id}")

    def dataset(self, dataset_id: str, version: int, change: str) -> None:
        """Publish that a dataset was `created`, `changed` or `deleted`, with its newest version."""
        self._bus.publish("dataset", {"id": dataset_id, "version": version, "change": change})

    def workflow(self, name: str, change: str) -> None:
        """Publish that a workflow was `saved` or `deleted`, or has a new `result`."""
        self._bus.publish("workflow", {"name": name, "change": change})

    def draft(self, draft_id: str, revision: int, origin: str) -> None:
        """Publish the newest revision of a draft, 0 for a deleted one; typing makes many."""
        data = {"id": draft_id, "revision": revision, "origin": origin}
        self._bus.publish_latest("draft", data, f"draft {draft_id}")

    def reset(self) -> None:
        """Let clients load everything anew: more has changed than single events can say."""
        self._bus.publish(RESET, {})

    def close(self) -> None:
        """Drop what is scheduled."""
        if self._scheduled is not None:
            self._scheduled.cancel()

    async def _publish_queue(self) -> None:
        self._scheduled = None
        try:
            queue = await self._status.queue()
        except StudioError:
            return  # the database is closed or away; the next change publishes again
        self._bus.publish("queue", {name: queue[name] for name in PUBLISHED})


def asset_data(asset: Asset) -> dict[str, Any]:
    """An asset as JSON, for events and for APIs."""
    return {
        "id": asset.id,
        "kind": asset.kind,
        "type": asset.type,
        "width": asset.width,
        "height": asset.height,
        "size": asset.size,
        "name": asset.name,
        "task_id": asset.task_id,
        "metadata": asset.metadata,
        "created_at": asset.created_at,
        "warnings": list(asset.warnings),
        "rating": asset.rating,
        "favourite": asset.favourite,
        "tags": list(asset.tags),
        "note": asset.note,
        "project_id": asset.project_id,
        "deleted_at": asset.deleted_at,
        "replay": asset.replay,
    }
