"""Two snapshots side by side: every field with its label, and what differs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from core.history.word_diff import Segment, word_diff
from core.operations.declaration.fields import form_schema
from core.operations.declaration.registry import Registry
from core.store.environment import environment, label_of
from core.tasks.task import Task

Snapshot = Mapping[str, Any]
SHORT = 12  # letters of a fingerprint that are shown
_TEXTS = frozenset({"prompt", "negative_prompt"})
_GENERAL = {
    "operation": "Operation",
    "status": "Status",
    "model": "Model",
    "seed": "Seed",
    "seed_policy": "Seed policy",
    "prompt": "Prompt as drawn",
    "negative_prompt": "Negative prompt as drawn",
    "loras": "LoRAs",
    "skipped_loras": "Skipped LoRAs",
    "created_at": "Submitted",
    "run_seconds": "Seconds",
    "note": "Note",
}


@dataclass(frozen=True, slots=True)
class ComparedField:
    """A field of two snapshots. A value is None where the snapshot has none.

    `group`: `task`, `parameters` or `environment`. `name` is that of the API. `words` are the
    segments of texts that differ.
    """

    group: str
    name: str
    label: str
    a: Any
    b: Any
    differs: bool
    words: list[Segment] | None = None

    def public(self) -> dict[str, Any]:
        """The field as JSON."""
        return asdict(self)


def compare(first: Snapshot, second: Snapshot, registry: Registry) -> list[ComparedField]:
    """Every field of two snapshots that one of them has, in a fixed order."""
    labels = {**_labels(first, registry), **_labels(second, registry)}
    sides = (dict(_fields(first)), dict(_fields(second)))
    for side, other in (sides, sides[::-1]):
        for name in _TEXTS:  # a text that was drawn as it was written
            if ("task", name) in other:
                side.setdefault(("task", name), side.get(("parameters", name)))
    names = [*sides[0], *(name for name in sides[1] if name not in sides[0])]
    order = {"task": 0, "parameters": 1, "environment": 2}
    fields = [
        _field(group, name, labels, *(side.get((group, name)) for side in sides))
        for group, name in names
    ]
    return sorted(fields, key=lambda field: order[field.group])  # stable


def snapshot_of_task(task: Task) -> Snapshot:
    """A task's snapshot with all that describes its run."""
    return {
        **task.snapshot,
        "params": task.params,
        "status": task.status.value,
        "created_at": task.created_at,
        "run_seconds": task.timings.get("run_seconds"),
        "note": task.note,
    }


def snapshot_of_image(metadata: Snapshot) -> Snapshot:
    """The snapshot in an image's metadata; of another tool's image, its parameters."""
    own = metadata.get("qpyt")
    if isinstance(own, Mapping):
        return {**own, **({"image_seed": own["image_seed"]} if "image_seed" in own else {})}
    generation = metadata.get("generation")
    if not isinstance(generation, Mapping):
        return {}
    settings = generation.get("settings")
    texts = {name: generation[name] for name in sorted(_TEXTS) if generation.get(name)}
    return {"params": {**texts, **(settings if isinstance(settings, Mapping) else {})}}


def _field(
    group: str, name: str, labels: Mapping[str, str], first: Any, second: Any
) -> ComparedField:
    differs = first != second
    label = labels.get(name, name) if group == "parameters" else _GENERAL.get(name)
    words = None
    if differs and name in _TEXTS:
        words = word_diff(str(first or ""), str(second or ""))
    label = label or (label_of(name) if group == "environment" else name)
    return ComparedField(group, name, label, first, second, differs, words)


def _fields(snapshot: Snapshot) -> Iterator[tuple[tuple[str, str], Any]]:
    for name, value in _task_facts(snapshot).items():
        if value not in (None, [], ""):
            yield ("task", name), value
    params = snapshot.get("params")
    for name, value in (params if isinstance(params, Mapping) else {}).items():
        if name not in ("loras", "seed", "model"):
            yield ("parameters", str(name)), value
    for name, value in environment(snapshot).items():
        short = name.startswith("files.") or name == "versions.commit"
        yield ("environment", name), value[:SHORT] if short and value else value


def _task_facts(snapshot: Snapshot) -> dict[str, Any]:
    params, seed = _mapping(snapshot.get("params")), _mapping(snapshot.get("seed"))
    model = _mapping(snapshot.get("model"))
    drawn = _drawn(snapshot)
    own_seed = snapshot.get("image_seed", params.get("seed"))
    return {
        "operation": snapshot.get("operation"),
        "status": snapshot.get("status"),
        "model": model.get("label") or params.get("model"),
        "seed": own_seed,
        "seed_policy": seed.get("policy"),
        **{name: drawn[name] for name in sorted(_TEXTS, reverse=True) if name in drawn},
        "loras": loras_of(snapshot),
        "skipped_loras": [_mapping(lora).get("name") for lora in _list(snapshot, "skipped_loras")],
        "created_at": snapshot.get("created_at"),
        "run_seconds": snapshot.get("run_seconds"),
        "note": snapshot.get("note"),
    }


def _drawn(snapshot: Snapshot) -> dict[str, str]:
    """The texts of the first image where they differ from the parameters."""
    prompts = _list(snapshot, "prompts")
    source = _mapping(snapshot.get("output")) if "output" in snapshot else {}
    source = source or _mapping(prompts[0] if prompts else {})
    params = _mapping(snapshot.get("params"))
    return {
        name: str(source[name])
        for name in _TEXTS
        if name in source and source[name] != params.get(name)
    }


def loras_of(snapshot: Snapshot) -> list[str]:
    """The applied LoRAs of a snapshot as `name: weight`."""
    applied = _list(snapshot, "loras")
    if not applied:
        listed = _mapping(snapshot.get("params")).get("loras")
        applied = list(listed) if isinstance(listed, list | tuple) else []
    lines = []
    for lora in map(_mapping, applied):
        name = lora.get("label") or lora.get("name") or lora.get("id") or json.dumps(dict(lora))
        lines.append(f"{name}: {lora.get('weight', 1.0)}")
    return lines


def _labels(snapshot: Snapshot, registry: Registry) -> dict[str, str]:
    declaration = registry.get(str(snapshot.get("operation", "")))
    if declaration is None:
        return {}
    properties = form_schema(declaration)["properties"]
    return {name: part.get("title", name) for name, part in properties.items()}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(snapshot: Snapshot, name: str) -> list[Any]:
    value = snapshot.get(name)
    return list(value) if isinstance(value, list | tuple) else []
