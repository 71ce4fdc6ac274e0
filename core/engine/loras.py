"""LoRAs on a model: loaded once, switched between pictures, never fused.

A LoRA that cannot be what it claims is refused before it is loaded; one that reaches nothing is
refused after; one that reaches a part of the model warns. Nothing is ever applied silently as
nothing. Whatever fails leaves the model as it was.
"""

from __future__ import annotations

import hashlib
import importlib.util
import logging
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from core.errors import InvalidInput, OutOfMemory, TaskFailure
from core.models.library.model import Model
from core.models.recognition import lora, recognition
from core.models.recognition.finding import Finding
from core.models.weights.file import read_weights

log = logging.getLogger(__name__)

KEPT = 8  # loaded at a time; those used longest ago go first


@dataclass(frozen=True, slots=True)
class LoraRequest:
    """A LoRA file and how strongly it acts; 0 leaves it out."""

    path: Path
    weight: float = 1.0

    @property
    def name(self) -> str:
        """What the adapter is called inside: letters and digits only, new when the file is."""
        state = self.path.stat()
        mark = f"{self.path}\0{state.st_mtime_ns}\0{state.st_size}"
        return f"lora_{hashlib.sha256(mark.encode()).hexdigest()[:16]}"


@dataclass(frozen=True, slots=True)
class LoadedLora:
    """A loaded LoRA: how many of its modules the model has. `speaks`: it changes text encoders."""

    path: Path
    matched: int
    total: int
    speaks: bool

    @property
    def sentence(self) -> str:
        """`name: 38 of 38 keys matched`."""
        return f"{self.path.stem}: {self.matched} of {self.total} keys matched"

    @property
    def partial(self) -> bool:
        """Whether the model lacks a part of what it changes."""
        return self.matched < self.total


class ActiveLoras:
    """The LoRAs of one loaded model. One thread uses it."""

    def __init__(self, model: Model, pipeline: Any) -> None:
        self._model = model
        self._pipeline = pipeline
        self._held: OrderedDict[str, LoadedLora] = OrderedDict()
        self._active: tuple[tuple[str, float], ...] = ()
        # diffusers takes a pipeline's offload hooks off to load, and puts back its own defaults.
        self.disturbed = False

    @property
    def voice(self) -> Hashable:
        """What is worn that makes texts be encoded differently."""
        return tuple(one for one in self._active if self._held[one[0]].speaks) or None

    def wear(self, wanted: Sequence[LoraRequest]) -> list[LoadedLora]:
        """Make exactly these act, loading what is new. Raises `InvalidInput` naming the file."""
        chosen = [one for one in wanted if one.weight != 0]
        named = [(one.name, one.weight) for one in chosen]
        found = [self._worn(one) for one in chosen]
        if tuple(named) != self._active:
            self._switch(named)
        self._make_room()
        return found

    def _worn(self, wanted: LoraRequest) -> LoadedLora:
        name = wanted.name
        if name not in self._held:
            self._held[name] = self._load(wanted, name)
        self._held.move_to_end(name)
        return self._held[name]

    def _switch(self, named: Sequence[tuple[str, float]]) -> None:
        if named:
            self._pipeline.enable_lora()
            self._pipeline.set_adapters([name for name, _ in named], [one for _, one in named])
        elif self._held:
            self._pipeline.disable_lora()
        self._active = tuple(named)

    def _make_room(self) -> None:
        active = {name for name, _ in self._active}
        for name in [one for one in self._held if one not in active]:
            if len(self._held) <= KEPT:
                return
            self._pipeline.delete_adapters(name)
            del self._held[name]

    def _load(self, wanted: LoraRequest, name: str) -> LoadedLora:
        if importlib.util.find_spec("peft") is None:
            raise TaskFailure("LoRAs need the package peft.", fix="Run `make setup`.")
        finding = inspected(wanted.path, self._model)
        self.disturbed = any(hasattr(part, "_hf_hook") for _, part in _networks(self._pipeline))
        try:
            self._pipeline.load_lora_weights(
                str(wanted.path.parent),
                weight_name=wanted.path.name,
                adapter_name=name,
                local_files_only=True,
                use_safetensors=True,
            )
        except (MemoryError, torch.OutOfMemoryError) as error:
            self._forget(name)
            raise OutOfMemory(f"There is no room for {wanted.path.name}.", field="loras") from error
        except Exception as error:
            # Two libraries convert a stranger's file: whatever they raise, it does not fit.
            log.info("%s failed", wanted.path.name, exc_info=True)
            self._forget(name)
            raise _refused(wanted.path, _short(error)) from error
        worn = self._counted(wanted.path, name, finding)
        if worn.matched == 0:
            self._forget(name)
            raise _refused(wanted.path, f"none of its {worn.total} keys is in {self._model.label}")
        _widen(self._pipeline, name)
        return worn

    def _counted(self, path: Path, name: str, finding: Finding) -> LoadedLora:
        """What it really reaches, against what its file holds."""
        reached, speaks = 0, False
        for part, module in _networks(self._pipeline):
            here = sum(1 for _ in _layers(module, name))
            reached += here
            speaks = speaks or (here > 0 and part.startswith("text_encoder"))
        total = max(_modules(self._pipeline, path), finding.total - finding.matched + reached)
        return LoadedLora(path, min(reached, total), total, speaks)

    def _forget(self, name: str) -> None:
        """Take out what a failed load left behind; what acted before acts again."""
        try:
            self._pipeline.delete_adapters(name)
        except Exception:
            # It may have failed before anything was put in, in ways that differ by version.
            log.debug("nothing to delete of %s", name, exc_info=True)
        self._switch(self._active)


def inspected(path: Path, model: Model) -> Finding:
    """What the file's header says. Raises `InvalidInput` when it is no LoRA for this model."""
    try:
        weights = read_weights(path)
    except OSError as error:
        raise _refused(path, f"it cannot be read: {error}") from error
    finding = recognition.recognise(weights.header, path)
    reason = lora.refusal(finding, model.family, _measures(model))
    if reason is not None:
        raise _refused(path, reason.rstrip("."))
    return finding


def _measures(model: Model) -> dict[str, int]:
    """The measures of the model's network, from its own files."""
    files = model.weights.get(model.family.core, ())
    tensors = {name: one for file in files for name, one in file.tensors.items()}
    for signature in model.family.signatures:
        if tensors and all(name in tensors for name in signature.needs):
            return recognition.measure(signature, tensors)
    return {}


def _refused(path: Path, why: str) -> InvalidInput:
    return InvalidInput(
        f"The LoRA {path.name[:100]!r} cannot be used: {why}.",
        field="loras",
        fix="Choose a LoRA for this model, or a model for this LoRA: /api/loras says which fit.",
    )


def _networks(pipeline: Any) -> list[tuple[str, Any]]:
    return [
        (name, part)
        for name, part in pipeline.components.items()
        if isinstance(part, torch.nn.Module)
    ]


def _layers(module: Any, name: str) -> list[Any]:
    """The layers of a network that the adapter changes."""
    return [
        layer
        for layer in module.modules()
        if name in getattr(layer, "lora_A", ()) or name in getattr(layer, "lora_embedding_A", ())
    ]


def _modules(pipeline: Any, path: Path) -> int:
    """How many layers the file changes, under diffusers' names."""
    found = pipeline.lora_state_dict(
        str(path.parent), weight_name=path.name, local_files_only=True, use_safetensors=True
    )
    state = found[0] if isinstance(found, tuple) else found
    ends = (".lora_A.weight", ".lora_down.weight", ".lora.down.weight", ".down.weight")
    return sum(1 for name in state if name.endswith(ends))


def _widen(pipeline: Any, name: str) -> None:
    """Beside weights stored in FP8 an adapter is made in FP8 too, which nothing can compute in."""
    for _, module in _networks(pipeline):
        for layer in _layers(module, name):
            for part in (layer.lora_A[name], layer.lora_B[name]):
                if part.weight.dtype.itemsize < 2:
                    part.to(module.dtype if module.dtype.itemsize > 1 else torch.bfloat16)


def _short(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
