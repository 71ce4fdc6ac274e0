"""Requests for the routes of the gallery and of its history."""

from core.history.zones import zone_of
from core.store.asset_rows import new_asset
from core.store.blobs import Blob
from tests.in_process import InProcess, form, png
from tests.integration.api.set_requests import Route, route


def gallery_routes(image: str, collection: str, archive: str, imported: str) -> list[Route]:
    """Requests of a gallery that has an image and a collection."""
    names = {"collection_id": collection}
    return [
        route("get", "/assets"),
        route("get", "/assets/facets"),
        route("get", "/assets/days"),
        route("get", "/assets/duplicates"),
        route("patch", "/assets/{asset_id}", {"json": {"rating": 4}}, asset_id=image),
        route("post", "/assets/annotate", {"json": {"ids": [image], "changes": {"rating": 5}}}),
        route("post", "/assets/archive", {"json": {"ids": [image]}}),
        route("get", "/assets/archive/{token}", token=archive),
        route("post", "/assets/import", form(png("olive"))),
        route("get", "/assets/imports/{import_id}", import_id=imported),
        route("post", "/assets/imports/{import_id}/cancel", import_id=imported),
        route("post", "/assets/trash", {"json": {"ids": [image]}}),
        route("post", "/assets/restore", {"json": {"filter": {}}}),
        route("post", "/assets/purge", {"json": {"filter": {}}}),
        route("post", "/collections", {"json": {"name": "Best"}}),
        route("get", "/collections"),
        route("patch", "/collections/{collection_id}", {"json": {"name": "Good"}}, **names),
        route("post", "/collections/{collection_id}/add", {"json": {"filter": {}}}, **names),
        route("post", "/collections/{collection_id}/remove", {"json": {"ids": []}}, **names),
        route("delete", "/collections/{collection_id}", **names),
    ]


async def history_routes(desk: InProcess, done: str, failed: str) -> list[Route]:
    """Requests for the routes of the history; the last ones change it."""
    image = await desk.services.assets.upload(png(), name="replayed")
    replay = {"identical": False, "pixels": None, "size": [1, 1], "other_size": [2, 2]}
    report = {"task_id": done, "asset_id": image.id, "finished_at": image.created_at}
    await desk.services.assets.set_replay(image.id, {**report, **replay, "changes": []})
    snapshot = {"operation": "filter", "params": {"image": image.id}}
    drawn = new_asset(
        Blob(image.key, image.size), kind="image", type="image/png", metadata={"qpyt": snapshot}
    )
    await desk.services.assets.add(drawn)
    day = zone_of("UTC").today().isoformat()
    ids = {"a": done, "b": failed}
    return [
        route("get", "/tasks/compare", {"params": ids}),
        route("get", "/assets/compare", {"params": {"a": image.id, "b": image.id}}),
        route("get", "/assets/{asset_id}", asset_id=image.id),
        route("post", "/tasks/{task_id}/restore", task_id=failed),
        route("post", "/assets/{asset_id}/restore", asset_id=drawn.id),
        route("post", "/assets/{asset_id}/replay", asset_id=drawn.id),
        route("get", "/history"),
        route("get", "/history/{date}", {"params": {"tz": "UTC"}}, date=day),
        route("get", "/history/last-success"),
        route("get", "/history/undo"),
        route("post", "/history/undo"),
        Route("get", "/history", {}, {}),
        Route("get", "/history/{date}", {}, {"date": day}),
    ]
