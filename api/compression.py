"""Compression of the large answers that the first load of the page waits for."""

from __future__ import annotations

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

LARGE = frozenset({"/api/operations", "/api/models", "/api/openapi.json"})
MINIMUM = 4096  # bytes
LEVEL = 4  # of 9: nearly as small as the last, in a third of its time


class CompressedLists:
    """Compress the answers of `LARGE` where the client accepts gzip, and no others: images are
    compressed already, and short answers gain nothing."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._compressed = GZipMiddleware(app, minimum_size=MINIMUM, compresslevel=LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        app = self._compressed if scope.get("path") in LARGE else self._app
        await app(scope, receive, send)
