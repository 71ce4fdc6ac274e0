"""What routers ask for."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query
from starlette.requests import HTTPConnection

from core.services import Services


def _services(connection: HTTPConnection) -> Services:
    services: Services = connection.app.state.services
    return services


Studio = Annotated[Services, Depends(_services)]
Limit = Annotated[int, Query(ge=1, le=500)]
Cursor = Annotated[str | None, Query(max_length=200)]
