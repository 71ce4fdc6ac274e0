"""The static checks, one line each: `python -m tools.check`. `make check` and `make test` run them.

Their rules are in pyproject.toml, tsconfig.json, eslint.config.js and tools/banned_words.toml.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

from tools import node

ROOT = Path(__file__).resolve().parent.parent
TYPED = ("main.py", "core", "api", "benchmarks", "tools")


def main() -> None:
    """Run every check, print the output of those that fail, and exit 1 if one did."""
    run = [sys.executable, "-m"]
    results = [
        check("format", [*run, "ruff", "format", "--check", "--quiet", "--diff", "."]),
        check("lint", [*run, "ruff", "check", "--quiet", "."]),
        check("types", [*run, "mypy", *(name for name in TYPED if (ROOT / name).exists())]),
        check("words", [*run, "tools.words"]),
        check_page(),
    ]
    if not all(results):
        raise SystemExit(1)


def check_page() -> bool:
    """Run the checks of web/ on Node; without Node skip them, or fail where CI is set."""
    try:
        node.make_ready()
    except node.NodeMissing as missing:
        required = bool(os.environ.get("CI"))
        print(f"  page    {'failed' if required else 'skipped'}: {missing}")
        return not required
    except node.NodeInstallFailed as failure:
        print(f"  page    failed\n{failure}")
        return False
    typed = check("page types", [*node.command("tsc"), "--project", "tsconfig.json"])
    return check("page lint", [*node.command("eslint"), "--max-warnings=0", "web"]) and typed


def check(name: str, command: list[str]) -> bool:
    """Run one check from the root of the repository; True if it passed."""
    begin = time.monotonic()
    done = subprocess.run(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    passed = done.returncode == 0
    verdict = "ok" if passed else "failed"
    print(f"  {name:11} {verdict:7} {time.monotonic() - begin:5.1f} s", flush=True)
    if not passed:
        print(done.stdout)
    return passed


if __name__ == "__main__":
    main()
