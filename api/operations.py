"""`POST /api/{operation}` for every operation, made from its declaration; and their list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from fastapi import APIRouter, Request, Response
from pydantic_core import to_json

from api import present
from api.bodies import JsonRoute
from api.deps import RegistryDep, TasksDep, TransientsDep
from api.repeats import RequestKeyDep
from api.task_options import TransientOptions, read_submission
from api.waiting import Prefer, answer
from core.kinds import all_kinds
from core.operations.declaration.base import Operation
from core.operations.declaration.registry import TASK_OPTIONS, Registry, describe
from core.tasks.submission import Options
from core.tasks.transient import Transients

if TYPE_CHECKING:
    from api.document.tasks import Notice, Submitted, TransientResponse
    from api.document.workflows import Declarations


def router(registry: Registry) -> APIRouter:
    """The routes of every operation, and `GET /operations`."""
    routes = APIRouter(tags=["operations"], route_class=JsonRoute)

    @routes.get("/operations")
    def list_operations(registry: RegistryDep) -> Declarations:
        """Operations and value bricks with schema, ports, category and lane, and the kinds of
        their ports."""
        items = [describe(declaration) for declaration in registry]
        kinds = [kind.public() for kind in all_kinds()]
        return cast("Declarations", {"items": items, "kinds": kinds})

    for operation in registry.operations():
        _add_route(routes, operation)
    return routes


def aliases(registry: Registry) -> APIRouter:
    """Core operations at the root, for clients that expect them there."""
    routes = APIRouter(tags=["operations"], route_class=JsonRoute)
    for operation in registry.operations():
        if operation.at_root:
            _add_route(routes, operation, "_at_root")
    return routes


def _add_route(routes: APIRouter, operation: type[Operation], suffix: str = "") -> None:
    async def submit(
        request: Request,
        tasks: TasksDep,
        transients: TransientsDep,
        key: RequestKeyDep,
        prefer: Prefer = None,
    ) -> Submitted:
        params, options = read_submission(request, operation)
        if isinstance(options, TransientOptions) and options.transient:
            return await _run_transient(transients, operation.name, params, options.slot)
        chosen = options.model_dump(include=set(TASK_OPTIONS), exclude_unset=True)
        task = await tasks.submit(operation.name, params, Options(**chosen, request_key=key))
        return await answer(tasks, task, prefer)

    if operation.transient:
        submit.__annotations__["return"] = "SubmittedOrTransient"
    routes.add_api_route(
        f"/{operation.name}",
        submit,
        methods=["POST"],
        status_code=202,
        summary=operation.title,
        description=operation.summary,
        operation_id=f"submit_{operation.name}{suffix}",
        openapi_extra={"x-operation": operation.name},
    )


async def _run_transient(
    transients: Transients, name: str, params: dict[str, Any], slot: str
) -> Response:
    """The result of a transient run."""
    result = await transients.run(name, params, slot)
    body: TransientResponse = {
        "id": result.id,
        "operation": name,
        "outputs": present.transient(result),
        "warnings": cast("list[Notice]", result.warnings),
        "timings": dict(result.timings),
    }
    headers = {"Cache-Control": "no-store"}
    return Response(to_json(body), 200, headers, media_type="application/json")
