"""Limits of request bodies: bytes, values and depth, before an object is built."""

import json
import threading
import time
from functools import cache
from typing import Any

import pytest
from starlette.datastructures import Headers
from starlette.types import Message

from api import bodies
from api.bodies import IN_THREAD, PARSED, SMALL, VALUES_MAX, Bounded, check_structure, read_json
from core.errors import InvalidInput, TooLarge
from core.nesting import MAX_INPUT_DEPTH
from tests.integration.process import Server

JSON = {"Content-Type": "application/json"}
ROUTES = [
    ("POST", "/api/generate"),
    ("POST", "/generate"),
    ("POST", "/api/empty"),
    ("POST", "/api/session"),
    ("POST", "/api/tasks/cancel"),
    ("POST", "/api/vocabulary"),
    ("POST", "/api/workflows/import"),
    ("POST", "/api/workflows/run"),
    ("POST", "/api/workflows/wire"),
    ("PUT", "/api/workflows/limits"),
    ("POST", "/api/assets"),
]


@cache
def many_keys() -> bytes:
    return json.dumps({f"k{index}": index for index in range(700_000)}).encode()


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_body_of_many_keys_is_refused_at_once(studio: Server, method: str, path: str) -> None:
    body = many_keys()
    start = studio.process.cpu_times().user
    memory = studio.process.memory_info().rss
    answer = studio.http.request(method, path, content=body, headers=JSON)
    assert answer.status_code == 413, answer.text
    assert answer.json()["code"] == "too_large"
    assert studio.process.cpu_times().user - start < 1
    assert studio.process.memory_info().rss - memory < 100 << 20


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("depth", [MAX_INPUT_DEPTH + 1, 251, 900, 5_000])
def test_a_deep_body_is_refused(studio: Server, method: str, path: str, depth: int) -> None:
    body = b'{"a":' * (depth // 2) + b"[" * (depth - depth // 2) + b"]" * (depth - depth // 2)
    answer = studio.http.request(method, path, content=body + b"}" * (depth // 2), headers=JSON)
    assert answer.status_code in (413, 422), answer.text
    assert "deep" in answer.text or answer.status_code == 413


@pytest.mark.parametrize(("path", "limit"), SMALL.items())
def test_a_route_that_needs_little_takes_little(studio: Server, path: str, limit: int) -> None:
    body = json.dumps({"token": "x" * limit}).encode()
    for headers in (JSON, {**JSON, "Transfer-Encoding": "chunked"}):
        content = body if headers is JSON else iter([body])
        answer = studio.http.post(path, content=content, headers=headers)
        assert answer.status_code == 413, answer.text


def test_at_most_twenty_errors_are_listed(studio: Server) -> None:
    faults = {f"field_{index}": 1 for index in range(1_000)}
    for path, body in (
        ("/api/generate", faults),
        ("/api/tasks/cancel", faults),
        ("/api/workflows/import", {"bricks": [{"id": "#"} for _ in range(400)]}),
    ):
        answer = studio.http.post(path, json=body)
        assert answer.status_code == 422
        assert 1 <= len(answer.json()["errors"]) <= 20


def test_a_long_list_of_statuses_is_refused(studio: Server) -> None:
    for count, status in ((100, 422), (4_000, 422), (250_000, 413)):
        for name in ("pending", "other"):
            answer = studio.http.post("/api/tasks/cancel", json={"status": [name] * count})
            assert answer.status_code == status, answer.text
    answer = studio.http.get("/api/tasks", params={"status": ["pending"] * 1_000})
    assert answer.status_code == 422
    assert studio.post("/api/tasks/cancel", {"status": ["pending", "running", "pending"]})


@pytest.mark.parametrize(
    "text", [b'"\\ud800"', b'"\\udfff x"', b'"\xed\xa0\x80"', b'"\\ud800\\u0041"']
)
@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_half_of_a_surrogate_pair_is_refused(
    studio: Server, method: str, path: str, text: bytes
) -> None:
    brick = b'{"id": "a", "type": "prompt", "props": {"prompt": ' + text + b"}}"
    for body in (b'{"prompt": ' + text + b"}", b'{"bricks": [' + brick + b"]}"):
        answer = studio.http.request(method, path, content=body, headers=JSON)
        assert answer.status_code == 422, answer.text
        assert answer.json()["code"] in ("invalid_input", "bad_upload")


def test_whole_surrogate_pairs_and_large_texts_pass(studio: Server) -> None:
    brick: dict[str, Any] = {"id": "a", "type": "prompt", "props": {"prompt": "🏠, [" * 20_000}}
    for ascii_only in (True, False):
        body = json.dumps({"bricks": [brick]}, ensure_ascii=ascii_only).encode()
        answer = studio.http.post("/api/workflows/import", content=body, headers=JSON)
        assert answer.status_code == 200, answer.text
        assert answer.json()["workflow"]["bricks"][0]["props"] == brick["props"]


@pytest.mark.parametrize("size", [100, IN_THREAD])
async def test_a_large_body_is_parsed_beside_the_event_loop(
    monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    threads: list[threading.Thread] = []

    def keep(body: bytes) -> None:
        threads.append(threading.current_thread())
        check_structure(body)

    async def receive() -> Message:
        return {"type": "http.request", "body": json.dumps("x" * size).encode()}

    monkeypatch.setattr(bodies, "check_structure", keep)
    scope: dict[str, Any] = {}
    await read_json(scope, Bounded(receive, Headers({}), 2 * IN_THREAD))
    assert scope[PARSED] == "x" * size
    assert (threads == [threading.main_thread()]) == (size < IN_THREAD)


@pytest.mark.usefixtures("no_collection")
def test_the_check_takes_time_in_proportion_to_the_body() -> None:
    size = 8 << 20
    for body in (
        b'"' + b'\\"' * (size // 2),
        b'"' * size,
        b'"' + b"x" * size,
        b"\\" * size,
        b'["' + b",[{" * (size // 3) + b'"]',
    ):
        start = time.thread_time()
        try:
            check_structure(body)
        except (TooLarge, InvalidInput):
            pass
        assert time.thread_time() - start < 20  # well below 1; in squared time, hours


def test_marks_inside_of_texts_do_not_count() -> None:
    check_structure(json.dumps(["[{,:" * VALUES_MAX, '"[' * VALUES_MAX]).encode())
    with pytest.raises(TooLarge):
        check_structure(json.dumps([1] * (VALUES_MAX + 1)).encode())
