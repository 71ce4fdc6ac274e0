"""The commands of the history, in this process and as a client of a running server."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import main
from core.history.zones import zone_of
from core.settings import Settings
from tests.integration.process import Server

DAY = zone_of("UTC").today


def invoked(server: Server, *words: object) -> Result:
    options = ["--data-dir", str(server.data_dir)]
    return CliRunner().invoke(main.app, [*map(str, words), *options])


@pytest.fixture
def day(studio: Server) -> str:
    """A day with a failed and a completed task."""
    studio.done(studio.submit("empty", value=3))
    studio.ended(studio.submit("crash"))
    return DAY().isoformat()


def test_a_session_log_is_exported_as_the_page_that_the_server_shows(
    studio: Server, day: str, tmp_path: Path
) -> None:
    file = tmp_path / "day.html"
    done = invoked(studio, "history", "export", "--date", day, "--tz", "UTC", "--out", file)
    assert done.stdout.strip() == str(file), done.output
    assert file.read_text("utf-8") == studio.http.get(f"/history/{day}?tz=UTC").text
    printed = invoked(studio, "history", "export", "--tz", "UTC", "--format", "json", "--out", "-")
    states = {entry["status"] for entry in json.loads(printed.stdout)["items"]}
    assert {"completed", "failed"} <= states


def test_days_are_listed_and_the_last_success_is_a_workflow(studio: Server, day: str) -> None:
    days: list[dict[str, Any]] = json.loads(
        invoked(studio, "history", "list", "--tz", "UTC", "--json").stdout
    )
    assert days[0]["date"] == day
    workflow = json.loads(invoked(studio, "history", "restore-last").stdout)
    assert workflow["bricks"][0]["type"] == "empty"


def test_an_undo_and_a_clear_reach_the_server(studio: Server) -> None:
    task_id = studio.submit("empty", hold=True)
    studio.post(f"/api/tasks/{task_id}/cancel")
    assert "Cancel 1 task" in invoked(studio, "history", "undo").stdout
    studio.ended(task_id)
    assert "removed" in invoked(studio, "history", "clear", "--yes").stdout
    assert studio.http.get(f"/api/tasks/{task_id}").status_code == 404


def test_a_studio_in_this_process_exports_and_clears_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(Settings.variable(name), raising=False)
    options = ["--data-dir", str(tmp_path / "data")]
    for words in (["export", "--out", "-"], ["list"], ["clear", "--yes"]):
        done = CliRunner().invoke(main.app, ["history", *words, *options])
        assert done.exit_code == 0, done.output
