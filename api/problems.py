"""Errors as RFC 9457 problem documents: the only place that maps the error tree to HTTP."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic_core import to_json
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.headers import HEADERS
from core.errors import (
    Conflict,
    FieldError,
    InvalidInput,
    NotFound,
    Refused,
    StudioError,
    TooLarge,
)
from core.tasks.validation import ERRORS_MAX


class WrongMethod(StudioError):
    """The address does not support this method."""

    code = "wrong_method"
    status = 405
    title = "Method not supported"


MEDIA_TYPE = "application/problem+json"
log = logging.getLogger(__name__)

# Errors of the framework, by status, as classes of the tree.
BY_STATUS: dict[int, type[StudioError]] = {
    400: InvalidInput,
    403: Refused,
    404: NotFound,
    405: WrongMethod,
    409: Conflict,
    413: TooLarge,
}


def problem(error: StudioError, status: int | None = None) -> Response:
    """The response for an error."""
    code = status or error.status
    body = {"type": f"urn:qpyt:error:{error.code}", "status": code, **error.record()}
    # Here too, for the answer to an unexpected error is made outside of the guard.
    headers = HEADERS | ({"WWW-Authenticate": "Bearer"} if code == 401 else {})
    return Response(to_json(body, inf_nan_mode="null"), code, headers, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Translate every error of the app."""
    app.add_exception_handler(StudioError, _studio_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _unexpected)


def _studio_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, StudioError)
    if error.status >= 500:
        log.warning("%s %s: %s", request.method, request.url.path, error.detail)
    return problem(error)


def _validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return problem(_as_invalid(error.errors()))


def _as_invalid(faults: Any) -> InvalidInput:
    errors = [FieldError(_path(item["loc"]), str(item["msg"])) for item in faults[:ERRORS_MAX]]
    if not errors:
        return InvalidInput("The request is not valid.")
    return InvalidInput(errors[0].detail, field=errors[0].field or None, errors=errors)


def _path(location: Any) -> str:
    places = ("body", "query", "path", "header", "cookie")
    parts = [str(part)[:100] for part in location]
    return ".".join(parts[1:] if parts and parts[0] in places else parts)


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    fallback = StudioError if error.status_code >= 500 else InvalidInput
    kind = BY_STATUS.get(error.status_code, fallback)
    details = {
        404: f"There is nothing at {request.url.path[:200]}.",
        405: f"{request.method} is not supported at {request.url.path[:200]}.",
    }
    response = problem(kind(details.get(error.status_code, str(error.detail))), error.status_code)
    for name, value in (error.headers or {}).items():
        response.headers[name] = value
    return response


def _unexpected(request: Request, error: Exception) -> Response:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return problem(
        StudioError("An internal error occurred.", fix="The log of the server has the details.")
    )
