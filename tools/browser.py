"""The browser that the browser tests drive: `python -m tools.browser` installs it if needed.

Searches the usual places and installs it on Debian. The tests use the same `find()`.
"""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def find() -> str | None:
    """The path of a Chromium; `QPYT_CHROMIUM` names one to use instead of looking."""
    chosen = os.environ.get("QPYT_CHROMIUM")
    if chosen:
        return shutil.which(chosen)
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def main() -> None:
    """Install Chromium where it is missing and may be; without one a skip, or a failure in CI."""
    if find() is None and may_install():
        install()
    if find() is not None:
        return
    advice = "install Chromium (Debian: apt install chromium) or set QPYT_CHROMIUM to its path"
    if os.environ.get("CI"):
        print(f"No browser for the browser tests: {advice}.", file=sys.stderr)
        raise SystemExit(1)
    print(f"  browser     skipped: no Chromium; {advice}", flush=True)


def may_install() -> bool:
    """True on Debian with root privileges."""
    return shutil.which("apt-get") is not None and hasattr(os, "geteuid") and os.geteuid() == 0


def install() -> None:
    """Install Debian's chromium; what apt says is shown only when it fails."""
    print("Installing Debian's chromium for the browser tests…", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
        done = subprocess.run(
            ["apt-get", "-q", *arguments],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
        if done.returncode != 0:
            print(f"apt-get {arguments[0]} failed:\n{done.stdout}", file=sys.stderr)
            return


if __name__ == "__main__":
    main()
