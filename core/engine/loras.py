"""LoRAs of a loaded model: loaded once, switched between images, never fused.

The header is checked before a LoRA is loaded, the matched layers after: a LoRA without effect is
refused, one with a partial effect causes a warning. A failure leaves the model as it was.
"""

from __future__ import annotations

import hashlib
import importlib.util
import logging
from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from core.errors import InvalidInput, OutOfMemory, StudioError, TaskFailure
from core.models.library.model import Model
from core.models.recognition import lora, recognition
from core.models.recognition.finding import Finding
from core.models.weights.file import read_weights

log = logging.getLogger(__name__)

KEPT = 8  # loaded at a time; the least recently used are removed first
_DOWN = (".lora_A.weight", ".lora_down.weight", ".lora.down.weight", ".down.weight")
_UP = (".lora_B.weight", ".lora_up.weight", ".lora.up.weight", ".up.weight")


@dataclass(frozen=True, slots=True)
class LoadedLora:
    """A loaded LoRA: `matched` of its `total` modules are in the model."""

    path: Path
    matched: int
    total: int
    changes_text_encoder: bool

    @property
    def sentence(self) -> str:
        """`name: 38 of 38 keys matched`."""
        return f"{self.path.stem}: {self.matched} of {self.total} keys matched"

    @property
    def partial(self) -> bool:
        """True where the model lacks a part of what the LoRA changes."""
        return self.matched < self.total


class ActiveLoras:
    """The LoRAs of one loaded model. Not thread-safe."""

    def __init__(self, model: Model, pipeline: Any) -> None:
        self._model = model
        self._pipeline = pipeline
        self._loaded: OrderedDict[str, LoadedLora] = OrderedDict()
        # None: unknown, because switching failed.
        self._active: dict[str, float] | None = {}
        # Layers are put in without offload hooks, and a network that was changed needs new ones.
        self.hooks_lost = False

    @property
    def text_encoder_key(self) -> Hashable:
        """Cache key of the active LoRAs that change text encoding; None without one."""
        active = self._active or {}
        keys = (name for name in active if self._loaded[name].changes_text_encoder)
        return tuple((name, active[name]) for name in keys) or None

    def apply(self, weights: Mapping[Path, float]) -> list[LoadedLora]:
        """Activate exactly these files by their weights, 0 meaning off, and load what is new.

        Raises `InvalidInput` naming the file.
        """
        named = {adapter_name(path): (path, weight) for path, weight in weights.items() if weight}
        loras = [self._load_once(name, path) for name, (path, _) in named.items()]
        active = {name: weight for name, (_, weight) in named.items()}
        if self._active is None or list(active.items()) != list(self._active.items()):
            self._switch(active)
        self._evict()
        return loras

    def _load_once(self, name: str, path: Path) -> LoadedLora:
        if name not in self._loaded:
            self._loaded[name] = self._load(name, path)
        self._loaded.move_to_end(name)
        return self._loaded[name]

    def _switch(self, active: dict[str, float]) -> None:
        self._active = None
        if active:
            self._pipeline.enable_lora()
            self._pipeline.set_adapters(list(active), list(active.values()))
        elif self._loaded:
            self._pipeline.disable_lora()
        self._active = active

    def _evict(self) -> None:
        for name in [name for name in self._loaded if name not in (self._active or {})]:
            if len(self._loaded) <= KEPT:
                return
            del self._loaded[name]
            self._pipeline.delete_adapters(name)

    def _load(self, name: str, path: Path) -> LoadedLora:
        if importlib.util.find_spec("peft") is None:
            raise TaskFailure("LoRAs need the package peft.", fix="Run `make setup`.")
        finding, before = inspected(path, self._model), self._active
        try:
            return self._insert(name, path, finding)
        except BaseException as error:
            # Two libraries convert a file of unknown origin: any failure means it does not fit.
            log.info("%s failed", path.name, exc_info=True)
            self._discard(name, before)
            if isinstance(error, MemoryError | torch.OutOfMemoryError):
                raise OutOfMemory(f"Not enough memory for {path.name}.", field="loras") from error
            if isinstance(error, StudioError) or not isinstance(error, Exception):
                raise
            raise _refused(path, _first_line(error)) from error

    def _insert(self, name: str, path: Path, finding: Finding) -> LoadedLora:
        state = _converted(self._pipeline, path)
        changed = overwritten(_networks(self._pipeline), state)
        if changed is not None:
            raise _refused(path, f"it {changed}, as control LoRAs do, which are not supported")
        if any(hasattr(part, "_hf_hook") for _, part in _networks(self._pipeline)):
            # diffusers would put back hooks for its default device.
            self.hooks_lost = True
            self._pipeline.remove_all_hooks()
        self._pipeline.load_lora_weights(adapter_name=name, **_source(path))
        lora = self._matched(name, path, finding, state)
        if lora.matched == 0:
            raise _refused(path, f"none of its {lora.total} keys is in {self._model.label}")
        _widen(self._pipeline, name)
        return lora

    def _matched(
        self, name: str, path: Path, finding: Finding, state: Mapping[str, torch.Tensor]
    ) -> LoadedLora:
        """Compare the layers that the adapter changes with the modules of its file."""
        matched, changes_text_encoder = 0, False
        for part, network in _networks(self._pipeline):
            layers = len(_layers(network, name))
            matched += layers
            changes_text_encoder |= layers > 0 and part.startswith("text_encoder")
        unmatched = finding.total - finding.matched
        modules = sum(1 for key in state if key.endswith(_DOWN))
        total = max(modules, unmatched + matched)
        return LoadedLora(path, min(matched, total), total, changes_text_encoder)

    def _discard(self, name: str, before: dict[str, float] | None) -> None:
        """Remove the remains of a failed load and reactivate the LoRAs from before."""
        try:
            self._pipeline.delete_adapters(name)
        except Exception:
            # It may have failed before anything was put in, in ways that differ by version.
            log.debug("nothing to delete of %s", name, exc_info=True)
        self._active = None
        if before is not None:
            self._switch(before)


def adapter_name(path: Path) -> str:
    """The file's name inside diffusers: letters and digits only, new when the file changes."""
    state = path.stat()
    mark = f"{path}\0{state.st_mtime_ns}\0{state.st_size}"
    return f"lora_{hashlib.sha256(mark.encode()).hexdigest()[:16]}"


def inspected(path: Path, model: Model) -> Finding:
    """Recognise the file by its header. Raises `InvalidInput` when it is no LoRA for this model.

    Runs right before loading, because the file may have changed since the library was scanned.
    """
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
    tensors = {name: tensor for file in files for name, tensor in file.tensors.items()}
    for signature in model.family.signatures:
        if tensors and all(name in tensors for name in signature.needs):
            return recognition.measure(signature, tensors)
    return {}


def _refused(path: Path, why: str) -> InvalidInput:
    return InvalidInput(
        f"The LoRA {path.name[:100]!r} cannot be used: {why}.",
        field="loras",
        fix="Choose another LoRA or model; the list of LoRAs names the models that each fits.",
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


def _converted(pipeline: Any, path: Path) -> dict[str, torch.Tensor]:
    """The tensors of the file under diffusers' names.

    Loading reads the file a second time: diffusers ignores a file's metadata, and with it the alpha
    of LoRAs saved by peft, when it is given tensors instead of a path.
    """
    converted = pipeline.lora_state_dict(**_source(path))
    state: dict[str, torch.Tensor] = converted[0] if isinstance(converted, tuple) else converted
    return state


def overwritten(
    networks: Sequence[tuple[str, Any]], state: Mapping[str, torch.Tensor]
) -> str | None:
    """The change to the network's own weights that loading would make; None where it makes none.

    diffusers widens layers for larger matrices, and replaces weights that a file contains.
    """
    for part, network in networks:
        layers, weights = dict(network.named_modules()), dict(network.named_parameters())
        for key, tensor in state.items():
            if not key.startswith(f"{part}."):
                continue
            name, _, matrix = key.removeprefix(f"{part}.").partition(".lora")
            if not matrix and name in weights:
                return f"replaces {name}"
            taken, given = _sides(layers.get(name))
            if taken is not None and key.endswith(_DOWN) and tensor.shape[1] > taken:
                return f"widens {name} from {taken} to {tensor.shape[1]} inputs"
            if given is not None and key.endswith(_UP) and tensor.shape[0] > given:
                return f"widens {name} from {given} to {tensor.shape[0]} outputs"
    return None


def _sides(layer: Any) -> tuple[int | None, int | None]:
    """Inputs and outputs of a layer; the shape of a quantized weight is another one."""
    sides = ("in_features", "in_channels"), ("out_features", "out_channels")
    taken, given = (next(filter(None, (getattr(layer, n, None) for n in s)), None) for s in sides)
    return taken, given


def _source(path: Path) -> dict[str, Any]:
    """The arguments with which diffusers reads this file and nothing else."""
    return {
        "pretrained_model_name_or_path_or_dict": str(path.parent),
        "weight_name": path.name,
        "local_files_only": True,
        "use_safetensors": True,
    }


def _widen(pipeline: Any, name: str) -> None:
    """Widen an adapter to the dtype of its network.

    Beside weights stored in FP8 peft creates it in FP8 too, which no layer can compute in.
    """
    for _, network in _networks(pipeline):
        for layer in _layers(network, name):
            for part in (layer.lora_A[name], layer.lora_B[name]):
                if part.weight.dtype.itemsize < 2:
                    part.to(network.dtype if network.dtype.itemsize > 1 else torch.bfloat16)


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
