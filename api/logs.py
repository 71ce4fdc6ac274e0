"""The log, by task, level and logger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, cast

from fastapi import APIRouter, Query

from api.deps import Limit, LogDep
from api.routing import DocumentedRoute
from core.logs.reader import LogFilter

if TYPE_CHECKING:
    from api.document.logs import LogPage

router = APIRouter(prefix="/logs", tags=["system"], route_class=DocumentedRoute)
Level = Literal["debug", "info", "warning", "error", "critical"]
Text = Annotated[str | None, Query(max_length=200)]
LogCursor = Annotated[str | None, Query(max_length=64)]


@router.get("")
async def list_log(
    log: LogDep,
    task: Annotated[Text, Query(description="ID of a task that a record belongs to.")] = None,
    level: Annotated[Level | None, Query(description="This level and those above.")] = None,
    logger: Annotated[Text, Query(description="A logger and those below it: `core.tasks`.")] = None,
    q: Annotated[Text, Query(description="Text of the message, in any case.")] = None,
    request: Annotated[Text, Query(description="ID of a request: `X-Request-Id`.")] = None,
    after: Annotated[
        LogCursor, Query(description="`newest` of an earlier answer: only later records.")
    ] = None,
    before: Annotated[
        LogCursor, Query(description="`older` of an earlier answer: only older records.")
    ] = None,
    limit: Limit = 100,
) -> LogPage:
    """Records of the log, oldest first. Without `after`, the last ones."""
    wanted = LogFilter(task=task, level=level, logger=logger, q=q, request=request)
    return cast("LogPage", await log.read(wanted, limit, after, before))
