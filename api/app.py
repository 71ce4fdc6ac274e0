"""The web application: routers, guard, static files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response
from pydantic_core import to_json

from api import problems
from api.clients import StreamCounter, WrongTokens
from api.compression import CompressedLists
from api.head import HeadRequests
from api.module_routes import Application, ModuleRoutes, OperationRoutes
from api.page.files import PageFiles, page_paths
from api.request_ids import RequestIds
from api.security import Guard
from core.operations.declaration.registry import Registry
from core.settings import ROOT
from core.studio.services import Services
from core.version import VERSION

WEB = ROOT / "web"
MODULES = (
    ("history", "tasks", "assets", "history"),  # before the paths whose last part is an ID
    ("tasks", "tasks"),
    ("queue", "queue"),
    ("collections", "assets", "collections"),
    ("archives", "assets"),
    ("imports", "assets"),
    ("assets", "assets"),
    ("provenance", "assets"),
    ("workflows", "workflows"),
    ("workflow_library", "workflows", "trash"),
    ("drafts", "workflows", "drafts"),
    ("presets", "presets"),
    ("prompts", "styles", "vocabulary", "wildcards"),
    ("sets", "sets", "set-form", "themes"),
    ("batches", "batches", "generate", "outputs"),
    ("searches", "training"),
    ("training", "training"),
    ("evaluations", "evaluations"),
    ("augmentation", "datasets"),
    ("captioning", "datasets"),
    ("datasets", "datasets"),
    ("events", "events", "ws"),
    ("system", "system"),
    ("settings", "settings"),
    ("logs", "logs"),
    ("matrices", "generate"),
    ("models", "models", "loras", "controls", "references"),
    ("health", "health"),
    ("session", "session"),
    ("compat.sets", "sets"),
    ("compat.jobs", "jobs"),
    ("compat.config", "config"),
    ("transient", "transient"),
)
"""Modules with a router below `/api`, and the first parts of their paths, in the order in which
they are tried."""
PAGES = (("health:metrics_router", "metrics"), ("history:pages", "history"))
"""Routers beside `/api`."""


def create_app(
    services: Services,
    *,
    token: str | None = None,
    address: str | None = None,
    on_open: Callable[[], None] | None = None,
) -> Application:
    """The application over `services`, which it starts and stops. `token`: required of requests.
    `on_open` is called once they are open, or have failed to."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await services.start(address, on_open)
        yield
        await services.stop()

    app = Application(
        title="Qpyt Studio",
        version=VERSION,
        summary="A local-first image-generation studio.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,  # served below
        redirect_slashes=False,
    )
    app.state.services = services
    app.state.token = token
    app.state.sockets, app.state.streams = StreamCounter(), StreamCounter()
    app.state.wrong_tokens = wrong_tokens = WrongTokens()
    problems.install(app)
    app.openapi = lambda: _document(app, services.registry)  # type: ignore[method-assign]
    app.add_route("/api/openapi.json", _serve_document, include_in_schema=False)
    # First, because routes are tried in order and these must be fast; no name is used twice.
    app.router.routes += [
        OperationRoutes(services.registry),
        *(ModuleRoutes(*module) for module in MODULES),
        OperationRoutes(services.registry, at_root=True),
        *(ModuleRoutes(*module) for module in PAGES),
        PageFiles(WEB),
    ]
    static_paths = page_paths(WEB) if token is not None else frozenset()
    app.add_middleware(
        Guard,
        settings=services.settings,
        token=token,
        static_paths=static_paths,
        wrong_tokens=wrong_tokens,
    )
    app.add_middleware(CompressedLists)
    app.add_middleware(HeadRequests)
    app.add_middleware(RequestIds)
    return app


async def _serve_document(request: Request) -> Response:
    """The OpenAPI document; a thread makes it, as that takes longer than other answers."""
    document = await asyncio.to_thread(request.app.openapi)
    return Response(to_json(document), media_type="application/json")


def _document(app: FastAPI, registry: Registry) -> dict[str, Any]:
    """The OpenAPI document, made with its first request: the start does not wait for it."""
    if app.openapi_schema is None:
        from api.document.build import build

        app.openapi_schema = build(app, registry)
    return app.openapi_schema
