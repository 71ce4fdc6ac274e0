"""Alerts: every value beyond its threshold, with the requests that help."""

from typing import Any

import pytest

from core.settings import Settings
from core.studio.health import alerts

CALM: dict[str, Any] = {
    "disk": {"free_bytes": 1 << 40},
    "memory": {"used_bytes": 1, "total_bytes": 100},
    "failures_last_hour": 0,
    "queue": {"waiting": 3, "oldest_waiting_seconds": 600.0, "stale": False},
}
OPEN: dict[str, Any] = {
    "paused": False,
    "auto_run": True,
    "counts": {"held": 2, "pending": 1},
    "lanes": [{"name": "device", "state": "ready", "detail": ""}],
}
FAILED = [{"name": "device", "state": "failed", "detail": "no torch"}]


def codes(settings: Settings, system: dict[str, Any], queue: dict[str, Any]) -> list[str]:
    raised = alerts({**CALM, **system}, {**OPEN, **queue}, settings)
    assert all(alert["actions"] and alert["detail"] for alert in raised)
    return [alert["code"] for alert in raised]


@pytest.mark.parametrize(
    ("system", "queue", "code", "severity"),
    [
        ({"disk": {"free_bytes": 1}}, {}, "disk_low", "warning"),
        ({"memory": {"used_bytes": 99, "total_bytes": 100}}, {}, "memory_low", "warning"),
        ({"failures_last_hour": 1}, {}, "failures", "error"),
        ({"queue": {**CALM["queue"], "stale": True}}, {}, "queue_stale", "warning"),
        ({}, {"paused": True}, "queue_paused", "warning"),
        ({}, {"auto_run": False}, "tasks_held", "warning"),
        ({}, {"lanes": FAILED}, "worker_failed", "error"),
    ],
)
def test_each_state_has_its_alert_with_actions(
    system: dict[str, Any], queue: dict[str, Any], code: str, severity: str
) -> None:
    assert codes(Settings(), system, queue) == [code]
    (alert,) = alerts({**CALM, **system}, {**OPEN, **queue}, Settings())
    assert alert["severity"] == severity


def test_a_calm_studio_has_no_alert() -> None:
    assert codes(Settings(), {}, {}) == []


def test_a_pause_and_auto_run_are_no_alert_while_nothing_waits() -> None:
    queue = {"paused": True, "auto_run": False, "counts": {"held": 0, "pending": 0}}
    system = {"queue": {**CALM["queue"], "waiting": 0}}
    assert codes(Settings(), system, queue) == []


def test_thresholds_are_settings() -> None:
    lenient = Settings(max_failures_per_hour=5, min_free_disk_bytes=0)
    assert codes(lenient, {"failures_last_hour": 5, "disk": {"free_bytes": 1}}, {}) == []
