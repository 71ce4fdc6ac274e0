"""Links: the addresses that the API adds to what the services return."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from core.events import Event
from core.gallery.collections import Collection
from core.gallery.gallery import DuplicatePage, Gallery
from core.gallery.gallery import Facets as GalleryFacets
from core.gallery.items import GalleryItem
from core.operations.declaration.registry import Registry
from core.store.asset_rows import Asset
from core.store.lineage import ParentAsset
from core.studio.gallery_records import described
from core.studio.publisher import asset_data
from core.tasks.transient import TransientResult
from core.workflows.runner import WorkflowRun

if TYPE_CHECKING:
    from api.document.assets import Asset as AssetRecord
    from api.document.gallery import Collection as CollectionRecord
    from api.document.gallery import Duplicates, Facets
    from api.document.models import Lora
    from api.document.queue import QueueSnapshot, QueueState
    from api.document.tasks import Accepted, Task, TransientOutput
    from api.document.workflows import Run, SavedWorkflow

Data = Mapping[str, Any]


def accepted(task_id: str) -> Accepted:
    """The answer to a request that was queued."""
    return {"task_id": task_id, "status_url": task_url(task_id)}


def run(workflow_run: WorkflowRun) -> Run:
    """A queued workflow, with the address that lists its tasks."""
    data = workflow_run.public()
    return cast("Run", {**data, "status_url": f"/api/tasks?run_id={workflow_run.run_id}"})


def workflow(data: Data) -> SavedWorkflow:
    """A saved workflow with the address of the image of its last result."""
    asset_id, rest = data["thumbnail"], {key: data[key] for key in data if key != "thumbnail"}
    url = f"/api/assets/{asset_id}/thumbnail" if asset_id else None
    return cast("SavedWorkflow", {**rest, "thumbnail_url": url})


def task(data: Data) -> Task:
    """A task with the addresses of its outputs and of its preview."""
    links = {
        "outputs": [_output(output) for output in data["outputs"]],
        "progress": _progress(data["id"], data["progress"]),
    }
    return cast("Task", {**data, **links})


def queue(data: Data) -> QueueState:
    """The state of the queue, its running tasks with their addresses."""
    running = [task(running) for running in data["running"]]
    return cast("QueueState", {**data, "running": running})


def snapshot(data: Data) -> QueueSnapshot:
    """A snapshot of the queue, its tasks with their addresses."""
    lists = ("running", "waiting", "ended")
    tasks = {name: [task(item) for item in data[name]] for name in lists}
    return cast("QueueSnapshot", {**data, **tasks})


def asset(item: GalleryItem) -> AssetRecord:
    """An asset with the addresses of its file and thumbnail."""
    return cast("AssetRecord", {**_asset(asset_data(item.asset)), **described(item)})


def asset_detail(
    item: GalleryItem, parents: Sequence[ParentAsset], children: Sequence[Asset]
) -> AssetRecord:
    """An asset with its lineage."""
    lineage = {
        "parents": [{"port": parent.port, **_relative(parent.asset)} for parent in parents],
        "children": [_relative(child) for child in children],
    }
    return cast("AssetRecord", {**asset(item), **lineage})


def duplicates(page: DuplicatePage) -> Duplicates:
    """A page of groups of duplicates; what was deleted meanwhile is left out."""
    items = [
        {
            "kind": group.kind,
            "members": [
                {"asset": asset(page.items[asset_id]), "distance": distance}
                for asset_id, distance in group.members
                if asset_id in page.items
            ],
        }
        for group in page.groups
    ]
    rest = {name: getattr(page, name) for name in ("next_cursor", "total", "analysing")}
    return cast("Duplicates", {"items": items, **rest})


def facets(
    counted: GalleryFacets, gallery: Gallery, registry: Registry, collections: Sequence[Collection]
) -> Facets:
    """The counts of a filter, their values with labels, in the order that people read."""
    data = {name: getattr(counted, name) for name in ("total", "all", "trash", "favourites")}
    names = {collection.id: collection.name for collection in collections}
    labels: dict[str, Callable[[str], str]] = {
        "collection": lambda collection_id: names.get(collection_id, collection_id),
        "model": gallery.label_of_model,
        "operation": partial(_operation_label, registry),
    }
    values = {
        name: [
            {"value": value, "label": labels.get(name, str)(value), "count": count}
            for value, count in sorted(counts, key=_ORDERS.get(name, _by_count))[:FACET_VALUES]
        ]
        for name, counts in counted.facets.items()
    }
    months = [{"month": month.name, "count": month.count} for month in counted.months]
    rest = {"facets": values, "months": months, "indexing": counted.indexing}
    return cast("Facets", {**data, **rest})


def collection(stored: Collection) -> CollectionRecord:
    """A collection with the address of its newest image."""
    return cast("CollectionRecord", _collection(stored.public()))


def lora(data: Data) -> Lora:
    """A LoRA with the address of its image; null where it has none."""
    rest = {name: value for name, value in data.items() if name != "has_thumbnail"}
    url = f"/api/loras/{quote(data['id'], safe='')}/thumbnail" if data["has_thumbnail"] else None
    return cast("Lora", {**rest, "thumbnail_url": url})


def transient(result: TransientResult) -> list[TransientOutput]:
    """The outputs of a transient run, with the addresses of those that are files."""
    address = f"/api/transient/{result.id}"
    outputs = [
        {**output, "url": f"{address}/{place}" if place in result.files else None}
        for place, output in enumerate(result.outputs)
    ]
    return cast("list[TransientOutput]", outputs)


def event(published: Event) -> dict[str, Any]:
    """An event as JSON, its data with addresses."""
    add_links = _EVENT_LINKS.get(published.type, dict)
    return {"id": published.id, "type": published.type, "data": add_links(published.data)}


def task_url(task_id: str) -> str:
    """The address of a task."""
    return f"/api/tasks/{task_id}"


def _collection(data: Data) -> dict[str, Any]:
    rest = {name: value for name, value in data.items() if name != "cover"}
    url = _asset_links(data["cover"])["thumbnail_url"] if data["cover"] else None
    return {**rest, "cover_url": url}


def _relative(asset: Asset) -> dict[str, str]:
    return {"id": asset.id, "thumbnail_url": _asset_links(asset.id)["thumbnail_url"]}


def _operation_label(registry: Registry, name: str) -> str:
    operation = registry.get(name)
    return operation.title if operation else name.replace("_", " ").capitalize()


def _by_count(counted: tuple[str, int]) -> Any:
    return -counted[1], counted[0]


def _by_value(counted: tuple[str, int]) -> Any:
    return -int(counted[0])


_ORDERS: dict[str, Callable[[tuple[str, int]], Any]] = {"rating": _by_value}
FACET_VALUES = 100


def _asset(data: Data) -> dict[str, Any]:
    return {**data, **_asset_links(data["id"])}


def _asset_links(asset_id: str) -> dict[str, str]:
    address = f"/api/assets/{asset_id}"
    return {"url": f"{address}/file", "thumbnail_url": f"{address}/thumbnail"}


def _output(data: Data) -> dict[str, Any]:
    asset_id = data.get("asset_id")
    return {**data, **_asset_links(asset_id)} if asset_id else dict(data)


def _progress(task_id: str, data: Data | None) -> dict[str, Any] | None:
    if data is None:
        return None
    rest = {name: value for name, value in data.items() if name != "preview"}
    # The number changes with every preview, so that a browser loads each anew.
    url = f"{task_url(task_id)}/preview?v={data['preview']}" if data["preview"] else None
    outputs = [
        {**output, "url": f"{task_url(task_id)}/images/{place}"}
        for place, output in enumerate(data["outputs"])
    ]
    return {**rest, "preview_url": url, "outputs": outputs}


_EVENT_LINKS: dict[str, Callable[[Data], Data]] = {
    "task": lambda data: dict(task(data)),
    "progress": lambda data: {**data, "progress": _progress(data["task_id"], data["progress"])},
    "asset": lambda data: {**data, "asset": _asset(data["asset"])},
    "collection": lambda data: {**data, "collection": _collection(data["collection"])},
}
