"""The state of a training in one file: safetensors with JSON in its header, never pickle.

The file is replaced in one step, so a process that is killed while it writes leaves the last one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from core.engine.training.session import Session
from core.errors import TaskFailure
from core.store import atomic

VERSION = 1
_KEY = "qpyt_training"


def save(path: Path, session: Session, facts: Mapping[str, Any]) -> None:
    """Replace the file by the session's state and the JSON of `facts`."""
    # schedule-free must be saved with the weights that it trains
    session.set_mode(training=True)
    tensors: dict[str, torch.Tensor] = {}
    tree = {
        "version": VERSION,
        "step": session.step,
        "facts": dict(facts),
        "trained": _pack(session.weights, "trained", tensors),
        "average": _pack(session.average, "average", tensors),
        "optimizer": _pack(session.optimizer.state_dict(), "optimizer", tensors),
    }
    with atomic.replacing(path) as partial:
        save_file(tensors, partial, {_KEY: json.dumps(tree)})


def load(path: Path, session: Session) -> dict[str, Any]:
    """Restore the session and return the facts. Raises `TaskFailure` for another file."""
    with safe_open(path, "pt") as file:
        tree = json.loads((file.metadata() or {}).get(_KEY, "{}"))
        tensors = {name: file.get_tensor(name) for name in file.keys()}
    trained = _unpack(tree.get("trained", {}), tensors)
    if tree.get("version") != VERSION or trained.keys() != session.trained.keys():
        raise TaskFailure(
            "The saved state of this training belongs to another configuration.",
            fix="Start a new training.",
        )
    with torch.no_grad():
        for name, value in trained.items():
            session.trained[name].copy_(value)
        for name, value in _unpack(tree["average"], tensors).items():
            session.average[name].copy_(value)
    session.set_mode(training=True)
    session.optimizer.load_state_dict(_unpack(tree["optimizer"], tensors))
    session.step = int(tree["step"])
    facts: dict[str, Any] = tree["facts"]
    return facts


def _pack(value: Any, place: str, tensors: dict[str, torch.Tensor]) -> Any:
    """JSON for a tree of values; its tensors go to `tensors` under their places."""
    if isinstance(value, torch.Tensor):
        tensors[place] = value.detach().cpu().contiguous().clone()
        return {"$tensor": place}
    if isinstance(value, Mapping):
        return {"$items": [[k, _pack(v, f"{place}.{k}", tensors)] for k, v in value.items()]}
    if isinstance(value, list | tuple):
        items = [_pack(item, f"{place}.{index}", tensors) for index, item in enumerate(value)]
        return {"$tuple": items} if isinstance(value, tuple) else items
    return value


def _unpack(value: Any, tensors: Mapping[str, torch.Tensor]) -> Any:
    if isinstance(value, list):
        return [_unpack(item, tensors) for item in value]
    if not isinstance(value, dict):
        return value
    if "$tensor" in value:
        return tensors[value["$tensor"]]
    if "$tuple" in value:
        return tuple(_unpack(item, tensors) for item in value["$tuple"])
    return {key: _unpack(item, tensors) for key, item in value.get("$items", ())}
