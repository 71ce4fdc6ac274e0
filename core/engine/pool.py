"""The models a worker keeps warm: the last used ones, within a budget of memory."""

from __future__ import annotations

import gc
import logging
from collections import OrderedDict

from core.engine import preview
from core.engine.device import Device
from core.engine.loaded import Loaded
from core.engine.loading import load_pipeline
from core.models.library import Library
from core.models.model import Model

log = logging.getLogger(__name__)

SHARE_OF_MEMORY = 0.5


class ModelPool:
    """Loaded models by id. One thread uses it. `loads` counts what was read from disk."""

    def __init__(self, library: Library, device: Device, budget: int = 0) -> None:
        """`budget` in bytes; 0 takes half of the device's memory."""
        self._library = library
        self._device = device
        self._budget = budget or int(device.memory * SHARE_OF_MEMORY)
        self._loaded: OrderedDict[str, Loaded] = OrderedDict()
        self.loads = 0

    def get(self, model_id: str) -> Loaded:
        """The model, loaded. Raises `ModelMissing`, `ModelBroken` or `OutOfMemory`."""
        model = self._library.get(model_id)
        found = self._loaded.get(model_id)
        if found is not None and found.model == model:
            self._loaded.move_to_end(model_id)
            return found
        self._loaded.pop(model_id, None)  # its files changed
        self._make_room(model.parameter_count * self._device.dtype.itemsize)
        loaded = self._load(model)
        self._loaded[model_id] = loaded
        self.loads += 1
        return loaded

    def free_caches(self) -> None:
        """Drop everything that can be made again, after running out of memory."""
        self._loaded.clear()
        gc.collect()
        self._device.free_caches()

    def _load(self, model: Model) -> Loaded:
        log.info("loading %s", model.id)
        pipeline = load_pipeline(model, self._device)
        factors = model.preview or preview.fit(pipeline.vae, pipeline._execution_device)
        return Loaded(model, pipeline, self._device, factors)

    def _make_room(self, needed: int) -> None:
        while (
            self._loaded and sum(one.bytes for one in self._loaded.values()) + needed > self._budget
        ):
            model_id, _ = self._loaded.popitem(last=False)
            log.info("unloading %s", model_id)
            gc.collect()
            self._device.free_caches()
