"""A task as an entry of the session log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.history.comparison import loras_of
from core.history.zones import Zone
from core.kinds import find
from core.operations.declaration.registry import Registry
from core.tasks.states import Status
from core.tasks.task import Task


def is_logged(task: Task, registry: Registry) -> bool:
    """True for tasks of people; tasks of the studio itself, such as hashing, only if they fail."""
    declaration = registry.get(task.operation)
    own = declaration is not None and not getattr(declaration, "has_brick", True)
    return not own or task.status is Status.FAILED


def log_entry(task: Task, registry: Registry, zone: Zone) -> dict[str, Any]:
    """The entry as JSON. `time` is local, ISO 8601 with its offset."""
    declaration = registry.get(task.operation)
    params = dict(task.params)
    recorded = task.snapshot.get("model")
    model = recorded if isinstance(recorded, Mapping) else {}
    return {
        "id": task.id,
        "time": zone.local(task.created_at).isoformat(timespec="seconds"),
        "operation": task.operation,
        "title": declaration.title if declaration else task.operation,
        "status": task.status.value,
        "seconds": task.timings.get("run_seconds"),
        "model": model.get("label") or params.get("model"),
        "prompt": _text(params.get("prompt")),
        "negative_prompt": _text(params.get("negative_prompt")),
        "seed": params.get("seed"),
        "loras": loras_of(task.snapshot if task.snapshot.get("loras") else {"params": params}),
        "params": params,
        "warnings": [str(warning.get("detail", "")) for warning in task.warnings],
        "error": task.error and {name: task.error.get(name) for name in ("code", "detail", "fix")},
        "note": task.note,
        "cached": task.cached,
        "images": [_image(output) for output in task.outputs if _is_image(output)],
    }


def _text(value: Any) -> str | None:
    """A prompt; None for an empty one, and for one that another task makes."""
    return value if isinstance(value, str) and value else None


def _is_image(output: Mapping[str, Any]) -> bool:
    kind = find(output["kind"])
    return bool(kind and kind.raster and output.get("asset_id"))


def _image(output: Mapping[str, Any]) -> dict[str, Any]:
    return {name: output.get(name) for name in ("asset_id", "seed", "width", "height")}
