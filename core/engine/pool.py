"""Loaded models of a worker: the most recently used ones, within a memory budget."""

from __future__ import annotations

import gc
import logging
import time
import traceback
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from core.engine import preview
from core.engine.controls import ControlNets
from core.engine.device import Device
from core.engine.loaded import Loaded
from core.engine.loaders.assembly import Shared
from core.engine.loading import load_pipeline, present_parts
from core.engine.references import ReferenceAdapters
from core.errors import OutOfMemory
from core.models.fit.fit import fit_of, parts_of
from core.models.fit.plans import HEADROOM, Fit, FreeMemory, MemoryPlan
from core.models.library.library import Library
from core.models.library.model import Model
from core.models.library.vaes import with_vae

log = logging.getLogger(__name__)
FitOf = Callable[[Model, FreeMemory], Fit]

# Share of the device's memory for weights; other programs need more of a processor's RAM.
SHARE_OF_MEMORY = {"cuda": 0.95, "mps": 0.8}
SHARE_OF_RAM = 0.5
BESIDE = " + "  # between a model's id and that of another VAE
DEFAULT_SIZE = {"width": 1024, "height": 1024}  # of models without default


class ModelPool:
    """Loaded models by id. Not thread-safe. `loads` counts models read from disk."""

    def __init__(
        self,
        library: Library,
        device: Device,
        budget: int = 0,
        find_lora: Callable[[str], Path] | None = None,
    ) -> None:
        """`budget` of weights, bytes; 0 means the default share of the device's memory."""
        self._library = library
        self._device = device
        self._budget = budget or int(device.memory * SHARE_OF_MEMORY.get(device.kind, SHARE_OF_RAM))
        self._find_lora = find_lora or (lambda name: library.lora(name).path)
        self._shared = Shared()
        self._controls = ControlNets(library.control, device)
        self._references = ReferenceAdapters(library.reference, device)
        self._loaded: OrderedDict[str, Loaded] = OrderedDict()
        self.loads = 0

    def get(self, model_id: str, vae: str | None = None) -> Loaded:
        """The model, loaded, with another VAE where one is named.

        Raises `ModelMissing`, `ModelBroken`, `InvalidInput` or `OutOfMemory`.
        """
        model = self._model(model_id, vae)
        key = model_id if vae is None else f"{model_id}{BESIDE}{vae}"
        loaded = self._loaded.get(key)
        if loaded is not None and loaded.pipeline is not None and loaded.model == model:
            self._loaded.move_to_end(key)
            return loaded
        if loaded is not None:  # its files changed, or reloading by a smaller plan failed
            del self._loaded[key], loaded
            self._tidy()
        loaded = self._load(model, self._fit(model, shared=True), shared=True)
        self._loaded[key] = loaded
        return loaded

    @contextmanager
    def lease(
        self, model_id: str, vae: str | None = None, fit: FitOf | None = None
    ) -> Iterator[Loaded]:
        """A copy of the model whose weights may be changed: read from its files, shared with
        nothing, dropped at the end of the `with` block. Running out of memory is final.

        `fit` chooses its plan; without it, that of an image counts. Other models, and the same one
        as images are drawn with, stay loaded where both fit. Raises as `get`.
        """
        model = self._model(model_id, vae)
        chosen = self._chosen(model, fit(model, self._available())) if fit else None
        chosen = chosen or self._fit(model, shared=False)
        gc.freeze()  # an image may wait for the end: its collection skips all that was there before
        try:
            leased = self._load(model, chosen, shared=False)
            leased.reload = None  # it would replace the changed weights
            try:
                yield leased
            except BaseException as error:  # also a yield: frames of its traceback hold weights
                traceback.clear_frames(error.__traceback__)
                raise
            finally:
                leased.release()
                self._tidy()
        finally:
            gc.unfreeze()

    def _model(self, model_id: str, vae: str | None) -> Model:
        model = self._library.get(model_id)
        return model if vae is None else with_vae(self._library, model, vae)

    def loaded(self) -> dict[str, int]:
        """Bytes of weights by model id, the most recently used last."""
        return {model_id: loaded.bytes for model_id, loaded in self._loaded.items()}

    def unload(self, model_id: str) -> bool:
        """Unload a model on request, all models for an empty id; True if any was loaded."""
        held = [key for key in self._loaded if model_id in ("", key.split(BESIDE)[0])]
        for key in held:
            del self._loaded[key]
        if not model_id:
            self._release_shared()
        if held:
            self._tidy()
        return bool(held)

    def unload_idle(self, seconds: float) -> list[str]:
        """Unload models that were not used for `seconds`; return their ids."""
        limit = time.monotonic() - seconds
        idle = [model_id for model_id, loaded in self._loaded.items() if loaded.used < limit]
        for model_id in idle:
            log.info("unloading %s: idle", model_id)
            del self._loaded[model_id]
        if idle:
            if not self._loaded:
                self._release_shared()
            self._tidy()
        return idle

    def free_caches(self) -> None:
        """Unload all models, after running out of memory."""
        self._loaded.clear()
        self._release_shared()
        self._tidy()

    def _fit(self, model: Model, *, shared: bool) -> Fit:
        """Choose a plan for the model, and unload others until it fits."""
        size = {**DEFAULT_SIZE, **(model.defaults(next(iter(model.modes))) if model.modes else {})}
        drawn = model.drawn_size(int(size["width"]), int(size["height"]))
        return self._chosen(model, fit_of(model, self._available(), *drawn), shared=shared)

    def _chosen(self, model: Model, fit: Fit, *, shared: bool = False) -> Fit:
        """The fit with a plan in any case; others are unloaded until it fits."""
        if fit.plan is None:
            # No plan fits by the estimate: the first that the device has room for may still do.
            log.warning("%s %s", model.id, fit.sentence)
        on_device = (plan for plan, need in fit.needs if need.device <= fit.memory.free * HEADROOM)
        chosen = fit.plan or next(on_device, fit.needs[-1][0])
        whole = next(need.device for plan, need in fit.needs if plan is chosen)
        self._free(model, chosen, whole, shared=shared)
        return Fit(fit.needs, chosen, fit.memory)

    def _available(self) -> FreeMemory:
        """The free memory without any loaded model."""
        memory, held = self._device.free_memory(), self._held()
        return FreeMemory(memory.kind, memory.total, memory.free + held, memory.ram_free + held)

    def _load(self, model: Model, fit: Fit, *, shared: bool) -> Loaded:
        assert fit.plan is not None
        load = partial(self._pipeline, model, shared)
        pipeline, plan = None, fit.plan
        while pipeline is None:
            try:
                log.info("loading %s: %s", model.id, plan.label)
                pipeline = load(plan)
            except OutOfMemory:
                lower = next(iter(fit.needs[_position(fit, plan) + 1 :]), None)
                if lower is None:
                    raise
                plan = lower[0]
            if pipeline is None:
                self._tidy()  # not above: while the exception lives, its frames hold the parts
        factors = model.preview or preview.fit(pipeline.vae, pipeline._execution_device)
        self.loads += 1
        return Loaded(
            model,
            pipeline,
            self._device,
            factors,
            plan=plan,
            reload=load,
            find_lora=self._find_lora,
            controls=self._controls,
            references=self._references,
        )

    def _pipeline(self, model: Model, shared: bool, plan: MemoryPlan) -> Any:
        if shared:
            return load_pipeline(model, self._device, plan, self._shared)
        return load_pipeline(model, self._device, plan, trained=True)

    def _held(self) -> int:
        """Bytes of all weights in memory, shared ones counted once."""
        holders: list[Loaded | ControlNets | ReferenceAdapters]
        holders = [*self._loaded.values(), self._controls, self._references]
        sizes = {key: size for holder in holders for key, size in holder.sizes.items()}
        return sum(sizes.values())

    def _free(self, model: Model, plan: MemoryPlan, whole: int, *, shared: bool) -> None:
        """Unload until the model is within the budget and its `whole` need is free.

        Weights that it shares with a loaded model are there already.
        """
        sizes = parts_of(model, self._device.kind).bytes(plan.formats)
        weights = sum(sizes.values())
        while self._loaded:
            names = present_parts(model, self._device, plan, self._shared) if shared else set()
            present = sum(sizes.get(name, 0) for name in names)
            free = self._device.free_memory().free
            if self._held() + weights - present <= self._budget and free >= whole - present:
                return
            if not self._release_shared():
                model_id, _ = self._loaded.popitem(last=False)
                log.info("unloading %s", model_id)
            self._tidy()

    def _release_shared(self) -> bool:
        """Drop ControlNets and reference adapters; True if there were any."""
        return any([self._controls.release(), self._references.release()])

    def _tidy(self) -> None:
        """Release memory that no loaded model uses."""
        gc.collect()
        self._device.free_caches()


def _position(fit: Fit, plan: MemoryPlan) -> int:
    return [candidate for candidate, _ in fit.needs].index(plan)
