"""`POST /api/{operation}` for every operation, made from its declaration; and their list."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, create_model

from api import present
from api.bodies import JsonRoute
from api.deps import RegistryDep, TasksDep, TransientsDep
from api.repeats import RequestKeyDep
from api.waiting import Prefer, answer
from core.kinds import all_kinds
from core.operations.declaration.base import Operation
from core.operations.declaration.registry import TASK_OPTIONS, TRANSIENT_OPTIONS, Registry, describe
from core.tasks.states import Priority
from core.tasks.submission import Options
from core.tasks.transient import Transients


class Accepted(BaseModel):
    """A queued task."""

    task_id: str
    status_url: str


class TaskOptions(BaseModel):
    """Options of a task, beside the parameters of its operation."""

    priority: Priority = Field(
        Priority.INTERACTIVE, description="0, 10, 20 or 30; lower runs first."
    )
    labels: dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=200)]] = (
        Field(default_factory=dict, max_length=20)
    )
    cache: bool = Field(
        False, description="Return the result of an equal completed task, if there is one."
    )
    project_id: str | None = Field(None, max_length=64)
    hold: bool = Field(False, description="Queue the task on hold; lift the hold to start it.")


class TransientOptions(TaskOptions):
    """Options of an operation that can also run without a task."""

    transient: bool = Field(
        False,
        description="Run now, without a task: the response holds the result, which stays in "
        "memory for minutes. The other options are ignored.",
    )
    slot: str = Field(
        "",
        max_length=64,
        description="Slot of a transient run; a newer run of the same slot replaces it.",
    )


class TransientResponse(BaseModel):
    """The result of a transient run; `url` of an output is its file."""

    id: str
    operation: str
    outputs: list[dict[str, Any]]
    warnings: list[dict[str, Any]]
    timings: dict[str, float]


def router(registry: Registry) -> APIRouter:
    """The routes of every operation, and `GET /operations`."""
    routes = APIRouter(tags=["operations"], route_class=JsonRoute)

    @routes.get("/operations")
    def list_operations(registry: RegistryDep) -> dict[str, Any]:
        """Operations and value bricks with schema, ports, category and lane, and the kinds of
        their ports."""
        return {
            "items": [describe(declaration) for declaration in registry],
            "kinds": [kind.public() for kind in all_kinds()],
        }

    for operation in registry.operations():
        _add_route(routes, operation)
    return routes


def aliases(registry: Registry) -> APIRouter:
    """Core operations at the root, for clients that expect them there."""
    routes = APIRouter(tags=["operations"], include_in_schema=False, route_class=JsonRoute)
    for operation in registry.operations():
        if operation.at_root:
            _add_route(routes, operation)
    return routes


@cache
def _request_model(operation: type[Operation]) -> type[BaseModel]:
    """The body of a request: an operation's parameters and the options of its task.

    One model serves both addresses of an operation. FastAPI needs its validator at once.
    """
    options = TransientOptions if operation.transient else TaskOptions
    return create_model(
        f"{operation.__name__}Request",
        __base__=(options, operation),
        __doc__=operation.__doc__,
        __cls_kwargs__={"defer_build": False},
    )


def _add_route(routes: APIRouter, operation: type[Operation]) -> None:
    request_model = _request_model(operation)

    async def submit(
        body: Any,
        tasks: TasksDep,
        transients: TransientsDep,
        key: RequestKeyDep,
        prefer: Prefer = None,
    ) -> Response:
        params = body.model_dump(exclude_unset=True)
        chosen = {name: params.pop(name) for name in TASK_OPTIONS & params.keys()}
        transient_options = {name: params.pop(name) for name in TRANSIENT_OPTIONS & params.keys()}
        if transient_options.get("transient"):
            return await _run_transient(
                transients, operation.name, params, transient_options.get("slot", "")
            )
        options = Options(**chosen, request_key=key)
        task = await tasks.submit(operation.name, params, options)
        return await answer(tasks, task.id, prefer)

    submit.__annotations__ = {**submit.__annotations__, "body": request_model}
    routes.add_api_route(
        f"/{operation.name}",
        submit,
        methods=["POST"],
        status_code=202,
        summary=operation.title,
        description=operation.summary,
        operation_id=f"submit_{operation.name}",
        response_model=None,
        responses={
            202: {"model": Accepted, "description": "The task is queued."},
            200: _done(operation),
        },
    )


def _done(operation: type[Operation]) -> dict[str, Any]:
    """The OpenAPI record of the response 200."""
    waited = "The task, if it ended within the seconds of `Prefer: wait=N`"
    if not operation.transient:
        return {"description": f"{waited}."}
    return {
        "model": TransientResponse,
        "description": f"The result of a transient run. {waited}.",
    }


async def _run_transient(
    transients: Transients, name: str, params: dict[str, Any], slot: str
) -> Response:
    """The result of a transient run."""
    result = await transients.run(name, params, slot)
    body = TransientResponse(
        id=result.id,
        operation=name,
        outputs=present.transient(result),
        warnings=result.warnings,
        timings=dict(result.timings),
    )
    headers = {"Cache-Control": "no-store"}
    return Response(body.model_dump_json(), 200, headers, media_type="application/json")
