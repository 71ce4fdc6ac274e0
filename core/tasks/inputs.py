"""Outputs of completed tasks as inputs of others, and the cache key of equal tasks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, select

from core.errors import ParentFailed
from core.kinds import find, kind_of
from core.operations.declaration.fields import is_reference
from core.store.asset_rows import Asset
from core.store.schema import assets, tasks
from core.tasks.states import Status
from core.tasks.task import Task, references

Inputs = Mapping[str, list[dict[str, Any]]]


def resolve_inputs(
    connection: Connection, child: Task, parent: Task
) -> dict[str, Any] | ParentFailed:
    """The child's parameters with `parent`'s outputs filled in, as values for its row."""
    params, inputs = dict(child.params), dict(child.snapshot.get("inputs", {}))
    for name, value in child.params.items():
        items: list[Any] = []
        for item in value if isinstance(value, list) else [value]:
            if not is_reference(item) or item["task"] != parent.id:
                items.append(item)
            elif outputs := _outputs(parent, item):
                items += [_carried(output) for output in outputs]
            else:
                return ParentFailed(
                    f"{parent.operation} made nothing on its port {item.get('port', 'image')!r}"
                    f" that {name!r} could use (item {item.get('index') or 0})."
                )
        if any(item["task"] == parent.id for _, item in references({name: value})):
            params[name] = items if isinstance(value, list) or len(items) > 1 else items[0]
            found_keys = asset_keys(connection, [item for item in items if isinstance(item, str)])
            if found_keys:  # a text is no asset: it counts as a parameter
                inputs[name] = found_keys
    snapshot = {**child.snapshot, "inputs": inputs}
    known = not references(params) and not _names_files(params, snapshot)
    key = cache_key(child.operation, params, snapshot) if known else None
    return {"params": params, "snapshot": snapshot, "cache_key": key}


def _names_files(params: Mapping[str, Any], snapshot: Mapping[str, Any]) -> bool:
    """True where a text that came late may name wildcard lists or LoRAs: their contents are read
    when the task runs, so no cache key can hold them."""
    texts = (str(params[name]).lower() for name in snapshot.get("late_texts", ()))
    return any("__" in text or "<l" in text for text in texts)


def _outputs(parent: Task, reference: Mapping[str, Any]) -> list[dict[str, Any]]:
    port, index = reference.get("port", "image"), reference.get("index")
    outputs = [
        output
        for output in parent.outputs
        if output["port"] == port and find(output["kind"]) is not None
    ]
    return outputs if index is None else outputs[index : index + 1]


def _carried(output: Mapping[str, Any]) -> str:
    """An output as a parameter: an asset's id, a text, or JSON as text."""
    kind = kind_of(output["kind"])
    if kind.stored:
        return str(output["asset_id"])
    return str(output["value"]) if kind.storage == "text" else json.dumps(output["value"])


def asset_keys(connection: Connection, ids: Iterable[str]) -> list[dict[str, Any]]:
    """Records of input assets for workers and snapshots, in the order of `ids`."""
    ids = list(ids)
    columns = (assets.c.id, assets.c.key, assets.c.type, assets.c.width, assets.c.height)
    rows = connection.execute(select(*columns).where(assets.c.id.in_(ids))).mappings()
    by_id = {row["id"]: dict(row) for row in rows}
    return [by_id[asset_id] for asset_id in ids if asset_id in by_id]


def asset_record(asset: Asset) -> dict[str, Any]:
    """The record of one input asset, as `asset_keys` reads it."""
    return {name: getattr(asset, name) for name in ("id", "key", "type", "width", "height")}


def cache_key(operation: str, params: Mapping[str, Any], snapshot: Mapping[str, Any]) -> str:
    """Equal for tasks that must give the same result.

    It covers the parameters, the contents of the inputs, the fingerprints of all files that decide
    the result, and the prompts as they are drawn.
    """
    inputs: Inputs = snapshot.get("inputs", {})
    contents = {name: [item["key"] for item in items] for name, items in inputs.items()}
    rest = {name: value for name, value in params.items() if name not in inputs}
    files = snapshot.get("fingerprints", {})
    drawn = [snapshot.get("prompts"), snapshot.get("items")]
    text = json.dumps([operation, rest, contents, files, drawn], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def equal_done(connection: Connection, task: Task) -> Task | None:
    """A completed task with the same cache key whose files are all still there."""
    if not task.snapshot.get("cache") or not task.cache_key:
        return None
    statement = (
        select(tasks)
        .where(tasks.c.cache_key == task.cache_key, tasks.c.status == Status.COMPLETED.value)
        .order_by(tasks.c.seq.desc())
        .limit(1)
    )
    row = connection.execute(statement).mappings().first()
    if row is None:
        return None
    task = Task.from_row(row)
    ids = {output["asset_id"] for output in task.outputs if output.get("asset_id")}
    there = select(assets.c.id).where(assets.c.id.in_(ids), assets.c.deleted_at.is_(None))
    return task if len(connection.execute(there).all()) == len(ids) else None
