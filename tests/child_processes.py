"""Child processes of the test's own process."""

import psutil


def running(argument: str) -> list[psutil.Process]:
    """Live children that were started with this argument; uncollected zombies do not count."""
    return [child for child in psutil.Process().children() if argument in _arguments(child)]


def _arguments(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except (psutil.ZombieProcess, psutil.NoSuchProcess):
        return []
