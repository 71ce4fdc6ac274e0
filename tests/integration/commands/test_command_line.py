"""The command line, as a user types it."""

import gc
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from PIL import Image

import main
from core.settings import ROOT, Settings

Command = Callable[..., CompletedProcess[str]]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run the entry point of main.py in this process, with a clean set of QPYT_ variables.

    A process of its own takes a second, most of it for imports.
    """

    def run(*words: str, cwd: Path = ROOT, **environment: str) -> CompletedProcess[str]:
        for name in [name for name in os.environ if name.startswith("QPYT_")]:
            monkeypatch.delenv(name)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", [str(ROOT / "main.py"), *words])
        monkeypatch.chdir(cwd)
        known = len(main.app.registered_commands)
        capsys.readouterr()
        try:
            with pytest.raises(SystemExit) as ended:
                main.main()
        finally:
            del main.app.registered_commands[known:]
            gc.enable()  # `serve` disables it while modules load
        out, err = capsys.readouterr()
        code = ended.value.code
        if isinstance(code, str):  # as the interpreter prints it
            code, err = 1, f"{err}{code}\n"
        return CompletedProcess([*words], code or 0, out, err)

    return run


def process(*words: str, cwd: Path = ROOT, **environment: str) -> CompletedProcess[str]:
    """Run main.py with a clean set of QPYT_ variables."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("QPYT_")}
    return subprocess.run(
        [sys.executable, str(ROOT / "main.py"), *words],
        cwd=cwd,
        env={**clean, **environment},
        capture_output=True,
        encoding="utf-8",
        timeout=110,
        check=False,
    )


def test_every_setting_is_printed_and_secrets_are_masked(command: Command) -> None:
    done = command(
        "system",
        "settings",
        QPYT_TOKEN="s3cret",
        QPYT_DATABASE_URL="postgresql+psycopg://me:pa55@localhost/x",
    )
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert {"# environment", "# default"} <= set(lines)
    printed = dict(line.split("=", 1) for line in lines if not line.startswith("#"))
    assert printed.keys() == {Settings.variable(name) for name in Settings.model_fields}
    assert "s3cret" not in done.stdout
    assert "pa55" not in done.stdout


def test_settings_come_from_the_environment_and_from_the_env_file(
    command: Command, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("QPYT_PORT=7999\nQPYT_CPU_WORKERS=3\n", encoding="utf-8")
    done = command("system", "settings", cwd=tmp_path, QPYT_PORT="8123")
    assert "QPYT_PORT=8123\n" in done.stdout
    assert "QPYT_CPU_WORKERS=3\n" in done.stdout


@pytest.mark.parametrize("nasty", ["a\r\nQPYT_PORT=1", 'x"; rm -rf', "../../etc"])
def test_a_setting_stays_one_setting_whatever_is_in_it(command: Command, nasty: str) -> None:
    done = command("system", "settings", QPYT_HOST=nasty)
    printed = [line for line in done.stdout.splitlines() if line.startswith("QPYT_HOST=")]
    assert json.loads(printed[0].split("=", 1)[1]) == nasty
    assert sum(line.startswith("QPYT_PORT=") for line in done.stdout.splitlines()) == 1


def test_an_invalid_setting_is_named_without_a_traceback(command: Command) -> None:
    done = command("system", "settings", QPYT_LOG_LEVEL="loud", QPYT_PORT="many")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    lines = done.stderr.splitlines()
    assert [line.partition(":")[0] for line in lines[:2]] == ["QPYT_PORT", "QPYT_LOG_LEVEL"]
    assert "'info'" in lines[1]
    assert ".env" in lines[2]


def test_the_models_of_this_machine_are_listed(command: Command) -> None:
    done = command("models", "list")
    assert done.stdout.split()[0] == "nano"


def test_names_are_printed_as_utf_8_in_every_locale() -> None:
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = process("models", "list", **ascii_only)
    assert done.returncode == 0, done.stderr
    assert "Nano · built in" in done.stdout


def test_a_preset_runs_with_another_prompt(tmp_path: Path) -> None:
    done = process(
        "run",
        "first-picture",
        "--set",
        "prompt.prompt=a yellow castle",
        "--set",
        "settings.num_images=1",
        "--set",
        "settings.seed=3",
        "--set",
        "settings.width=128",
        "--set",
        "settings.height=128",
        "--out",
        str(tmp_path / "out"),
        "--data-dir",
        str(tmp_path / "data"),
    )
    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stderr
    [path] = done.stdout.splitlines()
    with Image.open(path) as image:
        snapshot = json.loads(image.info["qpyt"])
        assert image.info["parameters"].startswith("a yellow castle")
    assert snapshot["params"]["prompt"] == "a yellow castle"
    assert snapshot["seed"] == {"policy": "manual", "value": 3}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["generate", "x", "--width", "3"], "width"),
        (["generate", "x", "--model", "flux9"], "nano"),
        (["run", "no-such-workflow"], "no-such-workflow"),
        (["run", "first-picture", "--set", "nobody.prompt=1"], "nobody.prompt"),
    ],
)
def test_a_mistake_is_one_plain_sentence_and_exit_code_1(
    command: Command, tmp_path: Path, words: list[str], says: str
) -> None:
    done = command(*words, "--data-dir", str(tmp_path), QPYT_WARM="false")
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_pictures_are_never_written_over_others_and_warnings_are_told(tmp_path: Path) -> None:
    (tmp_path / "generate-5.png").write_bytes(b"mine")
    words = ["generate", "a red house", "--seed", "5", "--num-inference-steps", "1"]
    small = ["--width", "128", "--height", "128", "--loras", "nothing", "--lora-policy", "skip"]
    places = ["--out", str(tmp_path), "--data-dir", str(tmp_path / "data")]
    run = process(*words, *small, *places)
    assert "warning: loras.0.name: nothing was left out" in run.stderr
    assert Path(run.stdout.strip()).name == "generate-5-2.png"
    assert (tmp_path / "generate-5.png").read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("words", "variable", "value", "says"),
    [
        (["serve", "--port", "80000"], "QPYT_WARM", "false", "--port: "),
        (["serve", "--host", "192.0.2.1"], "QPYT_PORT", "0", "no address '192.0.2.1'"),
        (["--version"], "QPYT_OPERATION_MODULES", "no.such", "'no.such'"),
        (["system", "settings"], "QPYT_DATABASE_URL", "secret words", "QPYT_DATABASE_URL: "),
    ],
)
def test_a_wrong_option_or_variable_is_named(
    command: Command, words: list[str], variable: str, value: str, says: str, tmp_path: Path
) -> None:
    done = command(*words, cwd=ROOT, **{"QPYT_DATA_DIR": str(tmp_path), variable: value})
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert "secret" not in done.stderr


def test_an_env_file_of_another_encoding_is_named(command: Command, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"QPYT_PORT=\xff\xfe")
    done = command("system", "settings", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("The file .env is not UTF-8 text.")


def test_a_python_without_the_packages_is_named_with_the_right_one() -> None:
    done = subprocess.run(
        [sys.executable, "-S", str(ROOT / "main.py"), "--version"],
        capture_output=True,
        encoding="utf-8",
        timeout=110,
        check=False,
    )
    assert done.returncode == 1
    assert sys.executable in done.stderr
    assert ".venv/bin/python" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("tasks list --xyz", "No such option: --xyz (see `main.py tasks list --help`).\n"),
        ("tasks show", "Missing argument 'task_id' (see `main.py tasks show --help`).\n"),
        ("nope", "No such command 'nope' (see `main.py --help`).\n"),
    ],
)
def test_a_wrong_use_of_a_command_is_one_plain_sentence_and_exit_code_2(
    words: str, sentence: str
) -> None:
    done = process(*words.split())
    assert (done.returncode, done.stdout, done.stderr) == (2, "", sentence)


def test_a_group_of_commands_alone_prints_its_help(command: Command) -> None:
    done = command("tasks")
    assert done.returncode == 2
    assert "List tasks, newest first." in done.stdout + done.stderr
    assert "(see" not in done.stderr
