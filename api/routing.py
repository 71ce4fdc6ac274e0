"""Routes whose answers are documented by the return types of their functions."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match, WebSocketRoute, compile_path
from starlette.types import Scope

_PATTERN = ("path_regex", "path_format", "param_convertors")
_analysis = threading.RLock()  # the thread that makes the OpenAPI document is not the event loop's


class DocumentedRoute(APIRoute):
    """A route that answers what its function returns, as it is.

    The return type is for the OpenAPI document (`api.document`) and the type checker. FastAPI
    would build a validator from it at start, and validate again what the studio made itself.

    FastAPI analyses an endpoint for milliseconds. A route waits with that until its first request
    or the document needs it, since most routes have neither; all their attributes but path,
    endpoint and methods are made when they are read.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        empty = options.get("status_code") == 204
        self.path, self.endpoint = path, endpoint
        self.methods = {method.upper() for method in options.get("methods") or ("GET",)}
        self._options = {**options, "response_model": None if empty else Any}
        self._analysed = False
        self._stem = path.partition("{")[0]

    def __getattr__(self, name: str) -> Any:
        if name in _PATTERN:
            self.path_regex, self.path_format, self.param_convertors = compile_path(self.path)
        else:
            with _analysis:
                if not self._analysed:
                    self._analysed = True
                    super().__init__(self.path, self.endpoint, **self._options)
        return object.__getattribute__(self, name)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """See `APIRoute`; a path that begins otherwise needs no pattern."""
        if not scope["path"].startswith(self._stem):
            return Match.NONE, {}
        return super().matches(scope)

    def below(self, prefix: str) -> DocumentedRoute:
        """The same route at its path below `prefix`."""
        return type(self)(prefix + self.path, self.endpoint, **self._options)


def below(router: APIRouter, prefix: str) -> list[BaseRoute]:
    """The routes of a router at their paths below `prefix`.

    Unlike `include_router` this analyses no endpoint, and requests are matched once.
    """
    return [
        route.below(prefix)
        if isinstance(route, DocumentedRoute)
        else WebSocketRoute(prefix + route.path, route.endpoint)
        for route in router.routes
        if isinstance(route, DocumentedRoute | WebSocketRoute)
    ]
