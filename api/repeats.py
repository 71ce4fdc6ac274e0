"""Repeated requests: the `Idempotency-Key` header, bound to the route and the body."""

from __future__ import annotations

import asyncio
import hashlib
import json
from typing import Annotated, Any

from fastapi import Depends, Header, Request

from api.bodies import PARSED
from core.tasks.request_key import RequestKey

IdempotencyKey = Annotated[
    str | None,
    Header(
        max_length=200,
        description="A text of your choice. A repeated request with the same key returns the "
        "tasks of the first; another route or body with that key is refused (422).",
        examples=["order-17"],
    ),
]


async def request_key(
    request: Request, idempotency_key: IdempotencyKey = None
) -> RequestKey | None:
    """The key of a request with a digest of its route and body; None without a key."""
    if not idempotency_key:
        return None
    other = await request.body() if PARSED not in request.scope else b""
    body = request.scope.get(PARSED, other.decode("latin-1"))
    digest = await asyncio.to_thread(_digest, request.url.path.removeprefix("/api"), body)
    return RequestKey(idempotency_key, digest)


def _digest(route: str, body: Any) -> str:
    """Equal for bodies that are equal as JSON, in whatever order their keys come."""
    text = json.dumps([route, body], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


RequestKeyDep = Annotated[RequestKey | None, Depends(request_key)]
