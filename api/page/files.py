"""The files of the page: the document and its bundles, and every file as it is in `web/`."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import Response
from starlette.routing import Match, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from api.files import FOR_EVER, is_current
from api.page.names import NAMES

if TYPE_CHECKING:
    from api.page.bundles import Build, Bundle, Bundles

THEME_COOKIE = "qpyt_theme"
THEMES = frozenset({"light", "dark"})
FONT = ".woff2"
"""Ending of fonts, which have their version in their name and never change."""


class PageFiles(Mount):
    """The page's files: all paths outside /api, where errors stay problem documents."""

    def __init__(self, folder: Path) -> None:
        super().__init__("/", _Files(folder), name="web")

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """No match under /api, so that a wrong method there is not taken for a missing file."""
        path = scope["path"]
        if path == "/api" or path.startswith("/api/"):
            return Match.NONE, {}
        return super().matches(scope)


class _Files(StaticFiles):
    """The files of a folder; its document and what that names come from the bundles."""

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder, html=True)
        self._folder = folder
        self._bundles: Bundles | None = None

    async def get_response(self, path: str, scope: Scope) -> Response:
        """See `StaticFiles`. `path`: `.` for the document."""
        if scope["method"] == "GET" and (path == "." or path in NAMES):
            build = await asyncio.to_thread(self._build)
            if path == ".":
                return _document(build.document, Headers(scope=scope))
            if path in build.bundles:
                return _bundle(build.bundles[path], scope)
        response = await super().get_response(path, scope)
        if path.endswith(FONT):
            response.headers["Cache-Control"] = FOR_EVER
            response.headers["Content-Type"] = "font/woff2"  # no system's table of types is needed
        return response

    def _build(self) -> Build:
        """The current build. The start of the server does not wait for the modules that make it."""
        if self._bundles is None:
            from api.page.bundles import Bundles

            self._bundles = Bundles(self._folder)
        return self._bundles.current()


def page_paths(folder: Path) -> frozenset[str]:
    """The addresses of the page's files, as they are when the server starts, and of its bundles."""
    files = (file for file in folder.rglob("*") if file.is_file())
    paths = (*(file.relative_to(folder).as_posix() for file in files), *NAMES)
    return frozenset({"/", *(f"/{path}" for path in paths)})


def _document(text: str, headers: Headers) -> Response:
    """The document in the theme of the visitor, so that no script runs before it is painted."""
    theme = cookie_parser(headers.get("cookie", "")).get(THEME_COOKIE, "")
    if theme in THEMES:
        text = text.replace("<html ", f'<html data-theme="{theme}" ', 1)
    body = text.encode()
    own = {"ETag": f'"{hashlib.sha256(body).hexdigest()[:16]}"', "Vary": "Cookie"}
    if is_current(headers.get("if-none-match"), own):
        return Response(status_code=304, headers=own)
    return Response(body, headers=own, media_type="text/html")


def _bundle(bundle: Bundle, scope: Scope) -> Response:
    """A bundle, compressed where the client accepts it. Its address names its content."""
    headers = Headers(scope=scope)
    packed = accepts_gzip(headers.get("accept-encoding", ""))
    version = parse_qs(scope["query_string"].decode("latin-1")).get("v")
    own = {"ETag": f'"{bundle.tag}{"-gzip" if packed else ""}"', "Vary": "Accept-Encoding"}
    if version == [bundle.tag]:
        own["Cache-Control"] = FOR_EVER
    if packed:
        own["Content-Encoding"] = "gzip"
    if is_current(headers.get("if-none-match"), own):
        return Response(status_code=304, headers=own)
    body = bundle.packed if packed else bundle.body
    return Response(body, headers=own, media_type=bundle.media_type)


def accepts_gzip(accepted: str) -> bool:
    """True where an Accept-Encoding header names gzip, and not with a weight of zero."""
    for coding in accepted.lower().split(","):
        name, _, weight = coding.partition(";")
        if name.strip() in ("gzip", "x-gzip"):
            return weight.strip().removeprefix("q=").strip() not in ("0", "0.0", "0.00", "0.000")
    return False
