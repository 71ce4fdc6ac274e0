"""HEAD wherever GET is, and files that a client has already."""

import re

import pytest
from fastapi import FastAPI

from tests.integration.api.pictures import png
from tests.integration.api.routes import routes
from tests.integration.process import Server

CHANGING = frozenset({"/metrics", "/api/system", "/api/health/ready"})


@pytest.fixture
def asset_url(studio: Server) -> str:
    answer = studio.http.post("/api/assets", files={"file": ("a.png", png(), "image/png")})
    return f"/api/assets/{answer.json()['id']}"


@pytest.mark.parametrize("what", ["file", "thumbnail"])
def test_a_file_that_the_client_has_is_not_sent_again(
    studio: Server, asset_url: str, what: str
) -> None:
    first = studio.http.get(f"{asset_url}/{what}")
    for tag in (
        first.headers["etag"],
        f"W/{first.headers['etag']}",
        f'"x", {first.headers["etag"]}',
        "*",
    ):
        again = studio.http.get(f"{asset_url}/{what}", headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
    other = studio.http.get(f"{asset_url}/{what}", headers={"If-None-Match": '"x"'})
    assert other.content == first.content


def test_head_answers_as_get_without_the_body(studio: Server, asset_url: str, app: FastAPI) -> None:
    reads = [path for method, path in routes(app) if method == "GET"]
    assert len(reads) > 20
    paths = [re.sub(r"{[^}]*}", "x", path) for path in reads if path not in CHANGING]
    for path in (*paths, "/", asset_url, f"{asset_url}/file", f"{asset_url}/thumbnail"):
        get, head = studio.http.get(path), studio.http.head(path)
        assert (head.status_code, head.content) == (get.status_code, b""), path
        assert head.headers.get("content-type") == get.headers.get("content-type")


def test_head_of_the_event_stream_ends(studio: Server) -> None:
    head = studio.http.head("/api/events", timeout=5)
    assert head.headers["content-type"].startswith("text/event-stream")
