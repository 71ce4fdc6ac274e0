"""Settings of a running studio: listed, changed, applied, guarded, and set on the command line."""

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.settings import Settings
from tests.integration.conftest import MakeServer
from tests.integration.process import LAZY, ROOT, Server, environment, until


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A studio without a profile, for the tests that take their changes back."""
    settings = {"QPYT_TOKEN": "s3cret-token-of-mine", "QPYT_KEEP_REPORTS": "true", **LAZY}
    server = Server(tmp_path_factory.mktemp("settings") / "data", **settings).start()
    yield server
    server.stop()


def items(server: Server) -> dict[str, dict[str, Any]]:
    """The listed settings by name."""
    return {item["name"]: item for item in server.get("/api/settings")["items"]}


def change(server: Server, status: int = 200, **values: Any) -> dict[str, Any]:
    """The answer to a change of settings."""
    answer = server.http.patch("/api/settings", json=values)
    assert answer.status_code == status, answer.text
    return dict(answer.json())


def command(data_dir: Path, *arguments: str, **variables: str) -> str:
    """The output of a command of its own process."""
    done = subprocess.run(
        [sys.executable, "main.py", *arguments, "--data-dir", str(data_dir)],
        cwd=ROOT,
        env=environment(data_dir, **variables),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_settings_are_changed_applied_and_kept(server: Server) -> None:
    answer = server.http.get("/api/settings")
    assert "s3cret" not in answer.text
    assert items(server).keys() == Settings.model_fields.keys()

    assert server.get("/api/system")["alerts"] == []
    change(server, min_free_disk_bytes=1 << 60, max_attempts=1)
    listed = items(server)["min_free_disk_bytes"]
    assert (listed["value"], listed["source"]) == (1 << 60, "user_file")
    alert = server.get("/api/system")["alerts"][0]
    assert (alert["code"], alert["setting"]) == ("disk_low", "min_free_disk_bytes")

    crashed = server.ended(server.submit("crash"))
    assert (crashed["status"], crashed["attempt"]) == ("failed", 1)
    change(server, max_attempts=None, min_free_disk_bytes=None)
    assert items(server)["max_attempts"]["source"] == "default"
    assert "max_attempts" not in (server.data_dir / "settings.toml").read_text(encoding="utf-8")


def test_a_change_of_the_file_is_applied_by_the_running_studio(server: Server) -> None:
    server.opened()
    printed = command(server.data_dir, "system", "set", "max_failures_per_hour", "4")
    assert "max_failures_per_hour = 4 (settings file)" in printed
    until("it is applied", lambda: items(server)["max_failures_per_hour"]["value"] == 4)
    printed = command(server.data_dir, "system", "set", "QPYT_WARM", "true")
    assert "QPYT_WARM in the environment sets it" in printed
    command(server.data_dir, "system", "unset", "max_failures_per_hour")
    until("it is removed", lambda: items(server)["max_failures_per_hour"]["source"] == "default")


def test_what_needs_a_restart_waits_for_it(server: Server) -> None:
    change(server, cpu_workers=2)
    cpu = items(server)["cpu_workers"]
    assert (cpu["value"], cpu["next_value"], cpu["pending"], cpu["restart"]) == (3, 2, True, True)
    server.stop()
    server.start()
    cpu = items(server)["cpu_workers"]
    assert (cpu["value"], cpu["pending"], cpu["source"]) == (2, False, "user_file")
    change(server, cpu_workers=None)


def test_refused_changes_leave_no_trace(server: Server) -> None:
    file = server.data_dir / "settings.toml"
    before = tomllib.loads(file.read_text(encoding="utf-8") if file.exists() else "")
    assert change(server, 403, host="0.0.0.0")["code"] == "setting_guarded"
    assert change(server, 409, warm=True)["code"] == "conflict"
    refused = change(server, 422, max_attempts=0, log_level="debug")
    assert refused["field"] == "max_attempts"
    assert refused["fix"]
    assert change(server, 422, log_level="a\r\nport = 1")["field"] == "log_level"
    assert tomllib.loads(file.read_text(encoding="utf-8") if file.exists() else "") == before


def test_the_profile_of_production_is_read_only_over_rest(make_server: MakeServer) -> None:
    server = make_server(QPYT_PROFILE="prod").start()
    assert server.get("/api/settings")["read_only"] is True
    refused = change(server, 403, log_level="debug")
    assert "main.py system set log_level" in refused["fix"]
    command(server.data_dir, "system", "set", "max_attempts", "2")
    until("it is applied", lambda: items(server)["max_attempts"]["value"] == 2)
    file = (server.data_dir / "settings.toml").read_text(encoding="utf-8")
    assert tomllib.loads(file) == {"max_attempts": 2}


def test_the_profile_of_tests_fixes_seeds_and_refuses_warnings(make_server: MakeServer) -> None:
    server = make_server(QPYT_PROFILE="qa").start()
    server.post("/api/queue/pause")
    tasks = [server.task(server.submit("generate", prompt="a house")) for _ in range(2)]
    assert [task["params"]["seed"] for task in tasks] == [1, 1]
    own = server.task(server.submit("generate", prompt="a house", seed=7))
    assert own["params"]["seed"] == 7
    body = {"prompt": "a house", "clip_skip": 2}  # ignored with a warning
    refused = server.post("/api/generate", body, 422)
    assert refused["errors"]
    assert "`strict`" in refused["fix"]
    assert server.counts()["pending"] == 3

    change(server, strict=False, fixed_seed=9)
    task = server.task(server.submit("generate", **body))
    assert task["params"]["seed"] == 9
    assert task["warnings"]


def test_metrics_answer_unless_the_profile_turns_them_off(make_server: MakeServer) -> None:
    server = make_server(QPYT_PROFILE="dev").start()
    assert server.http.get("/metrics").status_code == 404
    change(server, metrics=True)
    assert "qpyt_tasks" in server.http.get("/metrics").text


def test_failed_tasks_leave_a_report_where_reports_are_kept(server: Server) -> None:
    task = server.ended(server.submit("crash"))
    path = server.data_dir / "reports" / f"{task['id']}-{task['attempt']}.json"
    until("the report is written", path.exists)
    report = json.loads(path.read_text(encoding="utf-8"))
    assert report["task"]["error"]["detail"] == task["error"]["detail"]
    assert report["task"]["snapshot"]["operation"] == "crash"
    assert [record for record in report["log"] if record.get("worker") == "cpu"]
    assert path.stat().st_mode & 0o777 == 0o600
