"""`POST /api/{operation}` for every operation, made from its declaration; and the catalogue."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Response
from pydantic import BaseModel, Field, create_model
from pydantic_core import to_json

from api import present
from api.deps import RegistryDep, TasksDep, TransientsDep
from api.prefer import wait_seconds
from core.kinds import all_kinds
from core.operations.declaration.base import Operation
from core.operations.declaration.registry import TASK_OPTIONS, TRANSIENT_OPTIONS, Registry, describe
from core.studio.task_service import TaskService
from core.tasks.states import Priority
from core.tasks.submission import Options
from core.tasks.transient import Transients

IdempotencyKey = Annotated[str | None, Header(max_length=200)]
Prefer = Annotated[str | None, Header(max_length=100)]


class Accepted(BaseModel):
    """The work is queued."""

    task_id: str
    status_url: str


class TaskOptions(BaseModel):
    """What every request for work may say beside the operation's parameters."""

    priority: Priority = Field(
        Priority.INTERACTIVE, description="0, 10, 20 or 30; lower runs first."
    )
    labels: dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=200)]] = (
        Field(default_factory=dict, max_length=20)
    )
    cache: bool = Field(False, description="Take the result of an equal task that is done.")
    project_id: str | None = Field(None, max_length=64)
    hold: bool = Field(False, description="Queue it, but do not start it yet.")


class TransientOptions(TaskOptions):
    """What a request for an operation that can run without a trace may say, too."""

    transient: bool = Field(
        False,
        description="Run it now, without a task: the answer holds the result, which stays in "
        "memory for minutes. The other options do not matter then.",
    )
    slot: str = Field(
        "",
        max_length=64,
        description="Whose transient run this is; a newer one of the same slot takes its place.",
    )


class TransientResult(BaseModel):
    """The result of a transient run; `url` of an output is its file."""

    id: str
    operation: str
    outputs: list[dict[str, Any]]
    warnings: list[dict[str, Any]]
    timings: dict[str, float]


def router(registry: Registry) -> APIRouter:
    """The routes of every operation, and `GET /operations`."""
    made = APIRouter(tags=["operations"])

    @made.get("/operations")
    def list_operations(registry: RegistryDep) -> dict[str, Any]:
        """Operations and value bricks with their schema, ports, category and lane; the kinds that
        their ports name."""
        return {
            "items": [describe(declaration) for declaration in registry],
            "kinds": [kind.public() for kind in all_kinds()],
        }

    for operation in registry.operations():
        _add_route(made, operation)
    return made


def aliases(registry: Registry) -> APIRouter:
    """Core operations at the root, for clients that expect them there."""
    made = APIRouter(tags=["operations"], include_in_schema=False)
    for operation in registry.operations():
        if operation.at_root:
            _add_route(made, operation)
    return made


def _add_route(made: APIRouter, operation: type[Operation]) -> None:
    options = TransientOptions if operation.transient else TaskOptions
    request_model = create_model(
        f"{operation.__name__}Request", __base__=(options, operation), __doc__=operation.__doc__
    )

    async def submit(
        body: Any,
        tasks: TasksDep,
        transients: TransientsDep,
        idempotency_key: IdempotencyKey = None,
        prefer: Prefer = None,
    ) -> Response:
        given = body.model_dump(exclude_unset=True)
        chosen = {name: given.pop(name) for name in TASK_OPTIONS & given.keys()}
        passing = {name: given.pop(name) for name in TRANSIENT_OPTIONS & given.keys()}
        if passing.get("transient"):
            return await _passing(transients, operation.name, given, passing.get("slot", ""))
        options = Options(**chosen, idempotency_key=idempotency_key)
        task = await tasks.submit(operation.name, given, options)
        return await _answer(tasks, task.id, wait_seconds(prefer))

    submit.__annotations__ = {**submit.__annotations__, "body": request_model}
    made.add_api_route(
        f"/{operation.name}",
        submit,
        methods=["POST"],
        status_code=202,
        summary=operation.title,
        description=operation.summary,
        operation_id=f"submit_{operation.name}",
        response_model=None,
        responses={
            202: {"model": Accepted, "description": "Queued."},
            200: _done(operation),
        },
    )


def _done(operation: type[Operation]) -> dict[str, Any]:
    """What OpenAPI says of the answer 200."""
    waited = "Done within the time that `Prefer: wait=N` gave"
    if not operation.transient:
        return {"description": f"{waited}."}
    return {
        "model": TransientResult,
        "description": f"The result of a transient run; or: {waited}.",
    }


async def _passing(
    transients: Transients, name: str, params: dict[str, Any], slot: str
) -> Response:
    """The result of a transient run."""
    found = await transients.run(name, params, slot)
    body = TransientResult(
        id=found.id,
        operation=name,
        outputs=present.transient(found),
        warnings=found.warnings,
        timings=dict(found.timings),
    )
    headers = {"Cache-Control": "no-store"}
    return Response(body.model_dump_json(), 200, headers, media_type="application/json")


async def _answer(tasks: TaskService, task_id: str, seconds: float) -> Response:
    """Written directly: what the studio made itself needs no second look by the framework."""
    body: dict[str, Any] = present.accepted(task_id)
    status = 202
    if seconds:
        task = await tasks.wait(task_id, seconds)
        if task.ended:
            status, body = 200, present.task(tasks.present(task, whole=True))
    headers = {"Location": present.task_url(task_id)}
    return Response(to_json(body), status, headers, media_type="application/json")
