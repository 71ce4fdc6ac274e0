"""A number for each request: in the header of its answer, and in the log records of its work."""

from __future__ import annotations

import secrets
from itertools import count

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.logs.records import request_id

HEADER = b"x-request-id"


class RequestIds:
    """Name requests; plain ASGI, outside of all other layers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._run = secrets.token_hex(3)
        self._numbers = count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        name = f"{self._run}-{next(self._numbers)}"
        request_id.set(name)

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (HEADER, name.encode())]
            await send(message)

        await self._app(scope, receive, named)
