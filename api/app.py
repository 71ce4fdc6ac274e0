"""The web application: routers, guard, static files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response
from pydantic_core import to_json

from api import (
    archives,
    assets,
    augmentation,
    batches,
    captioning,
    collections,
    datasets,
    drafts,
    evaluations,
    events,
    health,
    history,
    imports,
    logs,
    matrices,
    models,
    operations,
    presets,
    problems,
    prompts,
    provenance,
    queue,
    searches,
    session,
    sets,
    settings,
    system,
    tasks,
    training,
    transient,
    workflow_library,
)
from api import workflows as workflows_api
from api.clients import StreamCounter, WrongTokens
from api.compat import config as compat_config
from api.compat import jobs as compat_jobs
from api.compat import sets as compat_sets
from api.compression import CompressedLists
from api.head import HeadRequests
from api.page.files import PageFiles, page_paths
from api.request_ids import RequestIds
from api.routing import include
from api.security import Guard
from core.operations.declaration.registry import Registry
from core.settings import ROOT
from core.studio.services import Services
from core.version import VERSION

WEB = ROOT / "web"
ROUTES = (
    history,  # before the paths of tasks and assets, whose last part is an ID
    tasks,
    queue,
    collections,
    archives,
    imports,
    assets,
    provenance,
    workflows_api,
    workflow_library,
    drafts,
    presets,
    prompts,
    sets,
    batches,
    searches,
    training,
    evaluations,
    augmentation,
    captioning,
    datasets,
    events,
    system,
    settings,
    logs,
    matrices,
    models,
    health,
    session,
    compat_sets,
    compat_jobs,
    compat_config,
)
"""Modules with a router below `/api`, in the order in which they are tried."""


def create_app(
    services: Services, *, token: str | None = None, address: str | None = None
) -> FastAPI:
    """The application over `services`, which it starts and stops. `token`: required of requests."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await services.start(address)
        yield
        await services.stop()

    app = FastAPI(
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
    include(app, operations.router(services.registry), "/api")
    for module in (*ROUTES, transient):
        include(app, module.router, "/api")
    include(app, operations.aliases(services.registry))
    include(app, health.metrics_router)
    include(app, history.pages)
    app.router.routes.append(PageFiles(WEB))
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
