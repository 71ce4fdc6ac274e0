"""LoRAs of a loaded model: loaded once, switched between images, never fused.

The header is checked before a LoRA is loaded, the matched layers after: a LoRA without effect is
refused, one with a partial effect causes a warning. A failure leaves the model as it was.
"""

from __future__ import annotations

import hashlib
import importlib.util
import logging
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from core.engine.adapters import insert, networks
from core.engine.control_lora import ControlLora
from core.engine.lora_weights import LoraWeights, Misfit, convert
from core.errors import InvalidInput, ModelBroken, OutOfMemory, StudioError, TaskFailure
from core.models.library.model import Model
from core.models.recognition import lora, lora_facts, measuring, recognition
from core.models.recognition.finding import Finding
from core.models.weights.file import read_weights

log = logging.getLogger(__name__)

KEPT = 8  # loaded at a time; the least recently used are removed first


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
        self._names: dict[Path, str] = {}  # of the files of this call
        self._control: dict[str, float] = {}  # the control LoRA that is in the network
        # Layers are put in without offload hooks, and a network that was changed needs new ones.
        self.hooks_lost = False

    @property
    def text_encoder_key(self) -> Hashable:
        """Cache key of the active LoRAs that change text encoding; None without one."""
        active = self._active or {}
        keys = (name for name in active if self._loaded[name].changes_text_encoder)
        return tuple((name, active[name]) for name in keys) or None

    def apply(
        self, weights: Mapping[Path, float], *others: Mapping[Path, float]
    ) -> list[LoadedLora]:
        """Activate exactly these files by their weights, 0 meaning off, and load what is new, also
        the files of `others`, for `switchable`.

        Raises `InvalidInput` naming the file.
        """
        used = (path for files in (weights, *others) for path, weight in files.items() if weight)
        self._names = {path: adapter_name(path) for path in dict.fromkeys(used)}
        loras = [self._load_once(name, path) for path, name in self._names.items()]
        self._ensure(self._named(weights))
        self._evict()
        return loras

    @contextmanager
    def switchable(self) -> Iterator[Callable[[Mapping[Path, float] | None], None]]:
        """A function that activates other files of the last `apply`, None meaning the active ones,
        which are active again after the block. A control LoRA in the network stays."""
        before = dict(self._active or {})

        def switch(weights: Mapping[Path, float] | None) -> None:
            named = before if weights is None else {**self._named(weights), **self._control}
            self._ensure(named)

        try:
            yield switch
        finally:
            switch(None)

    @contextmanager
    def with_control(self, control: ControlLora, strength: float) -> Iterator[None]:
        """A control LoRA beside the active LoRAs, within the block; the network is then what it
        was. Raises `InvalidInput`."""
        name, before = adapter_name(control.path), dict(self._active or {})
        with control.widening(networks(self._pipeline)[self._model.family.core]):
            try:
                weights = self._converted(control.path, control.matrices)
                self._loaded[name] = self._insert(name, control.path, weights)
                self._control = {name: strength}
                self._switch({**before, name: strength})
                yield
            finally:
                self._control = {}
                self._loaded.pop(name, None)
                self._discard(name, before)

    def _load_once(self, name: str, path: Path) -> LoadedLora:
        if name not in self._loaded:
            self._loaded[name] = self._load(name, path)
        self._loaded.move_to_end(name)
        return self._loaded[name]

    def _named(self, weights: Mapping[Path, float]) -> dict[str, float]:
        return {self._names[path]: weight for path, weight in weights.items() if weight}

    def _ensure(self, active: dict[str, float]) -> None:
        if self._active is None or list(active.items()) != list(self._active.items()):
            self._switch(active)

    def _switch(self, active: dict[str, float]) -> None:
        self._active = None
        if active:
            self._pipeline.enable_lora()
            self._pipeline.set_adapters(list(active), list(active.values()))
        elif self._loaded:
            self._pipeline.disable_lora()
        self._active = active

    def _evict(self) -> None:
        needed = set(self._names.values())
        for name in [name for name in self._loaded if name not in needed]:
            if len(self._loaded) <= KEPT:
                return
            del self._loaded[name]
            self._pipeline.delete_adapters(name)

    def _load(self, name: str, path: Path) -> LoadedLora:
        if importlib.util.find_spec("peft") is None:
            raise TaskFailure("LoRAs need the package peft.", fix="Run `make setup`.")
        inspected(path, self._model)
        before = self._active
        try:
            return self._insert(name, path, self._converted(path, load_file(path)))
        except BaseException as error:
            # Two libraries take a file of unknown origin: any failure means it does not fit.
            log.info("%s failed", path.name, exc_info=True)
            self._discard(name, before)
            if isinstance(error, MemoryError | torch.OutOfMemoryError):
                raise OutOfMemory(f"Not enough memory for {path.name}.", field="loras") from error
            if isinstance(error, StudioError) or not isinstance(error, Exception):
                raise
            raise _refused(path, _first_line(error)) from error

    def _insert(self, name: str, path: Path, weights: LoraWeights) -> LoadedLora:
        core = self._model.family.core
        if any(hasattr(part, "_hf_hook") for part in networks(self._pipeline).values()):
            # diffusers would put back hooks for its default device.
            self.hooks_lost = True
            self._pipeline.remove_all_hooks()
        if weights.matched == 0:
            raise _refused(path, f"none of its {weights.total} keys is in {self._model.label}")
        insert(self._pipeline, core, weights, name)
        changes_text = any(component != core for component, _ in weights.alphas)
        return LoadedLora(path, weights.matched, weights.total, changes_text)

    def _converted(self, path: Path, tensors: Mapping[str, torch.Tensor]) -> LoraWeights:
        header = read_weights(path).header
        settings, family = lora_facts.settings(header.metadata), self._model.family
        try:
            return convert(tensors, networks(self._pipeline), family, settings)
        except Misfit as error:
            raise _refused(path, f"it {error}, as control LoRAs do") from error

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
    except ModelBroken as error:
        raise _refused(path, error.detail.rstrip(".")) from error
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
            return measuring.measure(signature, tensors)
    return {}


def _refused(path: Path, why: str) -> InvalidInput:
    return InvalidInput(
        f"The LoRA {path.name[:100]!r} cannot be used: {why}.",
        field="loras",
        fix="Choose another LoRA or model; the list of LoRAs names the models that each fits.",
    )


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
