"""Answers about the state of the studio."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from fastapi import Response
from pydantic import Field, JsonValue
from typing_extensions import TypedDict

from api.document.marks import ByStatus, File, documented


@documented
class MainMemory(TypedDict):
    """Main memory."""

    total_bytes: int
    """All bytes."""
    used_bytes: int
    """Used bytes."""


@documented
class Disk(TypedDict):
    """The disk of the data directory."""

    free_bytes: int
    """Free bytes."""
    total_bytes: int
    """All bytes."""


@documented
class Worker(TypedDict):
    """The workers of a lane."""

    lane: str
    """Name of the lane."""
    state: str
    """State of its workers."""
    detail: str
    """The state as a sentence; empty if there is nothing to say."""
    concurrency: int
    """Number of tasks that run at once."""
    pid: int | None
    """Process of one of the workers."""
    restarts: int
    """Restarts of workers since the start."""


@documented
class QueueHealth(TypedDict):
    """The queue in figures."""

    waiting: int
    """Number of tasks that wait."""
    oldest_waiting_seconds: float | None
    """Age of the oldest pending task."""
    stale: bool
    """True if tasks wait and none runs, although the queue is not paused."""
    eta_seconds: float | None
    """Estimated seconds until the queue is empty."""


@documented
class Device(TypedDict):
    """The device that generates images."""

    kind: str
    """`cpu`, or the kind of the accelerator."""
    name: str
    """Name of the device."""
    memory_bytes: NotRequired[int]
    """Memory of an accelerator."""
    free_bytes: NotRequired[int]
    """Free memory of an accelerator at the start of its worker."""
    threads: NotRequired[int]
    """Threads that compute on the processor."""
    index: NotRequired[int]
    """Number of the device, where the lane has several."""


@documented
class AlertAction(TypedDict):
    """A recovery action: a request, or a list to show."""

    label: str
    """Its name, for a button."""
    path: Annotated[str | None, Field(examples=["/system/clean"])]
    """Path below `/api` of a `POST`; null for a list."""
    body: Annotated[dict[str, JsonValue] | None, Field(examples=[{}])]
    """Body of the request."""
    show: Annotated[Literal["failed"] | None, Field(examples=[None])]
    """List to show: the failed tasks."""


@documented
class Cleaned(TypedDict):
    """The numbers of what was removed."""

    rows: int
    """Rows of assets that were deleted long ago."""
    files: int
    """Files that nothing refers to."""
    thumbnails: int
    """Thumbnails of such files."""
    partial: int
    """Unfinished files."""


@documented
class Alert(TypedDict):
    """A measured value beyond a threshold of the settings, or a state in which tasks wait."""

    code: Literal[
        "worker_failed",
        "queue_paused",
        "tasks_held",
        "disk_low",
        "memory_low",
        "queue_stale",
        "failures",
    ]
    """Kind of the alert."""
    severity: Literal["error", "warning", "info"]
    """Error: something failed. Warning: tasks wait, or a resource runs low."""
    setting: Annotated[str | None, Field(examples=["min_free_disk_bytes"])]
    """Setting that holds the threshold; null where there is none."""
    detail: Annotated[str, Field(examples=["1.2 GiB of disk are free, less than 2.0 GiB."])]
    """The cause with its value."""
    fix: str
    """The next step."""
    actions: list[AlertAction]
    """Recovery actions, the gentlest first."""


@documented
class System(TypedDict):
    """The state of the studio."""

    version: str
    """Version of the studio."""
    page: str
    """Version of the page's own files: an open page reloads when it changes."""
    device: Device
    """Device of the device lane."""
    memory: MainMemory
    """Main memory."""
    disk: Disk
    """Disk of the data directory."""
    workers: list[Worker]
    """Workers by lane."""
    failures_last_hour: int
    """Number of tasks that failed within an hour."""
    queue: QueueHealth
    """The queue in figures."""
    alerts: list[Alert]
    """Values beyond the thresholds of the settings."""


@documented
class MachineSeries(TypedDict):
    """A measured quantity over time."""

    id: Annotated[str, Field(examples=["cpu"])]
    """ID: `cpu`, `memory`, `disk`, `gpu0`, `gpu0_memory`."""
    label: Annotated[str, Field(examples=["Processor"])]
    """Name of the quantity."""
    unit: Annotated[str, Field(examples=["%"])]
    """Unit of the values."""
    maximum: Annotated[float | None, Field(examples=[100.0])]
    """End of the scale."""
    values: Annotated[list[float | None], Field(examples=[[12.5, None]])]
    """Mean of each interval; null without a measurement."""
    low: Annotated[list[float | None], Field(examples=[[3.0, None]])]
    """Lowest value of each interval."""
    high: Annotated[list[float | None], Field(examples=[[40.0, None]])]
    """Highest value of each interval."""


@documented
class TaskSpan(TypedDict):
    """The time in which a task ran."""

    id: str
    """ID of the task."""
    operation: str
    """Name of its operation."""
    lane: str
    """Its lane."""
    status: Literal["completed", "failed", "cancelled"]
    """The way in which it ended."""
    started_at: str
    """Start of its last attempt."""
    finished_at: str
    """Its end."""


@documented
class MachineHistory(TypedDict):
    """The machine over time."""

    interval_seconds: float
    """Seconds of an interval."""
    times: Annotated[list[str], Field(examples=[["2026-01-31T12:00:00.000000Z"]])]
    """Middle of each interval."""
    series: list[MachineSeries]
    """Measured quantities."""
    tasks: list[TaskSpan]
    """Tasks that ended within the time, the last first."""


@documented
class Health(TypedDict):
    """The server answers."""

    status: Literal["ok"]
    """Always `ok`."""
    version: str
    """Version of the studio."""


@documented
class Readiness(TypedDict):
    """Readiness to start a task."""

    ready: bool
    """True if all checks hold."""
    checks: Annotated[
        dict[str, bool | str],
        Field(examples=[{"opened": True, "storage": True, "worker": True}]),
    ]
    """Checks by name: true, or the reason why it does not hold."""


ReadyOrNot = Annotated[
    dict[str, Any],
    ByStatus(
        {200: Readiness, 503: Readiness},
        {200: "Ready to start a task.", 503: "Not ready; `checks` has the reason."},
    ),
]
Metrics = Annotated[Response, File(("text/plain",), "Counts in the text format of Prometheus.")]
EventStream = Annotated[
    Response, File(("text/event-stream",), "Events as they happen; see docs/api.md.")
]
