"""Requests for the routes of workflows and drafts, on a studio that has a few."""

from tests.in_process import InProcess
from tests.integration.api.set_requests import Body, Route, route


async def saved_twice(desk: InProcess, wall: Body) -> str:
    """Save a workflow called `twice` two times, and delete one called `gone`; the version's ID."""
    for name, bricks in (("twice", []), ("twice", wall["bricks"]), ("gone", [])):
        response = await desk.http.put(f"/api/workflows/{name}", json={"bricks": bricks})
        assert response.is_success
    assert (await desk.http.delete("/api/workflows/gone")).status_code == 204
    return str((await desk.get("/api/workflows/twice/versions"))["items"][0]["id"])


def draft_routes(wall: Body) -> list[Route]:
    """Requests for the routes of drafts, in the order of a draft's life."""
    return [
        route("get", "/workflows/{name}/draft", name="wall"),
        route("put", "/drafts/{id}", {"json": {"workflow": wall}}, id="open"),
        route("get", "/drafts"),
        route("get", "/drafts/{id}", id="open"),
        route("delete", "/drafts/{id}", id="open"),
    ]


def library_routes(wall: Body, version: str) -> list[Route]:
    """Requests for the routes of the library of workflows; they end with a deletion."""
    twice = {"name": "twice", "version": version}
    return [
        *draft_routes(wall),
        route("post", "/workflows/validate", {"json": {"workflow": wall}}),
        route("patch", "/workflows/{name}", {"json": {"tags": ["cats"]}}, name="wall"),
        route("post", "/workflows/{name}/duplicate", {"json": {}}, name="wall"),
        route("get", "/workflows/{name}/form", name="wall"),
        route("get", "/workflows/{name}/versions", name="twice"),
        route("get", "/workflows/{name}/versions/{version}", **twice),
        route("post", "/workflows/{name}/versions/{version}/restore", **twice),
        route("get", "/trash/workflows"),
        route("post", "/workflows/{name}/restore", {"json": {}}, name="gone"),
        route("delete", "/workflows/{name}", name="wall"),
    ]
