"""Store the results of a worker: assets and the end of the task, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from core.store.asset_rows import Asset, insert_asset, new_asset
from core.store.blobs import Blob
from core.store.lineage import insert_inputs
from core.tasks.claim import Claim
from core.tasks.inputs import Inputs
from core.tasks.running import RunningTask
from core.tasks.states import Status
from core.tasks.task import Task
from core.tasks.transitions import cancel, complete, find, revise
from core.worker.protocol import Finished, Output


def store_results(
    connection: Connection, running: RunningTask, report: Finished, timings: Mapping[str, float]
) -> list[Task]:
    """Rows for all outputs and the task completed; nothing at all if the claim is gone."""
    task, inputs = running.task, running.task.snapshot.get("inputs", {})
    results = [_result(task, output) for output in report.outputs]

    def store() -> None:
        for _, asset in results:
            if asset is not None:
                _insert(connection, asset, inputs)

    outputs = [data for data, _ in results]
    warnings = [*task.warnings, *(notice.model_dump() for notice in report.warnings)]
    snapshot = {**running.snapshot, **report.facts}
    return complete(connection, running.claim, outputs, warnings, timings, snapshot, store)


def cancel_keeping_results(connection: Connection, running: RunningTask) -> list[Task]:
    """Rows for the images that were stored before the cancel, and the task cancelled."""
    condition = running.claim.condition()
    current = find(connection, running.claim.task_id)
    if running.outputs and current is not None and _is_valid(current, running.claim):
        results = [_result(current, output) for output in running.outputs]
        for _, asset in results:
            if asset is not None:
                _insert(connection, asset, current.snapshot.get("inputs", {}))
        outputs = [data for data, _ in results]
        revise(connection, condition, outputs=outputs, snapshot=running.snapshot)
    return cancel(connection, condition)


def _is_valid(task: Task, claim: Claim) -> bool:
    same = (task.attempt, task.owner) == (claim.attempt, claim.owner)
    return task.status is Status.RUNNING and same


def _insert(connection: Connection, asset: Asset, inputs: Inputs) -> None:
    insert_asset(connection, asset)
    insert_inputs(connection, asset.id, inputs)


def _result(task: Task, output: Output) -> tuple[dict[str, Any], Asset | None]:
    """An output as the row of its task has it, and the asset of its file."""
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
    if output.key is None:
        return data, None
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
    return {**data, "asset_id": asset.id}, asset
