"""Reference adapters (IP-Adapter, Redux) in memory: read once, shared by all models of a worker."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from core.engine.auxiliary.image_encoding import ImageVectors
from core.engine.device import Device
from core.engine.loaders.state import State, expand, read_state
from core.errors import InvalidInput, ModelBroken
from core.models.library.reference_file import ReferenceFile
from core.models.references.kind import Role

log = logging.getLogger(__name__)

KEPT = 3  # adapters that stay in memory, the most recently used ones
# The names of the layers in the files of FLUX.1, and those of diffusers.
_FLUX_NAMES = {
    "processor.": "",
    "ip_adapter_double_stream_k_proj": "to_k_ip",
    "ip_adapter_double_stream_v_proj": "to_v_ip",
}


@dataclass(frozen=True, slots=True)
class ReferenceAdapter:
    """A loaded adapter: the tensors of its image projection and of its attention layers, of which
    one that makes tokens has none."""

    file: ReferenceFile
    projection: State
    layers: State

    @property
    def joint(self) -> int:
        """The width of the texts that it stands beside."""
        if self.file.kind.as_tokens:
            return int(self.projection["redux_down.weight"].shape[0])
        weights = (t for name, t in self.layers.items() if name.endswith("k_ip.weight"))
        return int(next(weights).shape[1])


@dataclass(frozen=True, slots=True)
class ReferenceInput:
    """One reference of an image: its encoded picture, its adapter, its role and weight."""

    model: str
    vectors: ImageVectors
    role: Role = "subject"
    weight: float = 1.0
    place: int = 0  # in the request


class ReferenceAdapters:
    """The adapters of a worker by content and format. Not thread-safe. `loads` counts files that
    were read."""

    def __init__(self, find: Callable[[str], ReferenceFile], device: Device) -> None:
        self._find = find
        self._device = device
        self._adapters: OrderedDict[tuple[str, torch.dtype], ReferenceAdapter] = OrderedDict()
        self.loads = 0

    def get(self, reference: str, dtype: torch.dtype) -> ReferenceAdapter:
        """The adapter of an id, on the device. Raises `ModelMissing` or `ModelBroken`."""
        file = self._find(reference)
        key = (file.fingerprint, dtype)
        adapter = self._adapters.get(key)
        if adapter is None:
            log.info("loading the reference adapter %s", file.id)
            adapter = load_reference(file, self._device.kind, dtype)
            self.loads += 1
        self._adapters[key] = adapter
        self._adapters.move_to_end(key)
        while len(self._adapters) > KEPT:
            self._adapters.popitem(last=False)
        return adapter

    @property
    def sizes(self) -> dict[int, int]:
        """Bytes of each tensor by its identity."""
        return {
            id(tensor): tensor.numel() * tensor.element_size()
            for adapter in self._adapters.values()
            for tensor in (*adapter.projection.values(), *adapter.layers.values())
        }

    def release(self) -> bool:
        """Drop all of them; True if there were any."""
        held = bool(self._adapters)
        self._adapters.clear()
        return held


def load_reference(file: ReferenceFile, device: str, dtype: torch.dtype) -> ReferenceAdapter:
    """The tensors of a file, on the device. Raises `ModelBroken`."""
    try:
        state: State = {}
        for weights in file.weights:
            state |= expand(read_state(weights.path, ("",)), dtype)
    except (OSError, ValueError) as error:
        raise broken(file, error) from error
    state = {name: tensor.to(device, dtype) for name, tensor in state.items()}
    if file.kind.as_tokens:
        return ReferenceAdapter(file, state, {})
    return ReferenceAdapter(
        file,
        _below(state, "image_proj.", "ip_adapter_proj_model."),
        {_named(n): tensor for n, tensor in _below(state, "ip_adapter.", "double_blocks.").items()},
    )


def check_width(adapter: ReferenceAdapter, joint: int, place: int) -> None:
    """Refuse an adapter for texts of another width. Raises `InvalidInput`."""
    if adapter.joint != joint:
        raise InvalidInput(
            f"{adapter.file.label} is for texts of width {adapter.joint}, and the model "
            f"has {joint}.",
            field=f"reference.{place}.model",
            fix="Choose an adapter that was trained for this model.",
        )


def broken(file: ReferenceFile, error: Exception) -> ModelBroken:
    """The error for a file whose tensors do not make an adapter."""
    return ModelBroken(
        f"{file.label} cannot be loaded as {file.kind.label}: {error}",
        field="reference",
        fix="Get this file again from where it came from.",
    )


def _below(state: State, *prefixes: str) -> dict[str, Any]:
    return {
        name.removeprefix(prefix): tensor
        for prefix in prefixes
        for name, tensor in state.items()
        if name.startswith(prefix)
    }


def _named(name: str) -> str:
    for theirs, ours in _FLUX_NAMES.items():
        name = name.replace(theirs, ours)
    return name
