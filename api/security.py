"""Access control: Host, Origin, token, content type and body, and the headers of every response.

Closed by default: without the token, only `OPEN_PATHS` and the page's own files answer, whatever
the method. Plain ASGI, so that WebSocket upgrades pass through the same checks. A browser on any
page can send requests to this machine; the Host check stops names that were rebound to it, the
Origin check stops other sites' pages. See docs/architecture.md.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.bodies import SMALL, Bounded, read_json
from api.clients import WrongTokens
from api.connections import network
from api.headers import with_headers
from api.problems import problem
from core.errors import NotFound, Refused, StudioError, TokenRequired
from core.settings import LOOPBACK, Settings

COOKIE = "qpyt_session"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
READ_METHODS = frozenset({"GET", "HEAD"})
# The only routes that answer without the token: for monitors, and to sign in.
OPEN_PATHS = frozenset({"/api/health", "/api/health/ready", "/api/session"})
UPLOADS = "/api/assets"
FILE_PATHS = frozenset({UPLOADS, "/api/workflows/import", "/api/datasets/import"})
FORMS = frozenset({"multipart/form-data"})
BODY_TYPES = FORMS | {"application/json"}


class WrongHost(Refused):
    """The Host header is not an address of this studio."""

    code = "host_refused"
    status = 421
    title = "Unknown host"
    fix = "Use the address that the studio printed, or add the name to QPYT_ALLOWED_HOSTS."


class ForeignOrigin(Refused):
    """The request comes from a page of another site."""

    code = "origin_refused"
    title = "Requests of other sites are refused"


class WrongType(StudioError):
    """The content type of the body is not supported."""

    code = "wrong_type"
    status = 415
    title = "Content type not supported"
    fix = "Send `Content-Type: application/json`, or a multipart form for a file."


def session_value(token: str) -> str:
    """The value of the cookie, derived from the token without revealing it."""
    return hmac.new(token.encode(), b"qpyt session", hashlib.sha256).hexdigest()


class Guard:
    """Pass a request on, or answer with a problem document."""

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        token: str | None,
        static_paths: Collection[str],
        wrong_tokens: WrongTokens,
    ) -> None:
        """`token`: None opens everything. `static_paths`: the addresses of the page's files."""
        self._app = app
        self._wrong_tokens = wrong_tokens
        self._static_paths = static_paths
        self._token = token
        self._settings = settings
        self._names = {*LOOPBACK, *(name.lower() for name in settings.allowed_hosts)}
        self._any_address = not settings.on_loopback

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        send = with_headers(send) if scope["type"] == "http" else _answered(scope, receive, send)
        try:
            headers = Headers(scope=scope)
            self._check_host(headers)
            self._check_origin(scope, headers)
            _check_type(headers)
            self._check_token(scope, headers)
            bounded = Bounded(receive, headers, self._limit(scope["path"], headers))
            if scope["type"] == "http" and _media_type(headers) == "application/json":
                receive = await read_json(scope, bounded)
            else:
                receive = bounded
        except ClientDisconnect:
            return
        except StudioError as error:
            await problem(error)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _limit(self, path: str, headers: Headers) -> int:
        """The bytes that the body of a path may have."""
        if path in FILE_PATHS and (path == UPLOADS or _media_type(headers) in FORMS):
            return self._settings.max_upload_bytes + (1 << 20)  # room for the multipart frame
        return min(self._settings.max_body_bytes, SMALL.get(path, self._settings.max_body_bytes))

    def _check_host(self, headers: Headers) -> None:
        host = headers.get("host", "")
        name = (urlsplit(f"//{host}").hostname or "") if _plain_host(host) else ""
        known = name in self._names or (self._any_address and _is_address(name))
        if known and len(headers.getlist("host")) == 1:  # of two, others may believe the second
            return
        raise WrongHost(f"The host {host[:100]!r} is not allowed.")

    def _check_origin(self, scope: Scope, headers: Headers) -> None:
        upgrade = scope["type"] == "websocket"
        if not upgrade and scope["method"] in SAFE_METHODS:
            return
        origin = headers.get("origin")
        if origin is None:
            foreign = headers.get("sec-fetch-site", "none") not in ("same-origin", "none")
            if upgrade or foreign:
                raise ForeignOrigin("The request has no Origin header of the studio's page.")
        elif _origin_host(origin) != headers.get("host"):
            raise ForeignOrigin(f"The origin {origin[:100]!r} is not allowed.")

    def _check_token(self, scope: Scope, headers: Headers) -> None:
        if self._token is None or self._is_open(scope):
            return
        scheme, _, given = headers.get("authorization", "").partition(" ")
        bearer = given.strip() if scheme.lower() == "bearer" else ""
        cookie = cookie_parser(headers.get("cookie", "")).get(COOKIE, "")
        client = network(scope.get("client"))
        if bearer or cookie:
            self._wrong_tokens.check(client)
        by_token = hmac.compare_digest(bearer.encode(), self._token.encode())
        by_cookie = hmac.compare_digest(cookie.encode(), session_value(self._token).encode())
        if not (by_token or by_cookie):
            if bearer or cookie:
                self._wrong_tokens.add(client, bearer or cookie)
            raise TokenRequired("The request has no valid token.")

    def _is_open(self, scope: Scope) -> bool:
        """True where no token is needed: HTTP only, and only by exact path."""
        if scope["type"] != "http":
            return False
        static = scope["method"] in READ_METHODS and scope["path"] in self._static_paths
        return static or scope["path"] in OPEN_PATHS


def _answered(scope: Scope, receive: Receive, send: Send) -> Send:
    """A `send` that answers a refused upgrade with a problem document, as HTTP does."""
    accepted = False

    async def wrapped(message: Message) -> None:
        nonlocal accepted
        accepted = accepted or message["type"] == "websocket.accept"
        if message["type"] == "websocket.close" and not accepted:
            error = NotFound(f"There is no event stream at {scope['path'][:200]}.")
            await problem(error)(scope, receive, send)
        else:
            await send(message)

    return wrapped


def _check_type(headers: Headers) -> None:
    """Refuse the types that a page of any site can send without a preflight request."""
    empty = headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers
    kind = _media_type(headers)
    if not empty and kind not in BODY_TYPES:
        raise WrongType(f"The content type {kind[:100]!r} is not supported.")


def _media_type(headers: Headers) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _origin_host(origin: str) -> str | None:
    """The host and port of an origin; None where it has none."""
    try:
        return urlsplit(origin).netloc if "://" in origin else None
    except ValueError:
        return None


def _plain_host(host: str) -> bool:
    try:
        urlsplit(f"//{host}").port  # noqa: B018  raises ValueError when it is no port
    except ValueError:
        return False
    return not set(host) & set("/@?#\\ ") and not host.endswith(".")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
