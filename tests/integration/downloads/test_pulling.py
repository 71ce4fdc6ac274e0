"""Models brought by name through a real server: as tasks that survive what happens to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.downloads.hub import Hub, running_hub
from tests.integration.process import ENDED, Server, until

BODY = bytes(range(256)) * 40_000
SECRET = "hf_aVerySecretToken"
CATALOGUE = """
licences:
  mit: {label: MIT, commercial: true, url: "https://example.org"}
models:
  - id: sd15
    repository: owner/sd15
    licence: mit
    form: file
    files: [sd15.gguf]
    megabytes: 10
    needs: [clip-l]
parts:
  - id: clip-l
    repository: owner/clip
    licence: mit
    files: [text_encoder/*]
    megabytes: 1
    folder: clip-l
"""
MakeStudio = Callable[..., Server]


@pytest.fixture
def hub() -> Iterator[Hub]:
    with running_hub() as result:
        result.files["owner/sd15/sd15.gguf"] = BODY
        result.files["owner/clip/text_encoder/config.json"] = b"{}"
        yield result


@pytest.fixture
def studio(hub: Hub, tmp_path: Path) -> Iterator[MakeStudio]:
    presets = tmp_path / "presets"
    presets.mkdir()
    (presets / "models.yaml").write_text(CATALOGUE, encoding="utf-8")
    made: list[Server] = []

    def start(**settings: str) -> Server:
        server = Server(
            tmp_path / "data",
            HF_ENDPOINT=hub.address,
            HF_TOKEN=SECRET,
            QPYT_PRESETS_DIR=str(presets),
            QPYT_MODEL_DIRS=str(tmp_path / "models"),
            **settings,
        )
        made.append(server.start())
        return server

    yield start
    for server in made:
        server.stop()


def ended(server: Server, task_id: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        task = server.get(f"/api/tasks/{task_id}")
        return task if task["status"] in ENDED else None

    return until("the download ends", look)


def pull(server: Server, model: str = "sd15") -> str:
    answer = server.http.post(f"/api/models/{model}/pull")
    assert answer.status_code == 202, answer.text
    return str(answer.json()["task_id"])


def test_a_model_arrives_with_all_that_it_needs(studio: MakeStudio, tmp_path: Path) -> None:
    server = studio()
    task = ended(server, pull(server))
    assert task["status"] == "completed", task["error"]
    assert (tmp_path / "models" / "sd15.gguf").read_bytes() == BODY
    assert (tmp_path / "models" / "clip-l" / "text_encoder" / "config.json").is_file()
    assert task["outputs"][0]["value"] == ["clip-l/text_encoder/config.json", "sd15.gguf"]


def test_the_token_reaches_the_hub_and_nobody_else(studio: MakeStudio, hub: Hub) -> None:
    server = studio()
    task_id = pull(server)
    ended(server, task_id)
    assert hub.requests[-1][3] == f"Bearer {SECRET}"
    shown = server.http.get(f"/api/tasks/{task_id}").text + server.http.get("/api/system").text
    assert SECRET not in shown
    assert SECRET not in server.log.read_text(encoding="utf-8")


def test_a_killed_server_goes_on_where_it_was(studio: MakeStudio, hub: Hub, tmp_path: Path) -> None:
    hub.seconds_a_block = 0.05
    server = studio()
    task_id = pull(server)
    part = tmp_path / "models" / "sd15.gguf.part"
    until("a part arrives", lambda: part.exists() and part.stat().st_size > 2_000_000)
    server.kill()
    hub.seconds_a_block = 0
    hub.requests.clear()
    server.start()
    assert ended(server, task_id)["status"] == "completed"
    assert (tmp_path / "models" / "sd15.gguf").read_bytes() == BODY
    ranges = [row[2] for row in hub.requests if row[0] == "GET" and "sd15" in row[1]]
    assert ranges[0] is not None
    assert int(ranges[0].removeprefix("bytes=").rstrip("-")) > 1_000_000


def test_a_cancelled_download_stops_and_a_retry_goes_on(
    studio: MakeStudio, hub: Hub, tmp_path: Path
) -> None:
    hub.seconds_a_block = 0.05
    server = studio()
    task_id = pull(server)
    part = tmp_path / "models" / "sd15.gguf.part"
    until("a part arrives", lambda: part.exists() and part.stat().st_size > 1_000_000)
    server.post(f"/api/tasks/{task_id}/cancel", {})
    assert ended(server, task_id)["status"] == "cancelled"
    assert not (tmp_path / "models" / "sd15.gguf").exists()
    hub.seconds_a_block = 0
    hub.requests.clear()
    server.post(f"/api/tasks/{task_id}/retry", {})
    until("it is done", lambda: (tmp_path / "models" / "sd15.gguf").exists())
    assert any(row[2] for row in hub.requests)


def test_offline_nothing_is_asked_of_anybody(studio: MakeStudio, hub: Hub) -> None:
    server = studio(QPYT_OFFLINE="true")
    answer = server.http.post("/api/models/sd15/pull")
    assert answer.status_code == 409
    assert "QPYT_OFFLINE" in answer.json()["fix"]
    assert hub.requests == []


def test_an_unknown_model_is_answered_with_the_known_ones(studio: MakeStudio) -> None:
    answer = studio().http.post("/api/models/nothing/pull")
    assert answer.status_code == 404
    assert "sd15" in answer.json()["fix"]


def test_a_hub_without_the_files_fails_with_a_way_out(studio: MakeStudio, hub: Hub) -> None:
    del hub.files["owner/sd15/sd15.gguf"]
    hub.files["owner/sd15/README.md"] = b"nothing else"
    server = studio()
    task = ended(server, pull(server))
    assert task["status"] == "failed"
    assert task["error"]["code"] == "download_failed"
    assert "owner/sd15" in task["error"]["fix"]
