"""Requests that wait: the `Prefer` header (RFC 7240), and clients that disconnect."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from fastapi import Header, Response
from pydantic_core import to_json
from starlette.requests import ClientDisconnect, Request

from api import present
from core.studio.task_service import TaskService
from core.tasks.task import Task as StoredTask
from core.workflows.runner import WorkflowRun

MAX_SECONDS = 300.0
WAIT = re.compile(r'(?:^|[,;\s])wait\s*=\s*"?(\d{1,6})"?(?:$|[,;\s])', re.IGNORECASE)
ASYNC = re.compile(r"(?:^|[,\s])respond-async(?:$|[,;\s])", re.IGNORECASE)
Prefer = Annotated[
    str | None,
    Header(
        max_length=100,
        description=f"`wait=N`: answer 200 with the result if the work ends within N seconds "
        f"({MAX_SECONDS:.0f} at most), otherwise 202. `respond-async`: answer 202.",
        examples=["respond-async"],
    ),
]
T = TypeVar("T")

if TYPE_CHECKING:
    from api.document.tasks import Accepted, Task


def wait_seconds(header: str | None) -> float:
    """The seconds of a `Prefer` header, at most `MAX_SECONDS`; 0 without one."""
    match = WAIT.search(header or "")
    return min(float(match.group(1)), MAX_SECONDS) if match else 0.0


def applied(header: str | None, status: int) -> dict[str, str]:
    """The header `Preference-Applied` of a response: the preferences that were honoured."""
    preferences = []
    if status == 202 and ASYNC.search(header or ""):
        preferences.append("respond-async")
    if WAIT.search(header or ""):
        preferences.append(f"wait={wait_seconds(header):.0f}")
    return {"Preference-Applied": ", ".join(preferences)} if preferences else {}


async def answer(tasks: TaskService, task: StoredTask, prefer: str | None) -> Response:
    """202 with the address of a task just stored, or 200 if it ends in the preferred time."""
    status = 202
    body: Accepted | Task = present.accepted(task.id)
    if seconds := wait_seconds(prefer):
        task = await tasks.wait(task.id, seconds, task)
        if task.ended:
            status, body = 200, present.task(tasks.present(task, whole=True))
    return _response(status, body, present.task_url(task.id), prefer)


async def answer_run(tasks: TaskService, run: WorkflowRun, prefer: str | None) -> Response:
    """202 with the tasks of a run, or 200 with their results if all end in the preferred time."""
    status, body = 202, present.run(run)
    if seconds := wait_seconds(prefer):
        ended = await tasks.wait_all(run.tasks.values(), seconds)
        if all(task.ended for task in ended):
            results = (present.task(tasks.present(task, whole=True)) for task in ended)
            status, body = 200, {**body, "results": dict(zip(run.tasks, results, strict=True))}
    return _response(status, body, body["status_url"], prefer)


def _response(status: int, body: Any, address: str, prefer: str | None) -> Response:
    """The response, written here: FastAPI would validate again what the studio made itself."""
    headers = {"Location": address, **applied(prefer, status)}
    return Response(to_json(body), status, headers, media_type="application/json")


async def until_disconnect(request: Request, work: Awaitable[T]) -> T:
    """The result of `work`, which is cancelled when the client disconnects.

    Raises `ClientDisconnect` then. The body of the request must have been read.
    """
    running = asyncio.ensure_future(work)
    disconnected = asyncio.ensure_future(_disconnected(request))
    try:
        await asyncio.wait({running, disconnected}, return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            raise ClientDisconnect
        return running.result()
    finally:
        for job in (running, disconnected):
            job.cancel()
        await asyncio.gather(running, disconnected, return_exceptions=True)


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
