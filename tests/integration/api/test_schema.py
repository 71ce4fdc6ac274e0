"""Whatever the OpenAPI document allows, and much that it does not: never a 5xx."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable

from tests.integration.process import PATIENCE, Server
from tests.operations.passing import PassingCount, PassingCrash
from tests.shares import share

EXAMPLES = max(3, settings().max_examples // 10)  # a request each, of hundreds of routes
STREAMS = frozenset({"/api/events"})
# Operations of the tests that crash or take minutes, by design.
MISBEHAVING = {f"/api/{operation.name}" for operation in (PassingCount, PassingCrash)}


@pytest.fixture(scope="module")
def fuzzed(shared_server: Server) -> Iterator[Server]:
    """The shared server with a paused queue: what is accepted does not run."""
    shared_server.post("/api/queue/pause")
    yield shared_server
    shared_server.post("/api/queue/resume")


def document(server: Server) -> Any:
    return schemathesis.openapi.from_url(f"{server.url}/api/openapi.json", timeout=PATIENCE)


def test_the_document_is_valid(fuzzed: Server) -> None:
    document(fuzzed).validate()


def test_every_route_says_what_it_does_under_a_name_of_its_own(fuzzed: Server) -> None:
    paths = fuzzed.get("/api/openapi.json")["paths"]
    routes = [
        (f"{method} {path}", route)
        for path, all_ in paths.items()
        for method, route in all_.items()
    ]
    assert len(routes) > 30
    for name, route in routes:
        assert route.get("summary"), name
    ids = [route["operationId"] for _, route in routes]
    assert len(ids) == len(set(ids))


@pytest.mark.timeout(240)
def test_no_request_makes_the_server_fail(fuzzed: Server) -> None:
    """Each operation, with requests that follow its schema or with such that do not, in turn."""
    tried = 0
    fuzzed.post("/api/queue/pause")
    for place, result in enumerate(document(fuzzed).get_all_operations()):
        operation = result.ok()
        if operation.path in STREAMS | MISBEHAVING:
            continue
        modes = [schemathesis.GenerationMode.POSITIVE]
        if list(operation.body) or list(operation.query):  # any text is a name that follows
            modes.append(schemathesis.GenerationMode.NEGATIVE)
        for mode in share(modes, place, len(modes)):
            tried += fuzz(fuzzed, operation.as_strategy(generation_mode=mode))
        if operation.method.upper() == "POST" and operation.path == "/api/queue/resume":
            fuzzed.post("/api/queue/pause")
    assert tried > 100
    assert fuzzed.get("/api/health")["status"] == "ok"


def fuzz(server: Server, cases: st.SearchStrategy[Any]) -> int:
    """Send cases of one operation; how many."""
    sent = 0

    @seed(2)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def send(case: Any) -> None:
        nonlocal sent
        sent += 1
        if case.headers:  # nothing ends in a paused queue
            case.headers.pop("Prefer", None)
        answer = case.call(base_url=server.url, timeout=PATIENCE)
        assert answer.status_code < 500, (case.method, case.formatted_path, answer.text)
        if answer.status_code >= 400 and answer.content:
            assert answer.headers["content-type"] == ["application/problem+json"], case.path

    with suppress(Unsatisfiable):  # for some nothing can be made wrong
        send()
    return sent
