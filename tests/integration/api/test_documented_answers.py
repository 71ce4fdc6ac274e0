"""Every route answers as the OpenAPI document says: its status, its media type and its schema."""

from typing import Any

import httpx
import pytest
import schemathesis

from core.gallery.curation import Choice
from tests.in_process import InProcess, data_uri, png
from tests.integration.api.dataset_requests import datasets
from tests.integration.api.gallery_requests import gallery_routes, history_routes
from tests.integration.api.model_requests import model_routes, prompt_routes, queue_routes
from tests.integration.api.set_requests import (
    Route,
    batch_routes,
    compat_routes,
    route,
    set_routes,
)
from tests.integration.api.workflow_requests import library_routes, saved_twice
from tests.trainings import (
    USE_CHECKPOINT,
    dataset,
    evaluation_requests,
    search_requests,
    training_paths,
)

OPEN_ENDED = {("get", "/api/events")}  # streams; tested as streams
METHODS = {"get", "post", "put", "patch", "delete"}
LIST = {"items", "next_cursor", "total"}
Document = dict[str, Any]


SYSTEM_ROUTES = (
    route("get", "/settings"),
    route("get", "/logs"),
    route("get", "/system/history", {"params": {"points": "3"}}),
    route("patch", "/settings", {"json": {"max_failures_per_hour": 3}}),
)


async def document_of(desk: InProcess) -> Document:
    """The document, with every schema closed: an answer has no field that is not documented."""
    document: Document = await desk.get("/api/openapi.json")
    for schema in document["components"]["schemas"].values():
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
    return document


async def send(desk: InProcess, route: Route) -> httpx.Response:
    return await desk.http.request(route.method, route.path.format(**route.names), **route.options)


def assert_documented(document: Document, key: tuple[str, str], response: httpx.Response) -> None:
    """Fail unless the document has this response of a route."""
    method, path = key
    responses = document["paths"][path][method]["responses"]
    status = str(response.status_code)
    assert status in responses or (status >= "400" and "default" in responses), (key, status)
    record = responses.get(status, responses["default"])
    if "$ref" in record:
        record = document["components"]["responses"][record["$ref"].rpartition("/")[2]]
    content = record.get("content", {})
    media_type = response.headers.get("content-type", "").partition(";")[0]
    if response.status_code == 204:
        assert not content, key
        assert response.content == b""
    elif media_type.endswith("json"):
        assert media_type in content or not content, (key, media_type, list(content))
        schemathesis.openapi.from_dict(document)[path][method].validate_response(response)


async def scenario(desk: InProcess) -> list[Route]:
    """A request for every route but those of the operations, on a studio with a bit of all."""
    image = (await desk.services.assets.upload(png("red"))).id
    collection = (await desk.services.images.curation.create_collection("Castles")).id
    archive = (await desk.services.images.archives.request(Choice([image]))).token
    imported = desk.services.images.imports.start([]).id
    done = (await desk.run("painting"))["id"]
    failed = (await desk.run("crash"))["id"]
    running, held = await desk.submit("counting"), await desk.submit("empty", hold=True)
    model = (await desk.get("/api/models"))["items"][0]["id"]
    preset = (await desk.get("/api/presets/workflows"))["items"][0]["name"]
    wall = {"bricks": [{"id": "e", "type": "empty", "props": {"value": 3}, "exposed": ["value"]}]}
    version = await saved_twice(desk, wall)
    drawing = {"bricks": [{"id": "g", "type": "generate", "props": {"prompt": "a house"}}]}
    shown = await desk.post("/api/filter", {"image": image, "transient": True})
    return [
        route("get", "/operations"),
        route("get", "/tasks"),
        route("get", "/tasks/{task_id}", task_id=done),
        route("patch", "/tasks/{task_id}", {"json": {"priority": 20}}, task_id=held),
        route("post", "/tasks/{task_id}/release", task_id=held),
        route("get", "/tasks/{task_id}/workflow", task_id=done),
        route("get", "/tasks/{task_id}/images/{place}", task_id=done, place="0"),
        route("post", "/tasks/{task_id}/cancel", task_id=running),
        route("post", "/tasks/{task_id}/retry", task_id=failed),
        *queue_routes(done),
        *SYSTEM_ROUTES,
        route("post", "/assets", {"json": {"data": data_uri(png())}}),
        *gallery_routes(image, collection, archive, imported),
        route("get", "/assets/{asset_id}", asset_id=image),
        route("get", "/assets/{asset_id}/file", asset_id=image),
        route("get", "/assets/{asset_id}/thumbnail", asset_id=image),
        route("post", "/assets/verify", {"json": {"data": data_uri(png())}}),
        route("get", "/assets/{asset_id}/provenance", asset_id=image),
        route("delete", "/assets/{asset_id}", asset_id=image),
        route("put", "/workflows/{name}", {"json": wall}, name="wall"),
        route("get", "/workflows"),
        route("get", "/workflows/{name}", name="wall"),
        route("post", "/workflows/{name}/run", {"json": {}}, name="wall"),
        *library_routes(wall, version),
        *await history_routes(desk, done, failed),
        route("post", "/workflows/run", {"json": {"workflow": wall}}),
        route("post", "/workflows/wire", {"json": {"workflow": wall}}),
        route("post", "/workflows/import", {"json": wall}),
        route("post", "/workflows/export", {"json": {"workflow": drawing}}),
        route("get", "/presets/workflows"),
        route("get", "/presets/workflows/{name}", name=preset),
        *(await prompt_routes(desk)),
        *[*set_routes(), *(Route(*request) for request in await datasets(desk))],
        *(await batch_routes(desk)),
        *(await training_routes(desk)),
        route("get", "/system"),
        *model_routes(model),
        route("get", "/health"),
        route("get", "/health/ready"),
        route("post", "/session", {"json": {"token": "any"}}),
        route("get", "/transient/{result_id}/{place}", result_id=shown["id"], place="0"),
        Route("get", "/metrics", {}, {}),
        route("post", "/history/clear"),
    ]


async def training_routes(desk: InProcess) -> list[Route]:
    """Requests for the routes of trainings and evaluations that answer."""
    paths = [route("get", path, **names) for path, names in await training_paths(desk)]
    others = [*await search_requests(desk), *await evaluation_requests(desk)]
    folder = str(dataset(desk.services.settings.data_dir / "estimated"))
    others.append(("post", "/api/training/estimate", {"json": {"dataset": folder}}, {}))
    return [*paths, *(Route(*request) for request in others)]


NOTHING_THERE = {
    ("post", "/api/batches/{batch_id}/harmony"): {"batch_id": "none"},
    ("get", "/api/tasks/{task_id}/preview"): {"task_id": "none"},
    ("get", "/api/styles/{style_id}/thumbnail"): {"style_id": "none"},
    ("get", "/api/loras/{lora_id}/thumbnail"): {"lora_id": "none"},
    ("post", "/api/models/{model_id}/pull"): {"model_id": "none"},
    ("post", "/api/assets/import/folder"): {},
    ("get", "/api/outputs/{path}"): {"path": "none"},
    ("post", "/api/datasets/{dataset}/captions/describe"): {"dataset": "none"},
    ("post", "/api/training/searches/{search_id}/pause"): {"search_id": "none"},
    ("post", "/api/training/searches/{search_id}/resume"): {"search_id": "none"},
    ("post", USE_CHECKPOINT): {"task_id": "none", "step": "1"},
}
"""Routes whose success needs a model, download, folder or image; here they answer a problem."""


def operation_paths(desk: InProcess) -> set[tuple[str, str]]:
    operations = desk.services.registry.operations()
    at_root = {("post", f"/{operation.name}") for operation in operations if operation.at_root}
    return at_root | {("post", f"/api/{operation.name}") for operation in operations}


async def test_every_route_of_the_document_has_a_request_here(desk: InProcess) -> None:
    document = await document_of(desk)
    documented = {(method, path) for path, item in document["paths"].items() for method in item}
    known = (
        {route.key for route in [*await compat_routes(desk), *await scenario(desk)]}
        | set(NOTHING_THERE)
        | OPEN_ENDED
    )
    assert documented == known | operation_paths(desk)
    assert {method for method, _ in documented} <= METHODS


async def test_a_success_is_as_documented(desk: InProcess) -> None:
    document = await document_of(desk)
    for request in [*await compat_routes(desk), *await scenario(desk)]:
        response = await send(desk, request)
        assert response.is_success, (request, response.text)
        assert_documented(document, request.key, response)
        if request.method == "get" and LIST & document_keys(response):
            assert document_keys(response) >= LIST, request


def document_keys(response: httpx.Response) -> set[str]:
    """The names at the top of a JSON body; lists of tasks and the like have three in common."""
    is_json = response.headers["content-type"].startswith("application/json")
    body = response.json() if is_json else {}
    return set(body) if "next_cursor" in body else set()


async def test_a_refusal_is_as_documented(desk: InProcess) -> None:
    document = await document_of(desk)
    for key, names in NOTHING_THERE.items():
        response = await send(desk, Route(*key, {}, names))
        assert response.is_client_error, key
        assert_documented(document, key, response)
    for key in sorted(operation_paths(desk)):
        response = await send(desk, Route(*key, {"json": {"no_such_field": 1}}, {}))
        assert response.status_code == 422, key
        assert_documented(document, key, response)


async def test_no_route_documents_an_error_body_that_it_never_sends(desk: InProcess) -> None:
    """Every error is a problem document, those of the framework too."""
    document = await document_of(desk)
    assert "HTTPValidationError" not in document["components"]["schemas"]
    for path, item in document["paths"].items():
        for method, operation in item.items():
            reference = operation["responses"]["default"]["$ref"]
            problem = document["components"]["responses"][reference.rpartition("/")[2]]
            assert list(problem["content"]) == ["application/problem+json"], (method, path)


@pytest.mark.parametrize("prefer", [None, "wait=10"])
async def test_a_submission_answers_one_of_its_two_documented_bodies(
    desk: InProcess, prefer: str | None
) -> None:
    document = await document_of(desk)
    headers = {"Prefer": prefer} if prefer else {}
    response = await desk.http.post("/api/empty", json={"value": 5}, headers=headers)
    assert response.status_code == (200 if prefer else 202)
    assert_documented(document, ("post", "/api/empty"), response)
    assert response.headers["location"] == f"/api/tasks/{response.json()[id_name(prefer)]}"


def id_name(prefer: str | None) -> str:
    return "id" if prefer else "task_id"


async def test_what_runs_without_a_task_answers_its_documented_body(desk: InProcess) -> None:
    document = await document_of(desk)
    image = (await desk.services.assets.upload(png())).id
    response = await desk.http.post("/api/filter", json={"image": image, "transient": True})
    assert_documented(document, ("post", "/api/filter"), response)
    assert response.headers["cache-control"] == "no-store"
    url = response.json()["outputs"][0]["url"]
    assert (await desk.http.get(url)).content == png()
