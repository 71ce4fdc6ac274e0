"""The OpenAPI document: the routes as FastAPI describes them, with the types of their answers.

FastAPI supplies paths, parameters and the bodies that it validates. Added here: the bodies of
operations from their declarations, the answers from the return types of the routes, refusals,
security and examples.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from api.document import (
    assets,
    compat,
    datasets,
    drafts,
    evaluations,
    gallery,
    history,
    imports,
    logs,
    marks,
    models,
    provenance,
    queue,
    refusals,
    searches,
    sets,
    settings,
    studio,
    tasks,
    training,
    workflows,
)
from api.document.examples import Examples
from api.document.marks import ByStatus, File
from api.security import COOKIE, OPEN_PATHS
from api.task_options import options_of
from core.operations.declaration.registry import Registry

MODULES = (
    marks,
    tasks,
    queue,
    assets,
    compat,
    gallery,
    datasets,
    workflows,
    drafts,
    evaluations,
    history,
    imports,
    logs,
    models,
    provenance,
    sets,
    settings,
    studio,
    searches,
    training,
)
TYPES = {name: value for module in MODULES for name, value in vars(module).items()}
JSON = "application/json"
SCHEMAS = "#/components/schemas/"
TOKEN, SESSION = "token", "session"
SECURITY_SCHEMES = {
    TOKEN: {
        "type": "http",
        "scheme": "bearer",
        "description": "The token of the studio, where it is reachable from other machines.",
    },
    SESSION: {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "The cookie of `POST /api/session`.",
    },
}
SECURITY: list[dict[str, list[str]]] = [{}, {TOKEN: []}, {SESSION: []}]
"""None on loopback; elsewhere one of the two."""


@dataclass(frozen=True, slots=True)
class Place:
    """A route and its record in the document."""

    method: str
    path: str
    operation: dict[str, Any]
    endpoint: Any
    status: int


def build(app: FastAPI, registry: Registry) -> dict[str, Any]:
    """The document of an application that serves the operations of a registry."""
    document = get_openapi(
        title=app.title, version=app.version, summary=app.summary, routes=app.routes
    )
    routes = list(_routes(app, document))
    schemas = Schemas()
    for route in routes:
        if name := route.operation.get("x-operation"):
            operation = registry.operation(name)
            schemas.add(route, "parameters", operation, "validation")
            schemas.add(route, "options", options_of(operation), "validation")
        for status, answer in _answers(route).items():
            if answer is not None and not isinstance(answer, File):
                schemas.add(route, str(status), answer, "serialization")
    components = document.setdefault("components", {})
    known = components.setdefault("schemas", {})
    known |= schemas.definitions()
    _merge_bodies(routes, schemas, known)
    components["responses"] = refusals.responses()
    components["securitySchemes"] = SECURITY_SCHEMES
    for name in ("HTTPValidationError", "ValidationError"):
        known.pop(name, None)  # of the framework, whose errors are problem documents here
    known["JsonValue"] = {"description": "Any JSON value."}
    examples = Examples(known)
    for route in routes:
        _describe(route, schemas, examples)
    document["security"] = SECURITY
    document["components"]["schemas"] = dict(sorted(known.items()))
    return document


def _merge_bodies(routes: list[Place], schemas: Schemas, known: dict[str, Any]) -> None:
    """Make the bodies of submissions: parameters of an operation, and options of its task."""
    parts: set[str] = set()
    for route in routes:
        if "x-operation" not in route.operation:
            continue
        names = [_name(schemas.get(route, part)) for part in ("parameters", "options")]
        parameters, options = (known[name] for name in names)
        body = f"{names[0]}Request"
        properties = parameters.get("properties", {}) | options["properties"]
        known[body] = {**parameters, "title": body, "properties": properties}
        schema = {"$ref": f"{SCHEMAS}{body}"}
        route.operation["requestBody"] = {"required": True, "content": {JSON: {"schema": schema}}}
        parts.update(names)
    for name in parts:
        del known[name]


def _name(reference: Mapping[str, str]) -> str:
    return reference["$ref"].removeprefix(SCHEMAS)


class Schemas:
    """The JSON schemas of bodies and answers, each type once, so that they share definitions."""

    def __init__(self) -> None:
        self._modes: dict[Any, JsonSchemaMode] = {tasks.Problem: "serialization"}
        self._kinds: dict[tuple[str, str, str], Any] = {}
        self._made: Mapping[Any, Any] = {}

    def add(self, route: Place, part: str, kind: Any, mode: JsonSchemaMode) -> None:
        """Include a type: a part of the body of a route, or the answer with a status."""
        self._modes[kind] = mode
        self._kinds[route.method, route.path, part] = kind

    def definitions(self) -> dict[str, Any]:
        """Make the schemas; return those that others refer to."""
        inputs = [(kind, mode, TypeAdapter(kind)) for kind, mode in self._modes.items()]
        template = f"{SCHEMAS}{{model}}"
        self._made, rest = TypeAdapter.json_schemas(inputs, ref_template=template)
        return dict(rest.get("$defs", {}))

    def get(self, route: Place, part: str) -> dict[str, Any]:
        """The schema of a part of a route."""
        kind = self._kinds[route.method, route.path, part]
        return dict(self._made[kind, self._modes[kind]])


def _routes(app: FastAPI, document: Mapping[str, Any]) -> Iterator[Place]:
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if not isinstance(route, APIRoute) or not route.include_in_schema:
            continue
        path = str(context.path_format)
        for method in sorted(route.methods or ()):
            operation = document["paths"][path][method.lower()]
            status = route.status_code or 200
            yield Place(method, path, operation, route.endpoint, status)


def _answers(route: Place) -> dict[int, Any]:
    """The types of a route's answers by status; None is an answer without a body."""
    kind = get_type_hints(route.endpoint, localns=TYPES, include_extras=True)["return"]
    marked = _mark(kind)
    if isinstance(marked, ByStatus):
        return {status: _mark(answer) or answer for status, answer in marked.answers.items()}
    if route.status == 204:
        return {204: None}
    return {route.status: marked or kind}


def _mark(kind: Any) -> ByStatus | File | None:
    if isinstance(kind, File):
        return kind
    extras = get_args(kind)[1:] if get_origin(kind) is Annotated else ()
    return next((extra for extra in extras if isinstance(extra, ByStatus | File)), None)


def _descriptions(route: Place) -> Mapping[int, str]:
    marked = _mark(get_type_hints(route.endpoint, localns=TYPES, include_extras=True)["return"])
    return marked.descriptions if isinstance(marked, ByStatus) else {}


def _describe(route: Place, schemas: Schemas, examples: Examples) -> None:
    """Complete the record of a route."""
    operation, descriptions = route.operation, _descriptions(route)
    answers: dict[str, Any] = {}
    for status, answer in _answers(route).items():
        record: dict[str, Any] = {"description": descriptions.get(status, "Success.")}
        if isinstance(answer, File):
            record["description"] = answer.description
            record["content"] = {name: {"schema": _file(name)} for name in answer.media_types}
        elif answer is not None:
            schema = schemas.get(route, str(status))
            content = {"schema": schema, "example": examples.of_answer(schema)}
            record["content"] = {JSON: content}
        answers[str(status)] = record
    operation["responses"] = answers | refusals.refusals(route.method, route.path, operation)
    body = operation.get("requestBody", {}).get("content", {}).get(JSON)
    if body is not None:
        body.setdefault("example", examples.of_request(body["schema"]))
    for parameter in operation.get("parameters", ()):
        if "example" not in parameter:
            name = parameter["name"]
            parameter["example"] = examples.of_parameter(name, parameter["schema"])
    if route.path in OPEN_PATHS:
        operation["security"] = []


def _file(media_type: str) -> dict[str, str]:
    text = media_type.startswith("text/")
    return {"type": "string"} if text else {"type": "string", "format": "binary"}
