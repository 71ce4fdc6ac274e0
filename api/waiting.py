"""Requests that wait: the `Prefer: wait=N` header (RFC 7240), and clients that disconnect."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable
from typing import Annotated, Any, TypeVar

from fastapi import Header, Response
from pydantic_core import to_json
from starlette.requests import ClientDisconnect, Request

from api import present
from core.studio.task_service import TaskService

MAX_SECONDS = 300.0
WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*(\d{1,6})(?:$|[,;\s])")
Prefer = Annotated[str | None, Header(max_length=100)]
T = TypeVar("T")


def wait_seconds(header: str | None) -> float:
    """The seconds of a `Prefer` header, at most `MAX_SECONDS`; 0 without one."""
    match = WAIT.search(header or "")
    return min(float(match.group(1)), MAX_SECONDS) if match else 0.0


async def answer(tasks: TaskService, task_id: str, prefer: str | None) -> Response:
    """202 with the address of a task, or 200 with the task if it ends in the preferred time.

    The body is written here: FastAPI would validate again what the studio made itself.
    """
    status, body = 202, dict[str, Any](present.accepted(task_id))
    if seconds := wait_seconds(prefer):
        task = await tasks.wait(task_id, seconds)
        if task.ended:
            status, body = 200, present.task(tasks.present(task, whole=True))
    headers = {"Location": present.task_url(task_id)}
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
