"""Alerts: measured values of the studio that are beyond the thresholds of the settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from core.settings import Settings

GIB = 1 << 30


def alerts(system: Mapping[str, Any], settings: Settings) -> list[dict[str, Any]]:
    """The alerts of the answer of `StudioStatus.system`: cause with its value, and the fix.

    `setting` names the threshold.
    """
    return [
        {"code": code, "setting": name, "detail": detail, "fix": fix}
        for code, name, detail, fix in _alerts(system, settings)
    ]


def _alerts(system: Mapping[str, Any], settings: Settings) -> Iterator[tuple[str, str, str, str]]:
    free = system["disk"]["free_bytes"]
    if free < settings.min_free_disk_bytes:
        limit = settings.min_free_disk_bytes / GIB
        yield (
            "disk_low",
            "min_free_disk_bytes",
            f"{free / GIB:.1f} GiB of disk are free, less than {limit:.1f} GiB.",
            "Empty the trash, or move images and models to another disk.",
        )
    memory = system["memory"]
    used = 100 * memory["used_bytes"] / memory["total_bytes"]
    if used > settings.max_memory_percent:
        yield (
            "memory_low",
            "max_memory_percent",
            f"{used:.0f} % of memory are in use, more than {settings.max_memory_percent:g} %.",
            "Unload models, or close other programs.",
        )
    if system["queue"]["stale"]:
        yield (
            "queue_stale",
            "stale_queue_seconds",
            f"A task has waited for {system['queue']['oldest_waiting_seconds']:.0f} s, "
            "and none runs.",
            "See the state of the workers and the log; restart the studio if a worker has failed.",
        )
    failures = system["failures_last_hour"]
    if failures > settings.max_failures_per_hour:
        yield (
            "failures",
            "max_failures_per_hour",
            f"{failures} task{'s' if failures != 1 else ''} failed within the last hour.",
            "See their causes in the queue, and retry them.",
        )
