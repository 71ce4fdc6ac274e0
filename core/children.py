"""Child processes that end with the process that started them, in whatever way that one ended.

`command` is the only way to start one of the studio's modules as a process. The module runs inside
this one (`main`), which ties the process to its parent before the module is imported.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
import time

POLL_SECONDS = 0.5
EXIT_ORPHANED = 75
_PR_SET_PDEATHSIG = 1  # prctl(2)


def command(module: str) -> list[str]:
    """The arguments that run a module of the studio as a child of this process.

    On Linux the child also ends with the thread that starts it.
    """
    # -P: the current folder must not be able to shadow a module.
    return [sys.executable, "-P", "-m", "core.children", str(os.getpid()), module]


def end_with_parent(parent: int) -> None:
    """End this process once the process `parent` is gone, within `POLL_SECONDS`.

    The kernel of Linux kills it at once, even in native code that holds the interpreter lock.
    Elsewhere a thread watches the parent; such code delays it.
    """
    if sys.platform == "linux" and _signalled_by_kernel():
        if os.getppid() != parent:  # it died before the kernel was asked
            os._exit(EXIT_ORPHANED)
        return
    threading.Thread(target=_watch, args=(parent,), name="parent", daemon=True).start()


def _signalled_by_kernel() -> bool:
    import ctypes

    return bool(ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0) == 0)


def _watch(parent: int) -> None:
    import psutil

    try:
        process = psutil.Process(parent)
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            time.sleep(POLL_SECONDS)
    except psutil.NoSuchProcess:
        pass
    os._exit(EXIT_ORPHANED)


def main() -> None:
    """Entry point: `python -m core.children PARENT MODULE`."""
    end_with_parent(int(sys.argv[1]))
    module = sys.argv[2]
    del sys.argv[1:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
