"""The event stream: replay, two clients, one that stalls, and previews."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.integration.listening import listening
from tests.integration.process import PATIENCE, Server, until


@contextmanager
def sse(server: Server, **options: Any) -> Iterator[Iterator[dict[str, Any]]]:
    """Events as a script reads them."""
    with server.http.stream("GET", "/api/events", **options) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")

        def events() -> Iterator[dict[str, Any]]:
            fields: dict[str, str] = {}
            for line in answer.iter_lines():
                if line:
                    name, _, value = line.partition(": ")
                    fields[name] = value
                elif "data" in fields:
                    event = json.loads(fields["data"])
                    assert (event["id"], event["type"]) == (fields["id"], fields["event"])
                    yield event
                    fields = {}

        yield events()


def numbered(events: list[dict[str, Any]]) -> list[int]:
    """The numbers of the events that have one of their own."""
    kept = [event for event in events if event["type"] not in ("hello", "progress", "reset")]
    return [int(event["id"].rpartition("-")[2]) for event in kept]


def test_the_first_event_says_version_and_epoch(studio: Server) -> None:
    with listening(studio) as listener:
        hello = listener.events[0]
    assert hello["type"] == "hello"
    assert hello["data"]["version"] == studio.get("/api/health")["version"]
    assert hello["id"].startswith(hello["data"]["epoch"])


def test_a_task_is_told_at_every_state(studio: Server) -> None:
    with listening(studio) as listener:
        task_id = studio.submit("counting")
        listener.hears_end_of(task_id)
        assert listener.task_states(task_id) == ["pending", "running", "completed"]
        whole = listener.of("task")[-1]["data"]
        assert whole["outputs"][0]["value"] == {"from": 0, "to": 10}
        listener.hears("the counts", lambda event: event["type"] == "queue")


def test_a_websocket_that_was_away_hears_what_it_missed(studio: Server) -> None:
    with listening(studio) as listener:
        first = studio.submit("empty")
        listener.hears_end_of(first)
        last = listener.of("task")[-1]["id"]
    missed = studio.submit("empty")
    studio.done(missed)
    with listening(studio, after=last) as listener:
        listener.hears_end_of(missed)
        assert listener.task_states(missed) == ["pending", "running", "completed"]
        assert listener.task_states(first) == []
        assert listener.of("reset") == []
        numbers = numbered(listener.events)
    assert numbers == sorted(set(numbers))
    assert numbers[0] == int(last.rpartition("-")[2]) + 1


@pytest.mark.parametrize("way", ["header", "query"])
def test_an_sse_client_that_was_away_hears_what_it_missed(studio: Server, way: str) -> None:
    with sse(studio) as events:
        last = next(events)["id"]
    missed = studio.submit("empty")
    studio.done(missed)
    where = {"headers": {"Last-Event-ID": last}} if way == "header" else {"params": {"after": last}}
    with sse(studio, **where) as events:
        assert next(events)["type"] == "hello"
        states = []
        for event in events:
            if event["type"] == "task" and event["data"]["id"] == missed:
                states.append(event["data"]["status"])
                if states[-1] == "completed":
                    break
    assert states == ["pending", "running", "completed"]


@pytest.mark.parametrize(
    "after", ["01ABC-5", "nonsense", "-", "-1", "{epoch}-999999", "{epoch}--1"]
)
def test_an_unknown_place_in_the_stream_is_answered_with_reset(studio: Server, after: str) -> None:
    with listening(studio) as listener:
        epoch = listener.events[0]["data"]["epoch"]
    with listening(studio, after=after.format(epoch=epoch)) as listener:
        until("a reset", lambda: listener.of("reset"))
        assert [event["type"] for event in listener.events[:2]] == ["hello", "reset"]


def test_two_clients_both_hear_everything(studio: Server) -> None:
    with listening(studio) as first, listening(studio) as second:
        ids = [studio.submit("empty", value=n) for n in range(10)]
        for task_id in ids:
            first.hears_end_of(task_id)
            second.hears_end_of(task_id)
        for task_id in ids:
            assert first.task_states(task_id) == second.task_states(task_id)


def test_closing_one_of_two_sockets_leaves_the_other_listening(studio: Server) -> None:
    with listening(studio) as stays:
        with listening(studio):
            pass
        stays.hears_end_of(studio.submit("empty"))


def test_a_client_that_reads_nothing_blocks_nobody(studio: Server) -> None:
    host, port = studio.url.removeprefix("http://").split(":")
    with socket.socket() as stalled:
        stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stalled.settimeout(PATIENCE)
        stalled.connect((host, int(port)))
        stalled.sendall(f"GET /api/events HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
        assert stalled.recv(15) == b"HTTP/1.1 200 OK"
        memory = studio.process.memory_info().rss
        with listening(studio) as listener:
            studio.post("/api/queue/pause")
            ids = [
                studio.submit("empty", labels={"long": "x" * 200, str(n): "y" * 200})
                for n in range(400)
            ]
            assert studio.post("/api/tasks/cancel", {})["cancelled"] == len(ids)
            studio.post("/api/queue/resume")
            done = studio.submit("empty")
            listener.hears_end_of(done)
            assert len(listener.task_states(ids[-1])) == 2
        assert studio.process.memory_info().rss - memory < 100 << 20


def test_what_a_client_sends_is_not_a_command(studio: Server) -> None:
    from tests.integration.listening import websocket

    studio.post("/api/queue/pause")
    task_id = studio.submit("empty")
    with websocket(studio) as client:
        for text in ('{"type": "resume"}', "x" * 10_000, f'{{"cancel": "{task_id}"}}'):
            client.send(text)
        client.send(b"\x80\x04\x95")
        assert json.loads(client.recv(PATIENCE))["type"] == "hello"
    assert studio.task(task_id)["status"] == "pending"
    assert studio.get("/api/queue")["paused"]


def test_a_drawing_tells_its_phases_steps_and_previews(studio: Server) -> None:
    with listening(studio) as listener:
        task_id = studio.submit("generate", prompt="a house", num_images=4, num_inference_steps=8)

        def shown(event: dict[str, Any]) -> bool:
            about = event["type"] == "progress" and event["data"]["task_id"] == task_id
            return bool(about and event["data"]["progress"]["preview_url"])

        progress = listener.hears("a preview", shown)["data"]["progress"]
        listener.hears_end_of(task_id)
        preview = studio.http.get(progress["preview_url"])  # stays while clients react to the event
        assert preview.status_code == 200
        assert preview.headers["content-type"] == "image/jpeg"
        assert preview.content[:2] == b"\xff\xd8"
        reports = [event["data"]["progress"] for event in listener.of("progress")]
    assert {"denoising"} <= {progress["phase"] for progress in reports}
    assert all(0 <= progress["fraction"] <= 1 for progress in reports)
    fractions = [progress["fraction"] for progress in reports]
    assert fractions == sorted(fractions)
    assert max(progress["image"] for progress in reports) == 4
    plain = studio.submit("empty")
    assert studio.http.get(f"/api/tasks/{plain}/preview").status_code == 404


def test_assets_and_workflows_are_told(studio: Server) -> None:
    with listening(studio) as listener:
        workflow = {"format": "qpyt.workflow/1", "name": "x", "bricks": [], "wires": []}
        assert studio.http.put("/api/workflows/published", json=workflow).status_code in (200, 201)
        assert studio.http.delete("/api/workflows/published").status_code == 204
        until("both are published", lambda: len(listener.of("workflow")) == 2)
        changes = [event["data"]["change"] for event in listener.of("workflow")]
    assert changes == ["saved", "deleted"]
