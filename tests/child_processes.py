"""Processes that a test started, by itself or through another one."""

import time

import psutil


def running(argument: str) -> list[psutil.Process]:
    """Live children that were started with this argument."""
    return [child for child in psutil.Process().children() if argument in _arguments(child)]


def alive(process: psutil.Process) -> bool:
    """Return whether the process runs; a zombie, which nobody has collected yet, does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def survivors(processes: list[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Wait until all have ended; return those that still run when the time is over."""
    deadline = time.monotonic() + seconds
    while (remaining := [process for process in processes if alive(process)]) and (
        time.monotonic() < deadline
    ):
        time.sleep(0.02)
    return remaining


def _arguments(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except (psutil.ZombieProcess, psutil.NoSuchProcess):
        return []
