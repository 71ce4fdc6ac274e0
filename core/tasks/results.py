"""Store the results of a worker: assets and the end of the task, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from core.store.asset_rows import insert_asset, new_asset
from core.store.blobs import Blob
from core.store.lineage import insert_inputs
from core.tasks.claim import Claim
from core.tasks.running import RunningTask
from core.tasks.states import Status
from core.tasks.task import Task
from core.tasks.transitions import cancel, complete, find, revise
from core.worker.protocol import Finished, Output


def store_results(
    connection: Connection, running: RunningTask, report: Finished, timings: Mapping[str, float]
) -> list[Task]:
    """Rows for all outputs and the task completed; nothing at all if the claim is gone."""
    claim = running.claim
    current = find(connection, claim.task_id)
    if current is None or not _is_valid(current, claim):
        return []
    outputs = [_output(connection, current, output) for output in report.outputs]
    warnings = [*current.warnings, *(notice.model_dump() for notice in report.warnings)]
    snapshot = {**running.snapshot, **report.facts}
    return complete(connection, claim, outputs, warnings, timings, snapshot)


def cancel_keeping_results(connection: Connection, running: RunningTask) -> list[Task]:
    """Rows for the images that were stored before the cancel, and the task cancelled."""
    condition = running.claim.condition()
    current = find(connection, running.claim.task_id)
    if running.outputs and current is not None and _is_valid(current, running.claim):
        outputs = [_output(connection, current, output) for output in running.outputs]
        revise(connection, condition, outputs=outputs, snapshot=running.snapshot)
    return cancel(connection, condition)


def _is_valid(task: Task, claim: Claim) -> bool:
    same = (task.attempt, task.owner) == (claim.attempt, claim.owner)
    return task.status is Status.RUNNING and same


def _output(connection: Connection, task: Task, output: Output) -> dict[str, Any]:
    data: dict[str, Any] = {
        "port": output.port,
        "index": output.index,
        "kind": output.kind,
        "asset_id": None,
        "value": output.value,
        "width": output.width,
        "height": output.height,
        "seed": output.seed,
    }
    if output.key is not None:
        asset = new_asset(
            Blob(output.key, output.size or 0),
            kind=output.kind,
            type=output.type or "application/octet-stream",
            width=output.width,
            height=output.height,
            metadata={} if output.seed is None else {"seed": output.seed},
            task_id=task.id,
            port=output.port,
            index=output.index,
            project_id=task.project_id,
        )
        data["asset_id"] = insert_asset(connection, asset).id
        insert_inputs(connection, asset.id, task.snapshot.get("inputs", {}))
    return data
