"""What routers ask for."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query
from starlette.requests import HTTPConnection

from core.studio.services import Services


async def _services(connection: HTTPConnection) -> Services:
    # async, for what is not async is run in a thread: twice the way for every request
    services: Services = connection.app.state.services
    return services


Studio = Annotated[Services, Depends(_services)]
Limit = Annotated[int, Query(ge=1, le=500)]
Cursor = Annotated[str | None, Query(max_length=200)]
