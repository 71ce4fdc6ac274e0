"""The log of a running studio: by task, by request, live, on the command line, without secrets."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.process import LAZY, Server, until
from tests.integration.server.test_settings import command

TOKEN = "s3cret-token-of-mine"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A studio that logs everything, for all tests of this file."""
    settings = {"QPYT_TOKEN": TOKEN, "QPYT_LOG_LEVEL": "debug", **LAZY}
    server = Server(tmp_path_factory.mktemp("log") / "data", **settings).start()
    yield server
    server.stop()


def log_of(server: Server, **filters: Any) -> list[dict[str, Any]]:
    """Records of the log by filters."""
    return list(server.get("/api/logs", params=filters)["items"])


def test_the_log_holds_what_became_of_a_task_and_no_secret(server: Server) -> None:
    task = server.ended(server.submit("crash"))
    other = server.done(server.submit("empty"))["id"]

    [failed] = log_of(server, task=task["id"], level="warning", logger="core.tasks")
    assert failed["message"].startswith("crash failed")
    assert task["error"]["detail"] in failed["message"]
    assert all(record.get("task_id") != other for record in log_of(server, task=task["id"]))
    assert log_of(server, task=other, level="info")[-1]["message"] == "empty completed"

    answer = server.http.get("/api/tasks/nobody", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.headers["x-request-id"]
    written = b"".join(path.read_bytes() for path in (server.data_dir / "logs").iterdir())
    assert TOKEN.encode() not in written
    assert (server.data_dir / "logs").stat().st_mode & 0o777 == 0o700

    printed = command(server.data_dir, "logs", "--task", task["id"], "--level", "warning")
    assert "crash failed" in printed
    as_json = command(server.data_dir, "logs", "--search", "empty completed", "--json")
    assert json.loads(as_json.splitlines()[-1])["task_id"] == other


def test_new_records_are_announced_and_continue_where_a_client_stopped(
    server: Server,
) -> None:
    server.opened()
    newest = server.get("/api/logs", params={"limit": 1})["newest"]
    with server.http.stream("GET", "/api/events") as events:
        lines = events.iter_lines()
        task_id = server.submit("empty")
        announcements = (
            json.loads(text.removeprefix("data: "))["data"]["newest"]
            for text in lines
            if text.startswith("data: ") and '"log"' in text
        )
        # The first may tell of records that were there already.
        assert any(announced > newest for announced in announcements)
    server.done(task_id)
    until(
        "the record of the task comes",
        lambda: any(r.get("task_id") == task_id for r in log_of(server, after=newest)),
    )


def test_a_request_finds_its_records(server: Server) -> None:
    answer = server.http.patch("/api/settings", json={"max_failures_per_hour": 2})
    records = log_of(server, request=answer.headers["x-request-id"])
    assert [record["message"] for record in records] == ["settings changed: max_failures_per_hour"]


def test_the_records_of_a_task_and_of_its_worker_name_the_request(server: Server) -> None:
    answer = server.http.post("/api/crash", json={})
    task = server.ended(answer.json()["task_id"])
    request = answer.headers["x-request-id"]
    assert task["status"] == "failed"
    until(
        "the records of both processes name the request",
        lambda: {"core.tasks", "worker"} <= {r["logger"] for r in log_of(server, request=request)},
    )
    assert {r["task_id"] for r in log_of(server, request=request)} == {task["id"]}
