"""Node and what its lockfile names, for the checks of the page.

Installs node_modules by package-lock.json. The studio itself needs no Node.
"""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "package-lock.json"
STAMP = ROOT / "node_modules" / ".ready"


class NodeMissing(Exception):
    """Node or npm is not installed."""


class NodeInstallFailed(Exception):
    """`npm ci` failed; the message is what it printed."""


def make_ready() -> None:
    """Run `npm ci` where node_modules is missing or older than the lockfile.

    Raises NodeMissing and NodeInstallFailed.
    """
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise NodeMissing("Node.js is not installed (version 20.19, or 22.13 and newer)")
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if STAMP.is_file() and STAMP.read_text(encoding="ascii") == wanted:
        return
    command = [npm, "ci", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    if done.returncode != 0:
        raise NodeInstallFailed(f"npm ci failed:\n{done.stdout}{done.stderr}")
    STAMP.write_text(wanted, encoding="ascii")


def command(name: str) -> list[str]:
    """The command line of a program that the lockfile brings, as `tsc`."""
    suffix = ".cmd" if os.name == "nt" else ""
    return [str(ROOT / "node_modules" / ".bin" / f"{name}{suffix}")]
