"""Setup: packages by level, and messages about missing programs."""

import os
import subprocess
from pathlib import Path

import pytest

from tools import setup, torch_source


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty clone: requirement files and a folder for the environment."""
    for name in ("requirements.txt", "requirements-dev.txt", "constraints.txt"):
        (tmp_path / name).write_text("torch==2.13.0\n", encoding="utf-8")
    (tmp_path / ".venv").mkdir()
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    monkeypatch.setattr(setup, "VENV", tmp_path / ".venv")
    return tmp_path


def test_a_fresh_clone_has_nothing_installed(clone: Path) -> None:
    assert not setup.installed("run")


def test_installing_for_the_tests_makes_running_ready_too(clone: Path) -> None:
    setup.stamp("test")
    assert setup.installed("run")
    assert setup.installed("test")


def test_installing_to_run_does_not_make_the_tests_ready(clone: Path) -> None:
    setup.stamp("run")
    assert setup.installed("run")
    assert not setup.installed("test")


@pytest.mark.parametrize("name", ["requirements.txt", "constraints.txt"])
def test_a_changed_requirement_is_installed(clone: Path, name: str) -> None:
    setup.stamp("test")
    (clone / name).write_text("torch==2.14.0\n", encoding="utf-8")
    assert not setup.installed("run")
    assert not setup.installed("test")


def test_a_mere_change_of_date_installs_nothing(clone: Path) -> None:
    setup.stamp("run")
    (clone / "requirements.txt").touch()
    assert setup.installed("run")


def test_a_python_without_ensurepip_is_told_which_package_to_install(
    clone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SystemExit):
        setup.create_environment()
    assert "apt install python3" in capsys.readouterr().err


def test_a_failed_installation_shows_the_end_of_its_log(
    clone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(setup, "LOG", clone / "install.log")
    (clone / "install.log").write_text(
        "Requirement already satisfied: x\nERROR: No space left\n", encoding="utf-8"
    )
    with pytest.raises(SystemExit):
        setup.stop_with_log()
    message = capsys.readouterr().err
    assert "No space left" in message
    assert "already satisfied" not in message
    assert str(clone / "install.log") in message


@pytest.mark.parametrize(
    ("chosen", "arguments"),
    [("", []), ("https://example.org/cu", ["--extra-index-url", "https://example.org/cu"])],
)
def test_the_index_of_torch_can_be_chosen(
    monkeypatch: pytest.MonkeyPatch, chosen: str, arguments: list[str]
) -> None:
    monkeypatch.setenv("QPYT_TORCH_INDEX", chosen)
    assert torch_source.torch_arguments(["no-pip"]) == arguments


def test_the_cpu_index_is_used_without_a_device_if_it_answers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("QPYT_TORCH_INDEX", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr(torch_source, "has_nvidia_device", lambda: False)
    monkeypatch.setattr(torch_source, "has_torch_wheel", lambda pip: False)
    monkeypatch.setattr(torch_source, "answers", lambda index: True)
    wanted = ["--extra-index-url", torch_source.CPU_INDEX]
    assert torch_source.torch_arguments(["no-pip"]) == wanted
    monkeypatch.setattr(torch_source, "answers", lambda index: False)
    assert torch_source.torch_arguments(["no-pip"]) == []
    assert "does not answer" in capsys.readouterr().out


def test_an_index_that_nobody_serves_does_not_answer() -> None:
    assert not torch_source.answers("http://127.0.0.1:9")


def test_a_python_that_is_too_old_is_refused_with_a_way_out(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    old.chmod(0o755)
    script = Path(__file__).resolve().parents[3] / "tools" / "python.sh"
    for variables in ({"PYTHON": str(old)}, {"PATH": str(tmp_path)}):
        done = subprocess.run(
            ["/bin/sh", str(script), "-V"],
            env={**os.environ, **({"PYTHON": ""} | variables)},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 1
        assert "3.11" in done.stderr
