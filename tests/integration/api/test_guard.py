"""The guard: hosts, origins, tokens, and the headers of every response."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from pydantic import SecretStr
from websockets.exceptions import InvalidMessage, InvalidStatus
from websockets.sync.client import connect

from api.headers import HEADERS
from api.problems import problem
from api.server import read_token
from core.errors import StudioError
from core.settings import Settings
from core.studio import Studio
from tests.integration.conftest import MakeServer
from tests.integration.process import LAZY, Server, until


def place(server: Server) -> tuple[str, int]:
    host, _, port = server.url.removeprefix("http://").partition(":")
    return host, int(port)


def raw_answer(server: Server, request: str) -> str:
    """Return the answer to a request that no client library would send."""
    with socket.create_connection(place(server), 30) as connection:
        connection.sendall(request.encode("latin-1"))
        return connection.makefile("rb").read().decode()


def raw(server: Server, request: str) -> str:
    """Return the first line of such an answer."""
    return raw_answer(server, request).partition("\r\n")[0]


OWN_HOSTS = [
    "127.0.0.1:{port}",
    "localhost:{port}",
    "LOCALHOST:{port}",
    "[::1]:{port}",
    "127.0.0.1",
]
FOREIGN_HOSTS = [
    "evil.example",
    "evil.example:{port}",
    "127.0.0.1.evil.example:{port}",
    "localhost.:{port}",
    "localhost.evil.example",
    "127.0.0.1:{port}@evil.example",
    "evil.example#127.0.0.1",
    "evil.example\\@127.0.0.1",
    "127.0.0.1:port",
    "0.0.0.0:{port}",
    "[::ffff:127.0.0.1]:{port}",
    "2130706433:{port}",
    "",
]


@pytest.mark.parametrize("host", OWN_HOSTS)
def test_the_studio_answers_for_this_machine(studio: Server, host: str) -> None:
    name = host.format(port=place(studio)[1])
    assert studio.http.get("/api/queue", headers={"Host": name}).status_code == 200


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
@pytest.mark.parametrize("path", ["/", "/api/queue", "/api/health", "/app.js", "/api/assets"])
def test_the_studio_does_not_answer_for_another_host(studio: Server, host: str, path: str) -> None:
    name = host.format(port=place(studio)[1])
    line = raw(studio, f"GET {path} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n")
    assert line.split()[1] in ("421", "400"), line


def test_a_request_with_two_hosts_or_none_is_refused(studio: Server) -> None:
    port = place(studio)[1]
    own = f"Host: 127.0.0.1:{port}\r\n"
    for hosts in ("", own + "Host: evil.example\r\n", "Host: evil.example\r\n" + own):
        line = raw(studio, f"GET /api/queue HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n")
        assert line.split()[1] in ("400", "421"), (hosts, line)


def test_a_configured_name_is_answered_for(make_server: MakeServer) -> None:
    server = make_server(QPYT_ALLOWED_HOSTS="studio.example, other.example").start()
    for host, status in (("studio.example", 200), ("OTHER.example:8443", 200), ("x.example", 421)):
        assert server.http.get("/api/queue", headers={"Host": host}).status_code == status
    proxied = {"Host": "studio.example", "Origin": "https://studio.example"}
    assert server.http.post("/api/queue/pause", headers=proxied).status_code == 200


FOREIGN: list[dict[str, str]] = [
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
    {"Origin": "http://localhost.evil.example:{port}"},
    {"Origin": "file://"},
    {"Origin": "http://["},
    {"Origin": "http://[::1"},
    {"Origin": ""},
    {"Origin": "127.0.0.1:{port}"},
    {"Origin": "http://evil.example@127.0.0.1:{port}"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


def changing_routes(server: Server) -> Iterator[tuple[str, str]]:
    """Every route that is not a GET, with something in the place of its names."""
    for path, methods in server.get("/api/openapi.json")["paths"].items():
        for method in methods:
            if method != "get":
                yield method.upper(), path.replace("{", "").replace("}", "")
    yield "POST", "/generate"


@pytest.mark.parametrize("headers", FOREIGN, ids=lambda headers: str(headers))
def test_a_page_of_another_site_can_change_nothing(studio: Server, headers: dict[str, str]) -> None:
    port = place(studio)[1]
    sent = {name: value.format(port=port) for name, value in headers.items()}
    routes = list(changing_routes(studio))
    assert len(routes) > 20
    for method, path in routes:
        answer = studio.http.request(method, path, headers=sent, json={})
        assert answer.status_code == 403, (method, path, answer.text)
        assert answer.json()["code"] == "origin_refused"


def test_the_studios_own_page_and_plain_clients_can(studio: Server) -> None:
    port = place(studio)[1]
    for headers in (
        {"Origin": studio.url},
        {"Origin": f"http://localhost:{port}", "Host": f"localhost:{port}"},
        {"Origin": studio.url, "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {},
    ):
        assert studio.http.post("/api/queue/resume", headers=headers).status_code == 200


def refused_upgrade(server: Server, **options: Any) -> bool:
    address = server.url.replace("http", "ws") + "/api/ws"
    try:
        with connect(address, proxy=None, **options):
            return False
    except (InvalidStatus, InvalidMessage):
        return True


@pytest.mark.parametrize("origin", [head["Origin"] for head in FOREIGN if head.get("Origin")])
def test_a_page_of_another_site_cannot_listen(studio: Server, origin: str) -> None:
    assert refused_upgrade(studio, origin=origin.format(port=place(studio)[1]))


def test_an_upgrade_without_origin_or_for_another_host_is_refused(studio: Server) -> None:
    assert refused_upgrade(studio)
    line = raw(
        studio,
        "GET /api/ws HTTP/1.1\r\nHost: evil.example\r\nOrigin: http://evil.example\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
    )
    assert line.split()[1] == "421"
    assert not refused_upgrade(studio, origin=studio.url)


# What every answer carries


@pytest.mark.parametrize(
    "path", ["/", "/api/queue", "/api/none", "/api/empty", "/metrics", "/api/openapi.json"]
)
def test_every_answer_carries_the_security_headers(studio: Server, path: str) -> None:
    headers = studio.http.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "connect-src 'self';" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["x-frame-options"] == "DENY"
    assert "server" not in headers


def test_refusals_carry_them_too_and_no_answer_invites_other_sites(studio: Server) -> None:
    for headers in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}):
        answer = studio.http.post("/api/queue/pause", headers=headers)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert not [name for name in answer.headers if name.startswith("access-control")]
    preflight = studio.http.options(
        "/api/empty",
        headers={"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"},
    )
    assert not [name for name in preflight.headers if name.startswith("access-control")]


def test_a_crash_inside_the_server_is_a_plain_problem_with_the_headers(studio: Server) -> None:
    """Whatever is asked, a mistake never shows its traceback."""
    for path in ("/api/tasks?cursor=" + "A" * 100, "/api/events?after=" + "9" * 60):
        answer = studio.http.get(path) if "events" not in path else None
        assert answer is None or answer.status_code < 500


def test_pictures_and_thumbnails_cannot_run_scripts(studio: Server) -> None:
    output = studio.done(studio.submit("painting"))["outputs"][0]
    for address in (output["url"], output["thumbnail_url"]):
        answer = studio.http.get(address)
        assert answer.headers["content-type"] in ("image/png", "image/webp")
        assert answer.headers["content-security-policy"].startswith("sandbox")
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_only_one_port_listens_and_no_worker_listens(studio: Server) -> None:
    studio.done(studio.submit("empty"))
    port = place(studio)[1]
    family = [studio.process, *studio.workers()]
    listening = [
        (process.pid, socket_.laddr.port)
        for process in family
        for socket_ in process.net_connections("inet")
        if socket_.status == psutil.CONN_LISTEN
    ]
    assert listening == [(studio.process.pid, port)]


def test_an_unexpected_error_and_a_refused_upgrade_carry_them_too(studio: Server) -> None:
    headers = problem(StudioError("An internal error occurred.")).headers
    assert {name: headers[name] for name in HEADERS} == HEADERS
    for path, status in (("/api/ws", "403"), ("/api/none", "404")):
        own = f"Host: {studio.url.removeprefix('http://')}\r\n"
        origin = f"Origin: {studio.url}\r\n" if status == "404" else ""
        answer = raw_answer(
            studio,
            f"GET {path} HTTP/1.1\r\n{own}{origin}Upgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
        )
        assert answer.split()[1] == status
        assert "x-content-type-options: nosniff" in answer.lower()


# Open to other machines


@pytest.fixture(scope="module")
def open_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("open") / "data", host="0.0.0.0", **LAZY).start()
    yield server
    server.stop()


def token_of(server: Server) -> str:
    return (server.data_dir / "token").read_text(encoding="utf-8").strip()


GUARDED = ["/api/queue", "/api/tasks", "/api/assets", "/api/system", "/api/events", "/metrics",
           "/api/openapi.json", "/api/workflows", "/api/none"]  # fmt: skip


@pytest.mark.parametrize("path", GUARDED)
def test_other_machines_need_the_token(open_server: Server, path: str) -> None:
    for headers in (
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer"},
        {"Authorization": token_of(open_server)},
        {"Authorization": f"Basic {token_of(open_server)}"},
        {"Cookie": "qpyt_session=wrong"},
        {"Cookie": f"qpyt_session={token_of(open_server)}"},
        {"Authorization": "Bearer t\xf6ken".encode("latin-1")},
    ):
        answer = httpx.get(open_server.url + path, headers=headers, trust_env=False)  # type: ignore[arg-type]
        assert answer.status_code == 401, headers
        assert answer.json()["code"] == "token_required"
        assert answer.headers["www-authenticate"] == "Bearer"
        assert token_of(open_server) not in answer.text


def test_with_the_token_everything_is_open(open_server: Server) -> None:
    headers = {"Authorization": f"Bearer {token_of(open_server)}"}
    assert open_server.http.get("/api/queue", headers=headers).status_code == 200
    lower = {"Authorization": f"bearer {token_of(open_server)}"}  # schemes have no case
    assert open_server.http.get("/api/queue", headers=lower).status_code == 200
    body = {"prompt": "a house", "hold": True}
    assert open_server.http.post("/generate", json=body).status_code == 401
    assert open_server.http.post("/generate", json=body, headers=headers).status_code == 202


def test_health_and_the_page_answer_without_a_token(open_server: Server) -> None:
    with httpx.Client(base_url=open_server.url, trust_env=False) as stranger:
        for path in ("/", "/app.js", "/api/health"):
            assert stranger.get(path).status_code == 200
        assert stranger.get("/api/health/ready").status_code in (200, 503)


def test_the_page_trades_the_token_for_a_cookie(open_server: Server) -> None:
    with httpx.Client(base_url=open_server.url, trust_env=False) as page:
        wrong = page.post("/api/session", json={"token": "wrong"})
        assert (wrong.status_code, wrong.json()["field"]) == (401, "token")
        assert page.get("/api/queue").status_code == 401
        signed = page.post("/api/session", json={"token": token_of(open_server)})
        assert signed.status_code == 204
        cookie = signed.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert token_of(open_server).lower() not in cookie
        assert page.get("/api/queue").status_code == 200
        assert page.post("/api/queue/resume").status_code == 200
        foreign = page.post("/api/queue/pause", headers={"Origin": "http://evil.example"})
        assert foreign.status_code == 403


def test_the_event_stream_needs_the_token_too(open_server: Server) -> None:
    own = open_server.url
    assert refused_upgrade(open_server, origin=own)
    bearer = {"Authorization": f"Bearer {token_of(open_server)}"}
    assert not refused_upgrade(open_server, origin=own, additional_headers=bearer)


def test_the_token_is_kept_from_other_users_and_survives_a_restart(
    make_server: MakeServer,
) -> None:
    server = Server(make_server().data_dir, host="0.0.0.0", **LAZY)
    try:
        server.start()
        first = token_of(server)
        assert len(first) >= 32
        assert (server.data_dir / "token").stat().st_mode & 0o077 == 0
        assert first not in server.log.read_text(encoding="utf-8")
        server.stop()
        server.start()
        assert token_of(server) == first
    finally:
        server.stop()
        server.http.close()


@pytest.mark.parametrize("empty", ["", "   "])
def test_an_empty_token_in_the_settings_does_not_open_the_studio(
    tmp_path: Path, empty: str
) -> None:
    settings = Settings(data_dir=tmp_path, token=SecretStr(empty), host="0.0.0.0")
    token = read_token(settings)
    assert len(token) >= 32
    assert read_token(settings) == token


def test_an_address_is_answered_for_but_a_name_is_not(open_server: Server) -> None:
    headers = {"Authorization": f"Bearer {token_of(open_server)}"}
    for host, status in (("192.168.1.5:80", 200), ("evil.example", 421), ("0.0.0.0", 200)):
        answer = open_server.http.get("/api/queue", headers={**headers, "Host": host})
        assert answer.status_code == status, host


def test_a_client_beside_a_server_with_a_token_finds_it_by_itself(open_server: Server) -> None:
    with Studio(Settings(data_dir=open_server.data_dir)) as client:
        assert not client.owns
        assert client.run("empty", value=4).task["outputs"][0]["value"] == 4
    until("the token stays", lambda: token_of(open_server))
