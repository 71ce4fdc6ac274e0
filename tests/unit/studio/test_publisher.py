"""Events of committed changes: each of a few, the number of many, and the queue once for all."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any, cast

import pytest

from core.errors import StorageUnavailable
from core.events import RESET, EventBus, Subscription
from core.gallery.collections import Collection
from core.store.asset_rows import Asset, new_asset
from core.store.blobs import Blob
from core.studio import publisher
from core.studio.publisher import PUBLISHED, EventPublisher
from core.studio.status import StudioStatus
from core.studio.task_service import TaskService
from core.tasks.task import Task


class Status:
    """The state of a studio, counted; `failures` of the next queries fail."""

    def __init__(self) -> None:
        self.queries = self.failures = 0

    def lanes(self) -> list[dict[str, Any]]:
        return [{"name": "cpu"}]

    async def queue(self) -> dict[str, Any]:
        self.queries += 1
        if self.queries <= self.failures:
            raise StorageUnavailable("The database is closed.")
        return {**dict.fromkeys(PUBLISHED), "counts": {"pending": self.queries}, "running": []}


class Tasks:
    def present(self, task: Task) -> dict[str, Any]:
        return {"id": task.id}


class Studio:
    """A publisher over a real bus."""

    def __init__(self) -> None:
        self.bus, self.status = EventBus(), Status()
        tasks = cast(TaskService, Tasks())
        self.publisher = EventPublisher(self.bus, tasks, cast(StudioStatus, self.status))


@pytest.fixture
def studio(monkeypatch: pytest.MonkeyPatch) -> Studio:
    monkeypatch.setattr(publisher, "QUEUE_SECONDS", 0)
    return Studio()


@pytest.fixture
def client(studio: Studio) -> Iterator[Subscription]:
    with studio.bus.subscribe() as subscription:
        yield subscription


async def settled() -> None:
    """Let everything run that is due."""
    for _ in range(5):
        await asyncio.sleep(0)


def taken(client: Subscription) -> list[tuple[str, dict[str, Any]]]:
    return [(event.type, event.data) for event in client.take()]


def asset() -> Asset:
    return new_asset(Blob("a" * 64, 1), kind="image", type="image/png")


async def test_many_changes_of_tasks_are_one_query_of_the_queue(
    studio: Studio, client: Subscription
) -> None:
    tasks = [Task(operation="generate", lane="device") for _ in range(3)]
    for task in tasks:
        studio.publisher.task(task)
    await settled()
    events = taken(client)
    assert events[:3] == [("task", {"id": task.id}) for task in tasks]
    [(kind, queue)] = events[3:]
    assert kind == "queue"
    assert queue.keys() == set(PUBLISHED)
    assert studio.status.queries == 1
    studio.publisher.queue()
    await settled()
    assert taken(client)[0][1]["counts"] == {"pending": 2}


async def test_without_a_client_the_queue_is_not_counted(studio: Studio) -> None:
    studio.publisher.task(Task(operation="generate", lane="device"))
    await settled()
    assert studio.status.queries == 0
    assert studio.bus.count == 1  # kept for replay


async def test_after_a_query_that_failed_the_next_change_publishes_the_queue(
    studio: Studio, client: Subscription
) -> None:
    studio.status.failures = 1
    for expected in ([], ["queue"]):
        studio.publisher.queue()
        await settled()
        assert [kind for kind, _ in taken(client)] == expected


async def test_a_closed_publisher_drops_what_is_scheduled(
    studio: Studio, client: Subscription
) -> None:
    studio.publisher.queue()
    studio.publisher.close()
    await settled()
    assert (studio.status.queries, taken(client)) == (0, [])


async def test_a_few_assets_are_events_each_and_many_are_their_number(
    studio: Studio, client: Subscription
) -> None:
    few = [asset(), asset()]
    studio.publisher.assets(few, 2, "deleted")
    assert [data["asset"]["id"] for _, data in taken(client)] == [item.id for item in few]
    studio.publisher.assets([], 500, "purged")
    assert taken(client) == [("assets", {"change": "purged", "count": 500})]


async def test_of_a_draft_that_is_typed_only_the_newest_revision_is_sent(
    studio: Studio, client: Subscription
) -> None:
    for revision in range(1, 4):
        studio.publisher.draft("wall", revision, "a tab")
    studio.publisher.draft("other", 1, "a tab")
    revisions = {data["id"]: data["revision"] for _, data in taken(client)}
    assert revisions == {"wall": 3, "other": 1}


async def test_every_other_change_names_what_has_changed(
    studio: Studio, client: Subscription
) -> None:
    collection = Collection("c", "Owls", "2026-01-01T00:00:00Z")
    studio.publisher.collection(collection, "created")
    studio.publisher.dataset("d", 2, "changed")
    studio.publisher.workflow("w", "saved")
    studio.publisher.lanes()
    studio.publisher.reset()
    assert taken(client) == [
        ("collection", {"collection": collection.public(), "change": "created"}),
        ("dataset", {"id": "d", "version": 2, "change": "changed"}),
        ("workflow", {"name": "w", "change": "saved"}),
        ("worker", {"lanes": [{"name": "cpu"}]}),
        (RESET, {}),
    ]
