"""Completions of a shell: commands, models, workflows and tasks."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import main
from core.studio import Studio
from tests.in_process import settings_in
from tests.integration.commands.test_commands_in_process import WALL


@pytest.mark.parametrize(
    ("words", "completion"), [("queue pa", "pause"), ("models pull sdxl-", "sdxl-turbo")]
)
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_commands_and_models(shell: str, words: str, completion: str) -> None:
    assert completion in completed(words, shell)


def completed(words: str, shell: str = "bash") -> str:
    """The completions of a line that a shell receives."""
    line = f"main {words}"
    variables = {"_MAIN_COMPLETE": f"complete_{shell}", "COMP_WORDS": line}
    variables |= {"COMP_CWORD": str(line.count(" ")), "_TYPER_COMPLETE_ARGS": line}
    variables |= {"_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    return CliRunner().invoke(main.app, [], env=variables, prog_name="main").stdout


def test_shells_complete_names_of_workflows_and_ids_of_tasks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = settings_in(tmp_path)
    monkeypatch.setattr("core.cli.completion.settings_with", lambda **_: settings)
    assert completed("tasks show ").strip() == ""
    assert not settings.data_dir.exists(), "a completion creates nothing"
    settings.workflows_dir.mkdir(parents=True, exist_ok=True)
    (settings.workflows_dir / "first%20wall.json").write_text(json.dumps(WALL), encoding="utf-8")
    assert completed("run first").splitlines() == ["first wall", "first-picture"]
    with Studio(settings) as studio:
        tasks = [studio.submit("counting") for _ in range(2)]
        assert completed("tasks wait ").splitlines() == tasks[::-1]
    assert completed(f"tasks cancel {tasks[0]}").splitlines() == [tasks[0]]
    assert "counting" in completed("tasks retry ", "zsh")


def test_nothing_is_completed_where_the_settings_are_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QPYT_PORT", "many")
    assert completed("tasks show ").strip() == ""


def test_the_commands_of_operations_are_made_for_a_completion(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.argv", ["/somewhere/main.py"])
    assert main.is_own_command([])
    monkeypatch.setenv("_MAIN.PY_COMPLETE", "complete_bash")
    assert not main.is_own_command([])
