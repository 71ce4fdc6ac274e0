"""The OpenAPI document: every route is in it, with types, descriptions, examples and refusals."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from jsonschema import Draft202012Validator
from starlette.routing import Mount, Route, WebSocketRoute

from api.app import create_app
from api.security import OPEN_PATHS
from core.operations.declaration.registry import load
from core.studio.services import Services
from tests.in_process import InProcess, settings_in

Document = dict[str, Any]
Schema = Mapping[str, Any]
SCHEMAS = "#/components/schemas/"
OPEN = {"JsonValue"}
"""Components that allow any value, on purpose."""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """The application with the built-in operations; nothing is started."""
    services = Services(settings_in(tmp_path_factory.mktemp("app"), operation_modules=()))
    yield create_app(services)
    services.database.close()


@pytest.fixture(scope="module")
def document(app: FastAPI) -> Document:
    return app.openapi()


def operations(document: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every operation of the document, with its place."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield f"{method} {path}", operation


def bodies(document: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every JSON body of a request or an answer, with its place."""
    for name, operation in operations(document):
        contents = [("request", operation.get("requestBody", {}))]
        contents += [(status, answer(document, operation, status)) for status in answers(operation)]
        for part, record in contents:
            for media_type, content in record.get("content", {}).items():
                if media_type.endswith("json"):
                    yield f"{name} {part}", content


def answers(operation: dict[str, Any]) -> list[str]:
    return list(operation["responses"])


def answer(document: Document, operation: dict[str, Any], status: str) -> dict[str, Any]:
    """The record of an answer, which may be a component."""
    record: dict[str, Any] = operation["responses"][status]
    if "$ref" in record:
        record = document["components"]["responses"][record["$ref"].rpartition("/")[2]]
    return record


def parts(schema: Schema, place: str = "") -> Iterator[tuple[str, Schema]]:
    """A schema and all schemas in it, with their places; references are not followed."""
    yield place, schema
    for name, part in schema.get("properties", {}).items():
        yield from parts(part, f"{place}.{name}")
    for name in ("items", "additionalProperties"):
        if isinstance(part := schema.get(name), Mapping):
            yield from parts(part, f"{place}.{name}")
    for name in ("anyOf", "oneOf", "allOf"):
        for index, part in enumerate(schema.get(name, ())):
            yield from parts(part, f"{place}.{name}.{index}")


def is_typed(schema: Schema) -> bool:
    return bool({"type", "$ref", "anyOf", "oneOf", "const", "enum"} & schema.keys())


def is_described(document: Document, schema: Schema) -> bool:
    if "$ref" in schema and "description" not in schema:
        return is_described(document, named(document, schema))
    return bool(schema.get("description"))


def named(document: Document, reference: Schema) -> Schema:
    schema: Schema = document["components"]["schemas"][reference["$ref"].removeprefix(SCHEMAS)]
    return schema


def test_every_route_of_the_app_is_documented(app: FastAPI, document: Document) -> None:
    paths = document["paths"]
    unseen = []
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute):
            known = paths.get(context.path_format, {})
            unseen += [f"{m} {context.path}" for m in route.methods or () if m.lower() not in known]
        else:  # the page's files, the event stream over WebSocket, and the document itself
            assert isinstance(route, Mount | WebSocketRoute | Route), route
    assert not unseen
    at_root = [entry.name for entry in load().operations() if entry.at_root]
    assert at_root
    assert {f"/{name}" for name in at_root} <= paths.keys()


def test_no_answer_and_no_field_is_untyped(document: Document) -> None:
    untyped = [
        f"{place}{inner}"
        for place, content in bodies(document)
        for inner, schema in parts(content["schema"])
        if not is_typed(schema)
    ]
    untyped += [
        f"{name}{inner}"
        for name, component in document["components"]["schemas"].items()
        if name not in OPEN
        for inner, schema in parts(component)
        if not is_typed(schema)
    ]
    assert not untyped
    for name, operation in operations(document):
        for status in answers(operation):
            record = answer(document, operation, status)
            assert record["description"], (name, status)
            assert bool(record.get("content")) == (status not in ("204", "304")), (name, status)


def test_every_field_and_parameter_is_described(document: Document) -> None:
    silent = [
        f"{name}.{field}"
        for name, component in document["components"]["schemas"].items()
        for field, schema in component.get("properties", {}).items()
        if not is_described(document, schema)
    ]
    silent += [
        f"{name} {parameter['name']}"
        for name, operation in operations(document)
        for parameter in operation.get("parameters", ())
        if not parameter.get("description")
    ]
    assert not silent
    assert all(component["description"] for component in document["components"]["schemas"].values())


def test_every_body_has_an_example_that_its_schema_allows(document: Document) -> None:
    faults = []
    for place, content in bodies(document):
        assert "example" in content, place
        faults += mistakes(document, place, content["schema"], content["example"])
    for name, operation in operations(document):
        for parameter in operation.get("parameters", ()):
            place = f"{name} {parameter['name']}"
            faults += mistakes(document, place, parameter["schema"], parameter["example"])
    assert not faults


def mistakes(document: Document, place: str, schema: Schema, example: Any) -> list[str]:
    """The reasons why an example does not follow its schema."""
    validator = Draft202012Validator({**schema, "components": document["components"]})
    return [
        f"{place} {'.'.join(map(str, error.absolute_path))}: {error.message}"
        for error in validator.iter_errors(example)
    ]


def test_every_own_example_of_a_schema_follows_it(document: Document) -> None:
    faults = [
        fault
        for name, component in document["components"]["schemas"].items()
        for inner, schema in parts(component)
        for example in schema.get("examples", ())
        for fault in mistakes(document, f"{name}{inner}", schema, example)
    ]
    assert not faults


async def test_the_example_of_every_operation_is_accepted_or_lacks_only_a_file(
    desk: InProcess, document: Document
) -> None:
    await desk.post("/api/queue/pause")
    for name, operation in operations(document):
        if "x-operation" not in operation:
            continue
        example = operation["requestBody"]["content"]["application/json"]["example"]
        response = await desk.http.post(name.partition(" ")[2], json=example)
        # the image or the model of an example need not be on this machine
        assert response.status_code in (202, 404, 409, 422), (name, response.text)
        if response.status_code == 422:
            assert response.json()["field"] in (*example, None), (name, response.text)
            assert not response.json().get("errors"), (name, response.text)


def test_a_refusal_is_a_problem_document_at_every_route(document: Document) -> None:
    for name, operation in operations(document):
        refusals = [status for status in answers(operation) if status[0] in "4d"]
        assert "default" in refusals
        assert any(status[0] == "4" for status in refusals), name
        for status in refusals:
            content = answer(document, operation, status)["content"]
            assert list(content) == ["application/problem+json"], (name, status)
        has_body = "requestBody" in operation
        assert has_body <= {"413", "415", "422"}.issubset(refusals), name
        assert ("{" in name) <= ("404" in refusals), name


def test_the_ways_to_sign_in_are_documented(document: Document) -> None:
    schemes = document["components"]["securitySchemes"]
    assert {scheme["type"] for scheme in schemes.values()} == {"http", "apiKey"}
    assert {name for choice in document["security"] for name in choice} == set(schemes)
    unlocked = {path for path, item in document["paths"].items() for operation in item.values()
                if operation.get("security") == []}  # fmt: skip
    assert unlocked == OPEN_PATHS
