"""The message that starts a task in a worker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.tasks.task import Task
from core.worker.protocol import InputAsset, Start


def start_message(
    task: Task,
    *,
    attempt: int,
    device: int | None = None,
    snapshot: Mapping[str, Any] | None = None,
    transient: bool = False,
    batch: str | None = None,
) -> Start:
    """Start an attempt of a task, on the device of an index where one is chosen.

    `snapshot` becomes the metadata of its images. `batch` is common to tasks that run together.
    """
    inputs = {
        asset["id"]: InputAsset(
            key=asset["key"], type=asset["type"], width=asset["width"], height=asset["height"]
        )
        for assets in task.snapshot.get("inputs", {}).values()
        for asset in assets
    }
    return Start(
        task_id=task.id,
        attempt=attempt,
        lane=task.lane,
        device=device,
        operation=task.operation,
        params=dict(task.params),
        inputs=inputs,
        snapshot=dict(snapshot or {}),
        checkpoint_key=task.checkpoint,
        transient=transient,
        batch=batch,
    )
