"""The server process: socket, token, lock, uvicorn, clean shutdown."""

from __future__ import annotations

import errno
import gc
import logging
import os
import secrets
import signal
import socket
import sys
import webbrowser
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import uvicorn

from api.app import create_app
from api.connections import UNREAD_MAX, Connection
from core.errors import Conflict, InvalidInput
from core.logs.console import ConsoleFormatter
from core.settings import Settings
from core.store import atomic
from core.studio.services import Services

GOODBYE_SECONDS = 2  # for open event streams; tasks have their own grace


class PortBusy(Conflict):
    """Another program listens on the port."""

    code = "port_busy"
    title = "The port is in use"


def run(settings: Settings, announce: Callable[[str], None]) -> None:
    """Serve until a signal stops the server. `announce` receives the address.

    Raises `PortBusy` and `DataDirectoryBusy` before anything is started.
    """
    listening = bind(settings.host, settings.port)
    port = listening.getsockname()[1]
    shown = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host
    address = f"http://{f'[{shown}]' if ':' in shown else shown}:{port}"
    token = None if settings.on_loopback else read_token(settings)
    services = Services(settings)
    services.lock.acquire(address)
    services.database.migrate()  # here, where a failure is one sentence
    app = create_app(services, token=token, address=address, on_open=_collect_again)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=GOODBYE_SECONDS,
        server_header=False,
        http=Connection,
        ws_max_size=1 << 16,
        ws_per_message_deflate=False,  # costs more than all else for every client and event
    )
    services.log.redact.add(token or "")
    console = logging.StreamHandler()
    console.setFormatter(ConsoleFormatter(services.log.redact))
    logging.basicConfig(level=settings.log_level.upper(), handlers=[console])
    logging.getLogger("uvicorn.error").addFilter(quiet_connections)
    # uvicorn raises the signal again after a clean end; by then it means: leave with success
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    announce(address)
    _open_page(settings, address)
    try:
        _Server(config).run(sockets=[listening])
    except KeyboardInterrupt:
        pass
    finally:
        services.lock.release()


def _collect_again() -> None:
    """End the pause of the collector, which `main.serve` begins.

    What is loaded once the studio is open stays for good: no collection needs to look at it again.
    """
    gc.freeze()
    gc.enable()


def quiet_connections(record: logging.LogRecord) -> bool:
    """Keep the opening and closing of sockets out of the log, unless its level is debug.

    Every page holds a socket, so that these lines would be most of the log.
    """
    message = record.msg if isinstance(record.msg, str) else ""
    noise = message in ("connection open", "connection closed") or "WebSocket" in message
    if not noise or record.levelno > logging.INFO:
        return True
    return logging.getLogger().isEnabledFor(logging.DEBUG)


class _Server(uvicorn.Server):
    """A server that the second signal ends at once."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self.should_exit:
            # Not sys.exit, which would wait for threads. Nothing is lost: a kill is no worse.
            os._exit(128 + sig)
        super().handle_exit(sig, frame)


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; raises `PortBusy`, or `InvalidInput` for a foreign address."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    if os.name != "nt":  # there the option would allow two servers on one port
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):  # its connections inherit it
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNREAD_MAX)
    try:
        listening.bind((host, port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
            raise InvalidInput(
                f"This machine has no address {host!r}.",
                field="host",
                fix="Listen on 127.0.0.1, on 0.0.0.0, or on an address of this machine.",
            ) from error
        raise PortBusy(
            f"Port {port} on {host} cannot be used: {error.strerror or error}.",
            field="port",
            fix=f"Choose another port: `main.py serve --port {port + 1}` or QPYT_PORT={port + 1}.",
        ) from error
    listening.set_inheritable(False)
    return listening


def read_token(settings: Settings) -> str:
    """The token of the settings, or the one in the data directory, made when it is missing."""
    given = settings.token.get_secret_value().strip() if settings.token else ""
    if given:
        return given  # an empty one would open the studio to everybody
    path = token_file(settings)
    if not path.exists():
        atomic.make_folder(path.parent)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(32))
    return path.read_text(encoding="utf-8").strip()


def token_file(settings: Settings) -> Path:
    """The path of the token."""
    return settings.data_dir / "token"


def _open_page(settings: Settings, address: str) -> None:
    display = sys.platform in ("darwin", "win32") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )
    if settings.open_browser and display and sys.stdout.isatty():
        webbrowser.open(address)
