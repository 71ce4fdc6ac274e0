"""Checkpoints: named groups of tensors and a little state, written whole or not at all.

A checkpoint is a folder `step-00001234` of safetensors files and `state.json`. Nothing is pickled.
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

KEPT = 2  # checkpoints in a folder: the newest, and one before it should the newest be damaged
STATE = "state.json"

Tensors = Mapping[str, torch.Tensor]


def save(folder: Path, step: int, tensors: Mapping[str, Tensors], state: Mapping[str, Any]) -> Path:
    """Write a checkpoint of `step` and remove those older than the last ones."""
    final = folder / f"step-{step:08d}"
    partial = final.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for name, values in tensors.items():
        whole = {key: value.detach().cpu().contiguous() for key, value in values.items()}
        save_file(whole, partial / f"{name}.safetensors")
    (partial / STATE).write_text(json.dumps({"step": step, **state}, indent=1), encoding="utf-8")
    if final.exists():
        shutil.rmtree(final)
    partial.rename(final)
    for old in _all(folder)[:-KEPT]:
        shutil.rmtree(old)
    return final


def newest(folder: Path) -> Path | None:
    """The folder of the newest checkpoint, if there is one."""
    folders = _all(folder)
    return folders[-1] if folders else None


def read_state(checkpoint: Path) -> dict[str, Any]:
    """The state that was saved, with its `step`."""
    state: dict[str, Any] = json.loads((checkpoint / STATE).read_text(encoding="utf-8"))
    return state


def read_tensors(checkpoint: Path, name: str) -> dict[str, torch.Tensor]:
    """One named group of tensors, on the processor."""
    tensors: dict[str, torch.Tensor] = load_file(checkpoint / f"{name}.safetensors")
    return tensors


def _all(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("step-*") if path.suffix != ".partial")
