"""The models a worker keeps warm: the last used ones, within a budget of memory."""

from __future__ import annotations

import gc
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from core.engine import preview
from core.engine.device import Device
from core.engine.loaded import Loaded
from core.engine.loaders.assembly import Shared
from core.engine.loading import load_pipeline
from core.errors import OutOfMemory
from core.models.fit.fit import fit_of, parts_of
from core.models.fit.plans import Fit, FreeMemory, MemoryPlan
from core.models.library.library import Library
from core.models.library.model import Model
from core.models.library.vaes import with_vae

log = logging.getLogger(__name__)

# Of a processor's memory the other programs need some too; a GPU is ours.
SHARE_OF_MEMORY = {"cuda": 0.95, "mps": 0.8}
SHARE_OF_RAM = 0.5
BESIDE = " + "  # between a model's id and that of another VAE
USUAL = {"width": 1024, "height": 1024}  # where a model says nothing


class ModelPool:
    """Loaded models by id. One thread uses it. `loads` counts what was read from disk."""

    def __init__(
        self,
        library: Library,
        device: Device,
        budget: int = 0,
        find_lora: Callable[[str], Path] | None = None,
    ) -> None:
        """`budget` of weights, bytes; 0 takes the device's usual share of its memory."""
        self._library = library
        self._device = device
        self._budget = budget or int(device.memory * SHARE_OF_MEMORY.get(device.kind, SHARE_OF_RAM))
        self._find_lora = find_lora or (lambda name: library.lora(name).path)
        self._shared: Shared = {}
        self._loaded: OrderedDict[str, Loaded] = OrderedDict()
        self.loads = 0

    def get(self, model_id: str, vae: str | None = None) -> Loaded:
        """The model, loaded, with another VAE where one is named.

        Raises `ModelMissing`, `ModelBroken`, `InvalidInput` or `OutOfMemory`.
        """
        model = self._model(model_id, vae)
        key = model_id if vae is None else f"{model_id}{BESIDE}{vae}"
        found = self._loaded.get(key)
        if found is not None and found.pipeline is not None and found.model == model:
            self._loaded.move_to_end(key)
            return found
        self._loaded.pop(key, None)  # its files changed, or it was lost on the way down
        loaded = self._load(model, self._fit(model), shared=True)
        self._loaded[key] = loaded
        return loaded

    @contextmanager
    def lease(self, model_id: str, vae: str | None = None) -> Iterator[Loaded]:
        """A copy of the model whose weights may be changed: read from its files, shared with
        nothing, dropped at the end of the `with` block. Running out of memory is final.

        `get` of the same model reads the files again, so it never returns changed weights. Raises
        as `get`.
        """
        model = self._model(model_id, vae)
        self.unload(model_id)  # two copies may not fit
        leased = self._load(model, self._fit(model), shared=False)
        leased.reload = None  # it would replace the changed weights
        try:
            yield leased
        finally:
            leased.release()
            self._tidy()

    def _model(self, model_id: str, vae: str | None) -> Model:
        model = self._library.get(model_id)
        return model if vae is None else with_vae(self._library, model, vae)

    def loaded(self) -> dict[str, int]:
        """What is warm now: bytes of weights by model id, the last used last."""
        return {model_id: one.bytes for model_id, one in self._loaded.items()}

    def unload(self, model_id: str) -> bool:
        """Let a model go by request; whether it was there."""
        held = [key for key in self._loaded if key.split(BESIDE)[0] == model_id]
        for key in held:
            del self._loaded[key]
        if held:
            self._tidy()
        return bool(held)

    def unload_idle(self, seconds: float) -> list[str]:
        """Let go of what nobody used for this long; the ids."""
        before = time.monotonic() - seconds
        idle = [model_id for model_id, one in self._loaded.items() if one.used < before]
        for model_id in idle:
            log.info("unloading %s: idle", model_id)
            del self._loaded[model_id]
        if idle:
            self._tidy()
        return idle

    def free_caches(self) -> None:
        """Drop everything that can be made again, after running out of memory."""
        self._loaded.clear()
        self._tidy()

    def _fit(self, model: Model) -> Fit:
        """How the model is to be held, with room made for it."""
        size = {**USUAL, **(model.defaults(next(iter(model.modes))) if model.modes else {})}
        found = fit_of(model, self._room(), int(size["width"]), int(size["height"]))
        if found.plan is None:
            # Nothing fits by what we reckon: the smallest plan may still do, and if not says so.
            log.warning("%s %s", model.id, found.sentence)
        chosen = found.plan or found.needs[-1][0]
        weights = sum(parts_of(model, self._device.kind).bytes(chosen.formats).values())
        self._make_room(weights, next(need.device for plan, need in found.needs if plan is chosen))
        return Fit(found.needs, chosen, found.memory)

    def _room(self) -> FreeMemory:
        """The memory there would be with every other model gone."""
        room, held = self._device.free_memory(), self._held()
        return FreeMemory(room.kind, room.total, room.free + held, room.ram_free + held)

    def _load(self, model: Model, found: Fit, *, shared: bool) -> Loaded:
        assert found.plan is not None
        again = partial(self._pipeline, model, shared)
        pipeline, plan = None, found.plan
        while pipeline is None:
            try:
                log.info("loading %s: %s", model.id, plan.label)
                pipeline = again(plan)
            except OutOfMemory:
                lower = next(iter(found.needs[_place(found, plan) + 1 :]), None)
                if lower is None:
                    raise
                plan = lower[0]
                self._tidy()
        factors = model.preview or preview.fit(pipeline.vae, pipeline._execution_device)
        self.loads += 1
        return Loaded(
            model,
            pipeline,
            self._device,
            factors,
            plan=plan,
            reload=again,
            find_lora=self._find_lora,
        )

    def _pipeline(self, model: Model, shared: bool, plan: MemoryPlan) -> Any:
        return load_pipeline(model, self._device, plan, self._shared if shared else {})

    def _held(self) -> int:
        return sum(one.bytes for one in self._loaded.values())

    def _make_room(self, weights: int, whole: int) -> None:
        """Let go until the `weights` are within the budget and the `whole` need is free."""
        while self._loaded and (
            self._held() + weights > self._budget or self._device.free_memory().free < whole
        ):
            model_id, _ = self._loaded.popitem(last=False)
            log.info("unloading %s", model_id)
            self._tidy()

    def _tidy(self) -> None:
        """Give back what nobody holds any more."""
        used = {
            id(part)
            for one in self._loaded.values()
            if one.pipeline is not None
            for part in one.pipeline.components.values()
        }
        self._shared = {key: one for key, one in self._shared.items() if id(one) in used}
        gc.collect()
        self._device.free_caches()


def _place(found: Fit, plan: MemoryPlan) -> int:
    return [one for one, _ in found.needs].index(plan)
