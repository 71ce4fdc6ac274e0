"""Request bodies: limits of bytes, values and depth, checked before an object is built.

Plain ASGI. A JSON body is read whole, checked, parsed once, and left in the scope for the route;
other bodies (forms with a file) pass through in parts, counted.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine
from typing import Any

from pydantic_core import from_json
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope

from api.routing import DocumentedRoute
from core.errors import InvalidInput, TooLarge
from core.nesting import MAX_INPUT_DEPTH

VALUES_MAX = 100_000
"""Values, keys and punctuation marks of a JSON body; the largest workflow has about 20,000."""
IN_THREAD = 1 << 16
"""Bytes from which a body is parsed outside of the event loop."""
SMALL = {
    "/api/session": 1 << 10,
    "/api/settings": 1 << 16,
    "/api/vocabulary": 1 << 12,
    "/api/tasks/cancel": 1 << 16,
}
"""Bytes of the bodies of routes that need no more."""
PARSED = "qpyt.json"

_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?+|[\[\]{},:]', re.DOTALL)


class JsonRequest(Request):
    """A request whose JSON body was parsed already."""

    async def json(self) -> Any:
        """The body as `read_json` parsed it."""
        return self.scope[PARSED] if PARSED in self.scope else await super().json()


class JsonRoute(DocumentedRoute):
    """A route that takes a body."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, called with a `JsonRequest`."""
        handle = super().get_route_handler()

        async def handle_parsed(request: Request) -> Response:
            return await handle(JsonRequest(request.scope, request.receive))

        return handle_parsed


class Bounded:
    """A `receive` that stops at the size limit of the body."""

    def __init__(self, receive: Receive, headers: Headers, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._seen = 0
        declared = headers.get("content-length", "0")
        if declared.isascii() and declared.isdigit() and int(declared[:20]) > limit:
            raise self._too_large()

    async def __call__(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._seen += len(message.get("body", b""))
            if self._seen > self._limit:
                # the framework lets its own exception through where it would turn others into 400
                error = self._too_large()
                raise HTTPException(error.status, error.detail)
        return message

    async def read(self) -> bytes:
        """The whole body. Raises `TooLarge` or `ClientDisconnect`."""
        parts = []
        more = True
        while more:
            try:
                message = await self()
            except HTTPException as error:
                raise self._too_large() from error
            if message["type"] != "http.request":
                raise ClientDisconnect
            parts.append(message.get("body", b""))
            more = message.get("more_body", False)
        return b"".join(parts)

    def _too_large(self) -> TooLarge:
        return TooLarge(f"The body is larger than {self._limit} bytes.", fix="Send a smaller body.")


async def read_json(scope: Scope, bounded: Bounded) -> Receive:
    """Parse the JSON body into the scope; return a `receive` that gives the body once more.

    Raises `TooLarge`, or `InvalidInput` for what is no JSON in UTF-8: so no text of a request
    holds half of a surrogate pair.
    """
    body = await bounded.read()
    if len(body) >= IN_THREAD:
        scope[PARSED] = await asyncio.to_thread(_parse, body)
    elif body:
        scope[PARSED] = _parse(body)
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return messages.pop() if messages else await bounded()

    return receive


def _parse(body: bytes) -> Any:
    check_structure(body)
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise InvalidInput(f"The body is not JSON: {error}.", fix="Send JSON in UTF-8.") from error


def check_structure(body: bytes) -> None:
    """Raise `TooLarge` or `InvalidInput` where JSON has too many values or levels."""
    opening = body.count(b"[") + body.count(b"{")
    marks = opening + body.count(b",") + body.count(b":")
    if marks <= VALUES_MAX and opening <= MAX_INPUT_DEPTH:
        return  # also if each mark stood outside of texts
    depth = 0
    for place, token in enumerate(_TOKEN.finditer(body)):
        sign = token.group()[:1]
        if place > VALUES_MAX:
            raise TooLarge(f"The body has more than {VALUES_MAX} values.", fix="Send fewer.")
        depth += (sign in b"[{") - (sign in b"]}")
        if depth > MAX_INPUT_DEPTH:
            raise InvalidInput(
                f"The body is nested more than {MAX_INPUT_DEPTH} levels deep.",
                fix="Send flatter JSON.",
            )
