"""The refusals of a route: problem documents by status, derived from what the route takes."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from api.document.tasks import Problem
from api.problems import MEDIA_TYPE
from api.security import OPEN_PATHS, SAFE_METHODS
from core.errors import StudioError

REFERENCE = "#/components/responses/"
DEFAULT = "Problem"


def refusals(method: str, path: str, operation: dict[str, Any]) -> dict[str, dict[str, str]]:
    """References to the documented refusals of a route, by status."""
    statuses = sorted(set(_statuses(method.upper(), path, operation)))
    named = {str(status): {"$ref": f"{REFERENCE}{_name(status)}"} for status in statuses}
    return {**named, "default": {"$ref": f"{REFERENCE}{DEFAULT}"}}


def _statuses(method: str, path: str, operation: dict[str, Any]) -> Iterator[int]:
    """The statuses that a client has to expect; rarer ones have the form of `default`."""
    yield 421
    if path not in OPEN_PATHS or method not in SAFE_METHODS:
        yield 401
    if method not in SAFE_METHODS:
        yield 403
    if "{" in path:
        yield 404
    if "requestBody" in operation:
        yield from (413, 415, 422)
    if operation.get("parameters"):
        yield 422
    if (
        "x-operation" in operation
        or method in ("PATCH", "PUT")
        or path.endswith(("/run", "/retry"))
    ):
        yield 409
    if (method == "POST" and path == "/api/session") or path == "/api/events":
        yield 429


def responses() -> dict[str, Any]:
    """The refusals of all routes, as components of the document."""
    statuses = (401, 403, 404, 409, 413, 415, 421, 422, 429)
    named = {_name(status): _response(HTTPStatus(status).phrase, status) for status in statuses}
    return {**named, DEFAULT: _response("Any other error", 500)}


def _response(phrase: str, status: int) -> dict[str, Any]:
    kind = _error_class(status)
    error = kind(f"{kind.title}.")
    example = {"type": f"urn:qpyt:error:{kind.code}", "status": status, **error.record()}
    content = {"schema": {"$ref": f"#/components/schemas/{Problem.__name__}"}, "example": example}
    return {
        "description": f"{phrase}: a problem document (RFC 9457).",
        "content": {MEDIA_TYPE: content},
    }


def _name(status: int) -> str:
    return "".join(word.title() for word in HTTPStatus(status).phrase.replace("-", " ").split())


def _error_class(status: int) -> type[StudioError]:
    """The first class of the tree with this status."""
    classes: list[type[StudioError]] = [StudioError]
    for kind in classes:
        if kind.status == status:
            return kind
        classes += kind.__subclasses__()
    raise ValueError(f"no error has the status {status}")
