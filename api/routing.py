"""Routes whose answers are documented by the return types of their functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi.routing import APIRoute


class DocumentedRoute(APIRoute):
    """A route that answers what its function returns, as it is.

    The return type is for the OpenAPI document (`api.document`) and the type checker. FastAPI
    would build a validator from it at start, and validate again what the studio made itself.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        empty = options.get("status_code") == 204
        super().__init__(path, endpoint, **{**options, "response_model": None if empty else Any})
