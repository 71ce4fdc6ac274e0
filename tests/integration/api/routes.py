"""The routes of the application, from its own table."""

from collections.abc import Iterator

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from api.app import PageFiles

STREAMS = frozenset({"/api/events"})


def routes(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Every method and path of the application."""
    for route in iter_route_contexts(app.routes):
        if isinstance(route.original_route, PageFiles) or route.methods is None:
            continue
        assert route.path is not None
        if route.path not in STREAMS:
            yield from ((method, route.path) for method in sorted(route.methods))
