"""Faults of requests for workflows, for every route and field of the OpenAPI document."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.in_process import InProcess, in_process

METHODS = {"get", "post", "put", "patch", "delete"}
WALL = {"bricks": [{"id": "paint", "type": "painting", "props": {"count": 1}}]}
VALUES: dict[str, Any] = {
    "string": "text",
    "number": 1.5,
    "integer": 3,
    "boolean": True,
    "array": ["text"],
    "object": {"key": 1},
    "null": None,
}
"""A value of each JSON type."""
BAD_NAMES = {
    "long": "x" * 300,
    "parent": "%2e%2e",
    "slash": "a%2Fb",
    "backslash": "a%5Cb",
    "line": "a%0Ab",
    "zero": "a%00b",
    "hidden": "%2Ehidden",
    "space": "%20",
}


pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass(frozen=True)
class Route:
    """A route of workflows, with the schema of its JSON body."""

    method: str
    path: str
    schema: dict[str, Any]

    async def send(
        self, desk: InProcess, body: Any = None, name: str = "none", **options: Any
    ) -> httpx.Response:
        """A request with these values for the parameters of the path."""
        path = self.path.format(name=name, version="none", id="none")
        if self.method in ("get", "delete"):
            return await desk.http.request(self.method, path, **options)
        return await desk.http.request(self.method, path, json=body, **options)

    def valid_body(self) -> dict[str, Any]:
        """A body with the required fields."""
        return {"workflow": WALL} if "workflow" in self.schema.get("required", ()) else {}


def routes(document: dict[str, Any]) -> Iterator[Route]:
    """The routes of workflows in the document."""
    for path, entry in document["paths"].items():
        for method in METHODS & entry.keys():
            if "workflows" in entry[method].get("tags", ()) and "/presets/" not in path:
                yield Route(method, path, _body_schema(document, entry[method]))


def _body_schema(document: dict[str, Any], operation: dict[str, Any]) -> dict[str, Any]:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    schemas = [content.get("schema", {})]
    while schemas:
        schema = schemas.pop()
        if "$ref" in schema:
            schemas.append(document["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
        elif "properties" in schema:
            return dict(schema)
        schemas += schema.get("anyOf", [])
    return {}


def allowed(schema: dict[str, Any]) -> set[str]:
    """The JSON types of a field; all of them where it names none."""
    types = {part.get("type") for part in schema.get("anyOf", [schema])}
    types |= {"integer"} if "number" in types else set()
    return set(VALUES) if None in types else {str(name) for name in types}


def assert_fault(response: httpx.Response, status: int, code: str, field: str | None) -> None:
    """Fail unless the answer is a problem with these values, a detail and a fix."""
    body = response.json()
    assert (response.status_code, body["code"], body["field"]) == (status, code, field), body
    assert body["detail"].endswith((".", "?")) or body["errors"], body
    assert body["fix"], body


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[InProcess]:
    """A studio with one saved workflow, which no refused request may change."""
    async with in_process(tmp_path_factory.mktemp("faults")) as studio:
        assert (await studio.http.put("/api/workflows/house", json=WALL)).status_code == 201
        yield studio


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def all_routes(desk: InProcess) -> list[Route]:
    """The routes of workflows."""
    return list(routes(await desk.get("/api/openapi.json")))


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def unchanged(desk: InProcess) -> AsyncIterator[None]:
    """No refused request changes a file or begins a task."""
    files = sorted(desk.services.settings.workflows_dir.rglob("*"))
    yield
    assert sorted(desk.services.settings.workflows_dir.rglob("*")) == files
    assert (await desk.get("/api/tasks"))["total"] == 0


async def test_the_document_has_the_routes_of_workflows(all_routes: list[Route]) -> None:
    endings = {route.path.rpartition("/")[2] for route in all_routes}
    assert endings >= {"run", "validate", "form", "versions", "restore", "duplicate", "{name}"}
    assert sum(bool(route.schema) for route in all_routes) >= 6


async def test_an_unknown_name_is_not_found_on_every_route(
    desk: InProcess, all_routes: list[Route]
) -> None:
    for route in all_routes:
        if "{name}" in route.path and route.method != "put":
            response = await route.send(desk, route.valid_body())
            field = "version" if "{version}" in route.path else None
            assert_fault(response, 404, "not_found", field)
            assert "'none'" in response.json()["detail"], route


@pytest.mark.parametrize("ending", ["run", "form", "duplicate"])
async def test_the_nearest_name_is_offered_where_presets_are_taken_too(
    desk: InProcess, all_routes: list[Route], ending: str
) -> None:
    [route] = [route for route in all_routes if route.path.endswith(f"{{name}}/{ending}")]
    for name, nearest in (("huose", "house"), ("frist-picture", "first-picture")):
        response = await route.send(desk, name=name)
        assert_fault(response, 404, "not_found", None)
        assert nearest in response.json()["fix"]


@pytest.mark.parametrize("name", BAD_NAMES.values(), ids=BAD_NAMES)
async def test_a_name_that_could_be_a_path_is_refused_on_every_route(
    desk: InProcess, all_routes: list[Route], name: str
) -> None:
    for route in all_routes:
        if "{name}" in route.path:
            body = WALL if route.method == "put" else route.valid_body()
            response = await route.send(desk, body, name=name)
            assert response.status_code in (404, 405, 422), (route, response.text)
            if response.status_code == 422:
                assert_fault(response, 422, "invalid_input", "name")


async def test_a_field_of_a_wrong_type_is_named(desk: InProcess, all_routes: list[Route]) -> None:
    checked = 0
    for route in all_routes:
        for field, schema in route.schema.get("properties", {}).items():
            for kind in VALUES.keys() - allowed(schema):
                if {kind, *allowed(schema)} >= {"number", "integer"}:
                    continue
                body = {**route.valid_body(), field: VALUES[kind]}
                response = await route.send(desk, body, name="house")
                body = response.json()
                assert response.status_code == 422, (route, field, kind, body)
                assert str(body["field"]).partition(".")[0] == field, (route, kind, body)
                checked += 1
    assert checked > 40


async def test_an_unknown_field_is_named(desk: InProcess, all_routes: list[Route]) -> None:
    for route in all_routes:
        if route.schema and route.schema.get("additionalProperties") is False:
            response = await route.send(desk, {**route.valid_body(), "colour": 1}, name="house")
            assert (response.status_code, response.json()["field"]) == (422, "colour"), route


@pytest.mark.parametrize("value", [kind for kind in VALUES if kind != "object"])
async def test_a_body_that_is_no_workflow_is_refused(
    desk: InProcess, all_routes: list[Route], value: str
) -> None:
    for route in all_routes:
        if route.method == "put" or "workflow" in route.schema.get("properties", {}):
            data = VALUES[value]
            body = data if route.method == "put" else {**route.valid_body(), "workflow": data}
            response = await route.send(desk, body, name="new")
            assert response.status_code == 422, (route, response.text)
            assert response.json()["code"] in ("invalid_workflow", "invalid_input")
            assert response.json()["errors"], (route, response.text)


@pytest.mark.parametrize("revision", ['"wrong"', 'W/"wrong"', '""', "wrong", '"' + "0" * 64 + '"'])
async def test_a_wrong_revision_replaces_nothing(desk: InProcess, revision: str) -> None:
    before = await desk.get("/api/workflows/house")
    response = await desk.http.put(
        "/api/workflows/house", json={"bricks": []}, headers={"If-Match": revision}
    )
    assert_fault(response, 409, "workflow_changed", "name")
    assert await desk.get("/api/workflows/house") == before


@pytest.mark.parametrize("version", ["none", "%2e%2e", "..%2Fhouse", "x" * 300, "a%00b", "%20"])
@pytest.mark.parametrize("method", ["get", "post"])
async def test_an_unknown_version_is_not_found(desk: InProcess, version: str, method: str) -> None:
    ending = "/restore" if method == "post" else ""
    response = await desk.http.request(method, f"/api/workflows/house/versions/{version}{ending}")
    assert response.status_code in (404, 405), response.text


@pytest.mark.parametrize("trash_id", ["none", "../house", "", "a\0b", "x" * 64])
async def test_what_is_not_in_the_trash_is_not_restored(desk: InProcess, trash_id: str) -> None:
    response = await desk.http.post("/api/workflows/house/restore", json={"id": trash_id})
    assert_fault(response, 404, "not_found", None)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "a/b"}, "name"),
        ({"name": ".."}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"tags": ["x" * 1000]}, "tags"),
        ({"tags": ["a"] * 101}, "tags"),
        ({"tags": [1]}, "tags"),
        ({"name": "a/b", "tags": ["new"]}, "name"),
        ({"name": "home", "tags": ["x" * 1000]}, "tags"),
    ],
)
async def test_bad_changes_are_refused_as_a_whole(
    desk: InProcess, changes: dict[str, Any], field: str
) -> None:
    before = (await desk.get("/api/workflows"))["items"]
    response = await desk.http.patch("/api/workflows/house", json=changes)
    assert response.status_code == 422, response.text
    assert str(response.json()["field"]).partition(".")[0] == field, response.text
    assert (await desk.get("/api/workflows"))["items"] == before


@pytest.mark.parametrize("key", ["paint.cuont", "piant.count", "paint", "", "."])
async def test_an_input_that_is_none_is_refused_with_its_key(desk: InProcess, key: str) -> None:
    for path in ("/api/workflows/house/run", "/api/workflows/run"):
        body = {"inputs": {key: 1}} | ({} if "house" in path else {"workflow": WALL})
        response = await desk.http.post(path, json=body)
        assert response.status_code == 422, response.text
        assert "inputs" in str(response.json()["field"]), response.text
        assert response.json()["fix"], response.text


@pytest.mark.parametrize("end", ["from", "until"])
async def test_a_part_that_begins_or_ends_at_no_brick_is_refused(desk: InProcess, end: str) -> None:
    response = await desk.http.post("/api/workflows/house/run", json={end: "piant"})
    assert response.status_code == 422, response.text
    assert response.json()["field"] == end, response.text
    assert response.json()["fix"], response.text
