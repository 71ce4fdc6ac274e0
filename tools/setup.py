"""Makes .venv ready: `python -m tools.setup run` for the studio, `test` for the checks and tests.

Creates the virtual environment, installs the requirement files and writes stamps of what is
installed. Uses the standard library only, because it runs before anything is installed.
"""

import hashlib
import importlib.util
import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import NoReturn

from tools.torch_source import torch_arguments

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
PIP = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input"]
LOG = VENV / "install.log"
CONSTRAINTS = "constraints.txt"
LEVELS = {
    "run": ("requirements.txt",),
    "test": ("requirements.txt", "requirements-dev.txt"),
}


def main(arguments: list[str]) -> None:
    """Make the level named by the only argument ready; do nothing where it is."""
    if len(arguments) != 1 or arguments[0] not in LEVELS:
        stop(f"Usage: python -m tools.setup {'|'.join(LEVELS)}")
    level = arguments[0]
    if not usable(PYTHON):
        create_environment()
    if not installed(level):
        install(level)
    stamp(level)


def usable(python: Path) -> bool:
    """True if `python` starts, is new enough and has pip: an interrupted creation leaves less."""
    code = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    try:
        return (
            subprocess.run([python, "-c", code], capture_output=True, check=False).returncode == 0
        )
    except OSError:
        return False


def create_environment() -> None:
    """Create .venv with pip, in place of a broken one."""
    if importlib.util.find_spec("ensurepip") is None:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        stop(
            f"Python {version} ({sys.executable}) cannot create a virtual environment: its module\n"
            f"ensurepip is missing. Debian and Ubuntu ship it apart:\n"
            f"  apt install python{version}-venv\n"
            f"Then run the same command again."
        )
    print(f"Creating .venv with Python {sys.version.split()[0]}", flush=True)
    try:
        venv.create(VENV, clear=True, with_pip=True, symlinks=os.name != "nt")
    except (OSError, subprocess.CalledProcessError) as error:
        stop(f"Creating {VENV} failed: {error}")


def installed(level: str) -> bool:
    """True if the stamp of `level` holds the hash of today's requirement files."""
    path = stamp_path(level)
    return path.is_file() and path.read_text(encoding="ascii").strip() == fingerprint(level)


def stamp(level: str) -> None:
    """Write the stamp of `level`, and of each level that it includes."""
    for name, files in LEVELS.items():
        if set(files) <= set(LEVELS[level]):
            stamp_path(name).write_text(fingerprint(name) + "\n", encoding="ascii")


def stamp_path(level: str) -> Path:
    """The file that says a level is ready; the Makefile compares its date."""
    return VENV / f"ready-{level}"


def fingerprint(level: str) -> str:
    """SHA-256 over the files that decide what a level installs."""
    digest = hashlib.sha256()
    for name in (*LEVELS[level], CONSTRAINTS):
        digest.update(name.encode() + b"\0" + (ROOT / name).read_bytes() + b"\0")
    return digest.hexdigest()


def install(level: str) -> None:
    """Install the packages of `level`; the full log stays in .venv/install.log."""
    size = "" if torch_is_there() else ", about 2 GB, a few minutes"
    print(f"Installing {' and '.join(LEVELS[level])} into .venv{size}…", flush=True)
    command = [*PIP, "install", "--progress-bar", "off", "-c", CONSTRAINTS]
    for name in LEVELS[level]:
        command += ["-r", name]
    if pip(command + torch_arguments(PIP)) != 0:
        stop_with_log()


def pip(command: list[str]) -> int:
    """Run pip with its output in the log; on a terminal one line shows how far it is."""
    with (
        LOG.open("w", encoding="utf-8") as log,
        subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8"
        ) as process,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            log.write(line)
            show_progress(line)
    show_progress("")
    return process.returncode


def show_progress(line: str) -> None:
    """Rewrite the terminal's last line with what pip is doing; say nothing where nobody looks."""
    if not sys.stdout.isatty():
        return
    if line.startswith(("Collecting ", "Installing ")):
        print(f"\r\033[K  {line.strip()[:70]}", end="", flush=True)
    elif not line:
        print("\r\033[K", end="", flush=True)


def torch_is_there() -> bool:
    """True if the one large package is installed already."""
    return any(VENV.glob("lib/python*/site-packages/torch/version.py"))


def stop_with_log() -> NoReturn:
    """End with the last lines of the log and what usually helps."""
    lines = LOG.read_text(encoding="utf-8").splitlines()
    news = [line for line in lines if not line.startswith("Requirement already satisfied")]
    tail = "\n".join(news[-12:])
    stop(
        f"{tail}\n\nInstalling failed; the full log is {LOG}.\n"
        "Usual reasons: no network, a full disk, or a Python so new that a package has no build\n"
        "for it yet (make setup PYTHON=python3.12 chooses another, once .venv is deleted).\n"
        "Running it again goes on from here."
    )


def stop(message: str) -> NoReturn:
    """End with `message` and a failing status."""
    print(message, file=sys.stderr)
    raise SystemExit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
