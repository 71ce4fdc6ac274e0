"""The commands of the queue: hold, edit, move, repeat and release, over one data directory."""

from pathlib import Path

from typer.testing import CliRunner

import main


def command(folder: Path, *words: str) -> str:
    result = CliRunner().invoke(main.app, [*words, "--data-dir", str(folder)])
    assert result.exit_code == 0, result.output
    return result.output.strip()


def listed(folder: Path) -> list[str]:
    lines = command(folder, "tasks", "list", "--queue", "--text", "image").splitlines()
    return [line.split()[0] for line in lines]


def test_the_queue_is_worked_on_from_the_command_line(tmp_path: Path) -> None:
    from core.studio import Studio

    assert "auto-run off" in command(tmp_path, "queue", "auto-run", "off")
    with Studio(data_dir=tmp_path, warm=False) as studio:
        first = studio.submit("generate", prompt="an image of a house")
        second = studio.submit("generate", prompt="an image of a boat")
    assert listed(tmp_path) == [first, second]
    command(tmp_path, "tasks", "move", second, "--to", "top")
    assert "held" in command(tmp_path, "tasks", "edit", second, "--set", "prompt=an image of a car")
    copies = command(tmp_path, "tasks", "repeat", first, "--times", "2").split()
    assert listed(tmp_path) == [second, first, *copies]
    assert command(tmp_path, "tasks", "cancel", "--text", "car") == "1 cancelled"
    assert "pending" in command(tmp_path, "tasks", "release", first)
    assert "held" in command(tmp_path, "tasks", "hold", first)
    command(tmp_path, "queue", "pause")
    assert command(tmp_path, "tasks", "release") == "3 released"
    assert command(tmp_path, "tasks", "retry", "--failed") == "0 queued again"
    assert "open" not in command(tmp_path, "queue", "clear")
