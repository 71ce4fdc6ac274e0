"""Requests for documented routes: those of sets, batches and their aliases."""

from dataclasses import dataclass
from typing import Any

from tests.in_process import InProcess

Body = dict[str, Any]


@dataclass(frozen=True)
class Route:
    """One request that must succeed."""

    method: str
    path: str
    options: Body
    names: dict[str, str]

    @property
    def key(self) -> tuple[str, str]:
        """The route's place in the document."""
        return self.method, self.path


def route(method: str, path: str, /, _options: Body | None = None, **names: str) -> Route:
    return Route(method, f"/api{path}", _options or {}, names)


async def compat_routes(desk: InProcess) -> list[Route]:
    """Requests for the aliases, with a job that waits for its image."""
    await desk.post("/api/generate/batch", {"set_name": "zodiac", "rows": ["leo"]})
    held = (await desk.get("/api/tasks", params={"status": "held"}))["items"][0]["id"]
    return [
        route("get", "/jobs"),
        route("get", "/jobs/{task_id}", task_id=held),
        route("delete", "/jobs/{task_id}", task_id=held),
        route("get", "/config"),
        route("put", "/config", {"json": {}}),
    ]


async def batch_routes(desk: InProcess) -> list[Route]:
    """Requests for the routes of batches, with a batch that is cancelled before it is drawn."""
    body = {"set_name": "zodiac", "rows": ["leo"]}
    batch = str((await desk.post("/api/generate/batch", body))["batch_id"])
    actions = ("pause", "resume", "cancel", "retry")
    matrix = {"operation": "painting", "axes": [{"name": "count", "values": [1]}]}
    painted = await desk.post("/api/generate/matrix", matrix)
    await desk.ended(painted["task_ids"][0])
    row = {"batch_id": painted["batch_id"], "key": "001-count-1"}
    return [
        route("post", "/generate/matrix", {"json": matrix}),
        route("post", "/batches/{batch_id}/print", {"json": {}}, batch_id=row["batch_id"]),
        route("post", "/batches/{batch_id}/rows/{key}/choose", {"json": {"asset_id": None}}, **row),
        *(
            route("get", f"/batches/{{batch_id}}/{name}", batch_id=row["batch_id"])
            for name in ("archive", "harmony")
        ),
        route("post", "/generate/batch", {"json": body}),
        route("get", "/batches"),
        route("get", "/batches/{batch_id}", batch_id=batch),
        *(route("post", f"/batches/{{batch_id}}/{name}", batch_id=batch) for name in actions),
        route("post", "/batches/{batch_id}/redo", {"json": {"rows": ["leo"]}}, batch_id=batch),
    ]


def set_routes() -> list[Route]:
    """Requests for the routes of sets; the set is saved first and deleted last."""
    animals = {"name": "Animals", "csv": "animal\ncat\n"}
    return [
        route("put", "/sets/{name}", {"json": animals}, name="animals"),
        route("get", "/sets"),
        route("get", "/set-form"),
        *(
            route("get", f"/sets/{{name}}{part}", name="animals")
            for part in ("", "/table", "/preview", "/info")
        ),
        route("post", "/sets/preview", {"json": animals}),
        route("delete", "/sets/{name}", name="animals"),
        route("get", "/themes/random"),
    ]
