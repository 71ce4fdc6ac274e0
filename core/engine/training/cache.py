"""A cache of encodings on disk, by the hash of all that decides them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from core.store import atomic

VERSION = 1
Tensors = dict[str, torch.Tensor]


class TensorCache:
    """Tensors by key. `made` counts those that were not there."""

    def __init__(self, folder: Path, facts: Mapping[str, Any]) -> None:
        """`facts` are part of every key: the model, its number format, the version of the code."""
        self._folder = folder
        self._facts = {**facts, "version": VERSION}
        self.made = 0

    def get(self, kind: str, key: Mapping[str, Any], make: Callable[[], Tensors]) -> Tensors:
        """The tensors of a key, made and stored on a miss. A damaged file is made anew."""
        path = self._path(kind, key)
        try:
            stored: Tensors = load_file(path)
            path.touch()  # unused ones are removed by their age
            return stored
        except (FileNotFoundError, SafetensorError):
            tensors = {name: tensor.contiguous() for name, tensor in make().items()}
        self.made += 1
        with atomic.replacing(path, durable=False) as partial:
            save_file(tensors, partial)
        return tensors

    def _path(self, kind: str, key: Mapping[str, Any]) -> Path:
        text = json.dumps([kind, self._facts, key], sort_keys=True, default=str)
        name = hashlib.sha256(text.encode()).hexdigest()
        return self._folder / name[:2] / f"{name}.safetensors"
