"""Dependencies of routers: each route takes the parts of the studio that it uses.

Those of parts that no start builds are in modules of their own, as here their types would be
imported.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import Parameter, Signature
from typing import Annotated, TypeVar

from fastapi import Depends, Header, Path, Query
from starlette.requests import HTTPConnection

from core.events import EventBus
from core.operations.declaration.registry import Registry
from core.settings import Settings
from core.store.assets import Assets
from core.studio.log_service import LogService
from core.studio.machine_service import MachineService
from core.studio.queue_desk import QueueDesk
from core.studio.readiness import Readiness
from core.studio.services import Services
from core.studio.settings_service import SettingsService
from core.studio.status import StudioStatus
from core.studio.task_service import TaskService
from core.tasks.dispatcher import Dispatcher
from core.tasks.queue import Queue
from core.tasks.transient import Transients

T = TypeVar("T")

# Read once, else FastAPI evaluates the annotations again for each use in a route.
_SIGNATURE = Signature(
    [Parameter("connection", Parameter.POSITIONAL_OR_KEYWORD, annotation=HTTPConnection)]
)


def part(get: Callable[[Services], T]) -> Callable[[HTTPConnection], Awaitable[T]]:
    """A dependency that returns one part of the application's services."""

    # async, because FastAPI runs a plain function in a thread: two switches for every request
    async def dependency(connection: HTTPConnection) -> T:
        return get(connection.app.state.services)

    dependency.__signature__ = _SIGNATURE  # type: ignore[attr-defined]
    return dependency


AssetsDep = Annotated[Assets, Depends(part(lambda services: services.assets))]
DeskDep = Annotated[QueueDesk, Depends(part(lambda services: services.desk))]
DispatcherDep = Annotated[Dispatcher, Depends(part(lambda services: services.dispatcher))]
EventsDep = Annotated[EventBus, Depends(part(lambda services: services.bus))]
LogDep = Annotated[LogService, Depends(part(lambda services: services.log))]
MachineDep = Annotated[MachineService, Depends(part(lambda services: services.machine))]
QueueDep = Annotated[Queue, Depends(part(lambda services: services.queue))]
ReadinessDep = Annotated[Readiness, Depends(part(lambda services: services.readiness))]
RegistryDep = Annotated[Registry, Depends(part(lambda services: services.registry))]
SettingsDep = Annotated[Settings, Depends(part(lambda services: services.settings))]
SettingsServiceDep = Annotated[
    SettingsService, Depends(part(lambda services: services.settings_service))
]
StatusDep = Annotated[StudioStatus, Depends(part(lambda services: services.status))]
TasksDep = Annotated[TaskService, Depends(part(lambda services: services.tasks))]
TransientsDep = Annotated[Transients, Depends(part(lambda services: services.transients))]

Limit = Annotated[int, Query(ge=1, le=500, description="Items of a page, at most.")]
Cursor = Annotated[
    str | None,
    Query(max_length=200, description="`next_cursor` of a page; without it, the first page."),
]
IfNoneMatch = Annotated[
    str | None, Header(description="`ETag` of the state that the client has: 304 if it is current.")
]
TaskId = Annotated[str, Path(description="ID of a task.")]
AssetId = Annotated[str, Path(description="ID of an asset.")]
ModelId = Annotated[str, Path(description="ID of a model.")]
WorkflowName = Annotated[str, Path(description="Name of a workflow.")]
