"""HTTP as clients may rely on it: waiting, repeating, paging, caching, and plain errors."""

import json
from typing import Any

import httpx
import pytest

from tests.integration.process import PATIENCE, Server

JSON = {"Content-Type": "application/json"}
PROBLEM = "application/problem+json"


def problem(answer: httpx.Response, status: int, code: str | None = None) -> dict[str, Any]:
    """The problem document of a refused request."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM
    body = answer.json()
    assert body["status"] == status
    assert body["type"] == f"urn:qpyt:error:{body['code']}"
    assert body["title"]
    assert body["detail"]
    assert "Traceback" not in answer.text
    if code is not None:
        assert body["code"] == code
    return dict(body)


# Submitting


def test_a_submission_is_accepted_with_the_address_of_its_task(studio: Server) -> None:
    answer = studio.http.post("/api/empty", json={})
    assert answer.status_code == 202
    body = answer.json()
    assert body["status_url"] == answer.headers["location"] == f"/api/tasks/{body['task_id']}"
    assert studio.get(body["status_url"])["id"] == body["task_id"]


def test_core_operations_answer_at_the_root_too(studio: Server) -> None:
    studio.post("/api/queue/pause")
    assert studio.http.post("/generate", json={"prompt": "a house"}).status_code == 202
    problem(studio.http.post("/empty", json={}), 405, "wrong_method")


def test_prefer_wait_gives_the_result_when_it_ends_in_time(studio: Server) -> None:
    answer = studio.http.post(
        "/api/empty", json={"value": 6}, headers={"Prefer": "respond-async, wait=60"}
    )
    assert answer.status_code == 200
    assert answer.json()["status"] == "completed"
    assert answer.json()["outputs"][0]["value"] == 6
    assert answer.json()["snapshot"]["operation"] == "empty"


def test_prefer_wait_gives_the_address_when_it_does_not_end_in_time(studio: Server) -> None:
    studio.post("/api/queue/pause")
    answer = studio.http.post("/api/empty", json={}, headers={"Prefer": "wait=1"})
    assert answer.status_code == 202
    assert set(answer.json()) == {"task_id", "status_url"}


@pytest.mark.parametrize("value", ["wait", "wait=", "wait=-1", "wait=1.5e3", "wait=abc", ";;;"])
def test_a_prefer_header_that_makes_no_sense_is_ignored(studio: Server, value: str) -> None:
    studio.post("/api/queue/pause")
    assert studio.http.post("/api/empty", json={}, headers={"Prefer": value}).status_code == 202


def test_an_idempotency_key_returns_the_first_task(studio: Server) -> None:
    key = {"Idempotency-Key": "one order, sent twice"}
    first = studio.http.post("/api/empty", json={"value": 1}, headers=key).json()["task_id"]
    again = studio.http.post("/api/empty", json={"value": 1}, headers=key).json()["task_id"]
    assert first == again
    waited = studio.http.post("/api/empty", json={"value": 1}, headers={**key, "Prefer": "wait=60"})
    assert (waited.json()["id"], waited.status_code) == (first, 200)
    other = studio.http.post("/api/empty", json={}, headers={"Idempotency-Key": "another"})
    assert other.json()["task_id"] != first
    assert studio.get("/api/tasks", params={"limit": 3})["items"][1]["id"] == first


def test_an_empty_idempotency_key_is_none(studio: Server) -> None:
    sent = [studio.http.post("/api/empty", headers={"Idempotency-Key": ""}, json={}) for _ in "ab"]
    assert [answer.status_code for answer in sent] == [202, 202]
    assert sent[0].json()["task_id"] != sent[1].json()["task_id"]


def test_an_idempotency_key_covers_a_whole_workflow(studio: Server) -> None:
    studio.post("/api/queue/pause")
    workflow = {"bricks": [{"id": "a", "type": "empty", "props": {}}], "wires": []}
    body = {"workflow": {"format": "qpyt.workflow/1", "name": "x", **workflow}}
    key = {"Idempotency-Key": "a run"}
    runs = [studio.http.post("/api/workflows/run", json=body, headers=key).json() for _ in range(2)]
    assert runs[0] == runs[1]
    assert list(runs[0]["tasks"]) == ["a"]


# Reading


def test_an_unchanged_task_is_304_and_a_changed_one_is_not(studio: Server) -> None:
    studio.post("/api/queue/pause")
    address = f"/api/tasks/{studio.submit('empty')}"
    tag = studio.http.get(address).headers["etag"]
    same = studio.http.get(address, headers={"If-None-Match": tag})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    studio.post(f"{address}/cancel")
    changed = studio.http.get(address, headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


@pytest.mark.parametrize("form", ["{}", '"other", {}', "*", '{},"other"'])
def test_every_form_of_if_none_match_that_fits_is_304(studio: Server, form: str) -> None:
    task = studio.done(studio.submit("empty"))
    address = f"/api/tasks/{task['id']}"
    tag = studio.http.get(address).headers["etag"]
    for known in (tag, tag.removeprefix("W/")):
        answer = studio.http.get(address, headers={"If-None-Match": form.format(known)})
        assert answer.status_code == 304
    other = studio.http.get(address, headers={"If-None-Match": '"other"'})
    assert other.status_code == 200


@pytest.mark.parametrize("order", ["newest", "queue"])
def test_pages_show_every_task_once_and_in_order(studio: Server, order: str) -> None:
    studio.post("/api/queue/pause")
    ids = [studio.submit("empty", value=n, labels={"page": order}) for n in range(7)]
    seen: list[str] = []
    params: dict[str, Any] = {"limit": 3, "order": order, "label": f"page:{order}"}
    for _ in range(3):
        page = studio.get("/api/tasks", params=params)
        assert page["total"] == 7
        seen += [task["id"] for task in page["items"]]
        params["cursor"] = page["next_cursor"]
    assert page["next_cursor"] is None
    assert seen == (ids if order == "queue" else ids[::-1])


def test_a_list_carries_no_snapshots_and_a_task_does(studio: Server) -> None:
    task_id = studio.submit("empty")
    assert "snapshot" not in studio.get("/api/tasks")["items"][0]
    assert studio.task(task_id)["snapshot"]["operation"] == "empty"


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=501",
        "limit=x",
        "status=asleep",
        "order=random",
        "cursor=%00",
        "cursor=x,y",
    ],
)
def test_a_query_out_of_range_is_422_with_its_field(studio: Server, query: str) -> None:
    body = problem(studio.http.get(f"/api/tasks?{query}"), 422, "invalid_input")
    assert body["field"].startswith(query.partition("=")[0])


def test_times_are_utc_and_ids_sort_by_age(studio: Server) -> None:
    studio.post("/api/queue/pause")
    ids = [studio.submit("empty") for _ in range(5)]
    assert ids == sorted(ids)
    assert studio.task(ids[0])["created_at"].endswith("Z")


def test_a_wrong_method_on_a_path_that_is_not_there_is_404(studio: Server) -> None:
    for method in ("GET", "POST", "DELETE"):
        problem(studio.http.request(method, "/api/none"), 404, "not_found")
    problem(studio.http.get("/api/tasks/"), 404, "not_found")  # no redirects from input


# Refusing

BODIES = {
    "not JSON": b"{",
    "empty": b"",
    "deep nesting": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "NaN": b'{"value": NaN}',
    "infinity": b'{"value": 1e999}',
    "a number of a million digits": b'{"value": ' + b"9" * 1_000_000 + b"}",
    "no UTF-8": b'{"value": "\xff\xfe"}',
    "null": b"null",
    "a string": b'"value"',
    "UTF-32 cut short": '{"value": 1}'.encode("utf-32")[:-3],
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
@pytest.mark.parametrize(
    "path",
    [
        "/api/empty",
        "/api/generate",
        "/api/tasks/cancel",
        "/api/assets",
        "/api/workflows/run",
        "/api/workflows/wire",
        "/api/workflows/import",
        "/api/session",
    ],
)
def test_a_body_that_cannot_be_read_is_a_plain_refusal(
    studio: Server, path: str, body: bytes
) -> None:
    answer = studio.http.post(path, content=body, headers=JSON)
    assert answer.status_code in (400, 413, 422), answer.text[:300]
    problem(answer, answer.status_code)
    assert len(answer.content) < 20_000
    assert studio.get("/api/health")["status"] == "ok"


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_a_bad_body_of_a_put_or_patch_is_a_plain_refusal(studio: Server, body: bytes) -> None:
    studio.post("/api/queue/pause")
    task_id = studio.submit("empty")
    for method, path in (("PUT", "/api/workflows/bad"), ("PATCH", f"/api/tasks/{task_id}")):
        answer = studio.http.request(method, path, content=body, headers=JSON)
        assert answer.status_code in (400, 413, 422), (method, answer.text[:300])
        problem(answer, answer.status_code)


def test_lone_surrogates_never_break_the_server(studio: Server) -> None:
    for path, body in (
        ("/api/generate", b'{"prompt": "a \\ud800 house"}'),
        ("/api/empty", b'{"labels": {"a": "\\udfff"}}'),
        ("/api/empty", b'{"labels": {"\\ud800": "b"}}'),
        ("/api/empty", b'{"project_id": "\\ud800"}'),
        ("/api/tasks/cancel", b'{"operation": "\\ud800"}'),
        ("/api/session", b'{"token": "\\ud800"}'),
        ("/api/measuring", b'{"image": "\\ud800"}'),
        ("/api/measuring", b'{"image": {"task": "\\ud800"}}'),
        ("/api/workflows/wire", b'{"workflow": {"name": "\\ud800", "bricks": []}}'),
        ("/api/workflows/run", b'{"workflow": {"bricks": [{"id": "\\ud800", "type": "empty"}]}}'),
        ("/api/workflows/import", b'{"name": "\\ud800", "bricks": []}'),
    ):
        answer = studio.http.post(path, content=body, headers=JSON)
        assert answer.status_code < 500, (path, body, answer.text)
        answer.json()


def test_a_workflow_with_a_lone_surrogate_is_refused_or_kept_whole(studio: Server) -> None:
    body = b'{"format": "qpyt.workflow/1", "description": "\\ud800", "bricks": [], "wires": []}'
    answer = studio.http.put("/api/workflows/surrogate", content=body, headers=JSON)
    assert answer.status_code in (200, 201, 400, 422), answer.text
    assert studio.http.get("/api/workflows").status_code == 200


def test_a_prompt_of_100_megabytes_is_413_before_it_is_all_sent(studio: Server) -> None:
    def body() -> Any:
        yield b'{"prompt": "'
        for _ in range(100):
            yield b"x" * (1 << 20)
        yield b'"}'

    size = len(b'{"prompt": ""}') + (100 << 20)
    for headers in ({**JSON, "Content-Length": str(size)}, JSON):
        try:
            answer = studio.http.post("/api/generate", content=body(), headers=headers)
        except httpx.WriteError:
            continue  # the server closed the connection while the rest was on its way
        problem(answer, 413, "too_large")
    assert studio.get("/api/health")["status"] == "ok"


def test_a_prompt_over_its_length_is_422_with_its_field(studio: Server) -> None:
    answer = studio.http.post("/api/generate", json={"prompt": "x" * 20_001})
    assert problem(answer, 422, "invalid_input")["field"] == "prompt"


def test_an_unknown_field_is_422_with_the_field(studio: Server) -> None:
    answer = studio.http.post("/api/generate", json={"prompt": "a house", "promt": "typo"})
    body = problem(answer, 422, "invalid_input")
    assert body["field"] == "promt"
    assert body["errors"][0]["field"] == "promt"


def test_all_wrong_fields_are_named_at_once(studio: Server) -> None:
    wrong = {"prompt": 5, "width": "wide", "seed": -1, "labels": {"a": 1}, "priority": 5}
    fields = {
        error["field"]
        for error in problem(studio.http.post("/api/generate", json=wrong), 422)["errors"]
    }
    assert {"prompt", "width", "seed", "labels.a", "priority"} <= fields


def test_a_missing_model_is_409_with_the_way_out(studio: Server) -> None:
    body = {"prompt": "a house", "model": "no-such-model"}
    body = problem(studio.http.post("/api/generate", json=body), 409, "model_missing")
    assert body["field"] == "model"
    assert body["fix"]


@pytest.mark.parametrize(
    "path",
    ["/api/tasks/none", "/api/assets/none", "/api/assets/none/file", "/api/assets/none/thumbnail",
     "/api/tasks/none/preview", "/api/workflows/none", "/api/presets/workflows/none",
     "/api/none", "/none", "/api", "/api/", "/api/tasks/none/none"],
)  # fmt: skip
def test_what_is_not_there_is_a_404_problem(studio: Server, path: str) -> None:
    problem(studio.http.get(path), 404, "not_found")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/empty"), ("PUT", "/api/tasks"), ("DELETE", "/api/queue"),
     ("POST", "/api/health"), ("PATCH", "/api/assets"), ("TRACE", "/api/tasks")],
)  # fmt: skip
def test_a_wrong_method_is_a_405_problem(studio: Server, method: str, path: str) -> None:
    answer = studio.http.request(method, path)
    problem(answer, 405, "wrong_method")
    assert answer.headers["allow"]


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "",
        "application/xml",
    ],
)
@pytest.mark.parametrize(
    "path", ["/api/empty", "/api/assets", "/api/workflows/import", "/api/tasks/cancel"]
)
def test_a_body_that_is_not_declared_as_json_is_refused(
    studio: Server, path: str, kind: str
) -> None:
    content = json.dumps({"value": 3}).encode()
    headers = {"Content-Type": kind} if kind else {}
    answer = studio.http.post(path, content=content, headers=headers)
    if kind.startswith("multipart"):  # read as a form where a form is taken
        problem(answer, 400 if path in ("/api/assets", "/api/workflows/import") else 422)
    else:
        assert problem(answer, 415, "wrong_type")["fix"]


def test_a_form_may_not_change_anything(studio: Server) -> None:
    """The types that a page of any site can send without a preflight are never read as JSON."""
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        for path in ("/api/workflows/import", "/api/assets", "/api/workflows/wire"):
            answer = studio.http.post(
                path,
                content=b'{"format": "qpyt.workflow/1", "bricks": [], "wires": []}',
                headers={"Content-Type": kind},
            )
            problem(answer, 415, "wrong_type")


def test_a_slow_body_holds_nobody_up(studio: Server) -> None:
    import socket

    host, port = studio.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), PATIENCE) as slow:
        slow.sendall(
            f"POST /api/empty HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json"
            "\r\nContent-Length: 1000\r\n\r\n{".encode()
        )
        for _ in range(20):
            assert studio.http.get("/api/health").status_code == 200
            slow.sendall(b" ")


def test_many_ranges_and_many_parts_are_bounded(studio: Server) -> None:
    asset = studio.done(studio.submit("painting"))["outputs"][0]
    ranges = "bytes=" + ",".join(f"{n}-{n}" for n in range(2000))
    answer = studio.http.get(asset["url"], headers={"Range": ranges})
    assert answer.status_code in (200, 206, 400, 416)
    assert len(answer.content) < 1 << 20
    parts = b"".join(
        b'--x\r\nContent-Disposition: form-data; name="a%d"\r\n\r\n1\r\n' % n for n in range(10_000)
    )
    many = studio.http.post(
        "/api/assets",
        content=parts + b"--x--\r\n",
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )
    assert 400 <= many.status_code < 500
    problem(many, many.status_code)
