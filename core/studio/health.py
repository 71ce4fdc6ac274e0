"""Alerts: measured values that are beyond the thresholds of the settings, and states
in which tasks wait, each with its recovery actions as data for buttons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from core.settings import Settings

GIB = 1 << 30
Alert = dict[str, Any]
Action = dict[str, Any]
ERROR, WARNING = "error", "warning"
"""Severities: something failed, or tasks wait and resources run low."""


def _post(label: str, path: str, body: Mapping[str, Any] | None = None) -> Action:
    """An action that is a `POST` below `/api`."""
    return {"label": label, "path": path, "body": dict(body or {}), "show": None}


SHOW_FAILED: Action = {"label": "Show", "path": None, "body": None, "show": "failed"}
RETRY = _post("Retry", "/tasks/retry")
RESUME = _post("Resume", "/queue/resume")
RELEASE = _post("Release", "/tasks/release")
RESTART = _post("Restart worker", "/system/workers/device/restart")
UNLOAD = _post("Free models", "/models/unload")
EMPTY_TRASH = _post("Empty trash", "/assets/purge", {"filter": {}})
CLEAN = _post("Clear temporary files", "/system/clean")


def alerts(system: Mapping[str, Any], queue: Mapping[str, Any], settings: Settings) -> list[Alert]:
    """The alerts on answers of `StudioStatus.system` and `.queue`: the cause with
    its value, the fix, and the actions. `setting` names the threshold, if there is one."""
    return [*_of_queue(system["queue"], queue), *_of_machine(system, settings)]


def _of_queue(health: Mapping[str, Any], queue: Mapping[str, Any]) -> Iterator[Alert]:
    for lane in queue["lanes"]:
        if lane["name"] == "device" and lane["state"] == "failed":
            detail = f"The worker cannot start. {lane['detail']}".strip()
            yield _alert("worker_failed", ERROR, None, detail, "See the log.", RESTART)
    counts, waiting = queue["counts"], health["waiting"]
    if queue["paused"] and waiting:
        detail = f"Paused; {waiting} wait."
        yield _alert("queue_paused", WARNING, None, detail, "Resume the queue.", RESUME)
    if not queue["auto_run"] and counts["held"]:
        detail = f"Auto-run is off; {counts['held']} are held."
        yield _alert("tasks_held", WARNING, None, detail, "Release the tasks.", RELEASE)
    if health["stale"]:
        yield _alert(
            "queue_stale",
            WARNING,
            "stale_queue_seconds",
            f"A task has waited for {health['oldest_waiting_seconds']:.0f} s, and none runs.",
            "See the state of the workers and the log; restart the studio if a worker has failed.",
            RESTART,
        )


def _of_machine(system: Mapping[str, Any], settings: Settings) -> Iterator[Alert]:
    free = system["disk"]["free_bytes"]
    if free < settings.min_free_disk_bytes:
        limit = settings.min_free_disk_bytes / GIB
        yield _alert(
            "disk_low",
            WARNING,
            "min_free_disk_bytes",
            f"{free / GIB:.1f} GiB of disk are free, less than {limit:.1f} GiB.",
            "Empty the trash, or move images and models to another disk.",
            CLEAN,
            EMPTY_TRASH,
        )
    memory = system["memory"]
    used = 100 * memory["used_bytes"] / memory["total_bytes"]
    if used > settings.max_memory_percent:
        yield _alert(
            "memory_low",
            WARNING,
            "max_memory_percent",
            f"{used:.0f} % of memory are in use, more than {settings.max_memory_percent:g} %.",
            "Unload models, or close other programs.",
            UNLOAD,
        )
    failures = system["failures_last_hour"]
    if failures > settings.max_failures_per_hour:
        yield _alert(
            "failures",
            ERROR,
            "max_failures_per_hour",
            f"{failures} task{'s' if failures != 1 else ''} failed within the last hour.",
            "See their causes in the queue, and retry them.",
            SHOW_FAILED,
            RETRY,
        )


def _alert(
    code: str, severity: str, setting: str | None, detail: str, fix: str, *actions: Action
) -> Alert:
    return {
        "code": code,
        "severity": severity,
        "setting": setting,
        "detail": detail,
        "fix": fix,
        "actions": list(actions),
    }
