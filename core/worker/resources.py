"""The models, downloads, prompts and folders of a worker, shared by its jobs."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

from core.errors import StudioError, TaskFailure
from core.models.inventory.pulling import ModelDownloads
from core.models.library.library import Library
from core.models.library.lora_folder import LoraFolder
from core.operations.declaration.base import Downloads, LeasedModel, LoadedModel, Models
from core.operations.declaration.library_context import LibraryContext
from core.prompts.presets import PromptPresets
from core.store.outputs import OutputFolder, saved_folder
from core.training.kept_files import FOLDER
from core.training.lookup import TrainingLibrary
from core.worker.auxiliary_models import WarmAuxiliaryModels
from core.worker.read_ahead import read_ahead
from core.worker.worker_settings import WorkerSettings

if TYPE_CHECKING:
    from core.engine.pool import ModelPool
    from core.models.fit.plans import Fit, FreeMemory
    from core.models.library.model import Model

log = logging.getLogger(__name__)


class NoModels:
    """The models of a lane without a device: none."""

    def get(self, model_id: str, vae: str | None = None) -> LoadedModel:
        """Always raises `TaskFailure`."""
        raise _only_on_device(model_id)

    def lease(
        self,
        model_id: str,
        vae: str | None = None,
        fit: Callable[[Model, FreeMemory], Fit] | None = None,
    ) -> AbstractContextManager[LeasedModel]:
        """Always raises `TaskFailure`."""
        raise _only_on_device(model_id)

    def unload(self, model_id: str) -> bool:
        """Return False: no model is loaded."""
        return False


class NoDownloads:
    """The downloads of a lane without network access: none."""

    def pull(self, entry_id: str, on_progress: Callable[[int, int], None]) -> list[str]:
        """Always raises `TaskFailure`."""
        raise TaskFailure(f"{entry_id!r} can only be downloaded on the io lane.")

    def hash(self, file: str, kind: str, on_progress: Callable[[int, int], None]) -> dict[str, str]:
        """Always raises `TaskFailure`."""
        raise TaskFailure(f"{file!r} can only be hashed on the io lane.")


class Resources:
    """Each part is made at first use, except the model pool, which `load_engine` makes."""

    def __init__(self, lane: str, settings: WorkerSettings) -> None:
        self.device: dict[str, Any] = {"kind": "cpu", "name": "CPU"}
        private = settings.output_dir.is_relative_to(settings.data_dir)
        self.outputs = OutputFolder(settings.output_dir, private=private)
        self.saved = saved_folder(settings.data_dir)
        self.kept = settings.data_dir / FOLDER
        self.loras = LoraFolder(settings.model_dirs[0])
        self._lane = lane
        self._settings = settings
        self._pool: ModelPool | None = None
        self._default: str | None = None

    @property
    def models(self) -> Models:
        """The model pool, or no models on a lane without a device."""
        return self._pool if self._pool is not None else NoModels()

    @cached_property
    def auxiliary_models(self) -> WarmAuxiliaryModels:
        """The loaded auxiliary models."""
        return WarmAuxiliaryModels(self._library, self.device["kind"])

    @cached_property
    def downloads(self) -> Downloads:
        """Downloads into the first model folder; only the io lane has them."""
        if self._lane != "io":
            return NoDownloads()
        return ModelDownloads(self._library, self._settings.model_dirs[0])

    def make_resolver(self) -> LibraryContext:
        """A new view of the library and the prompts, as `resolve` has it in the server."""
        training = TrainingLibrary(self._settings.presets_dir, self._settings.data_dir)
        return LibraryContext(self._library, self._prompts, training=training)

    def load_engine(self) -> None:
        """Import torch, choose the device and make the model pool."""
        from core.engine.libraries import lean

        self._read_ahead()
        lean.prepare()  # before the libraries that these import
        from core.engine import device, loading, pool

        loading.quiet()
        threads = device.use_threads(self._settings.threads)
        chosen = device.choose_device()
        self.device = {
            "kind": chosen.kind,
            "name": chosen.name,
            "memory_bytes": chosen.memory,
            "free_bytes": chosen.free_memory().free,
            "threads": threads,
        }
        self._pool = pool.ModelPool(self._library, chosen, self._settings.pool_bytes)

    def load_default_model(self, on_phase: Callable[[str], None]) -> None:
        """Load the default model, if the settings say so and there is one."""
        if self._pool is None or not self._settings.warm:
            return
        try:
            model = self._library.default("generate")
            on_phase(f"loading {model.label}")
            self._pool.get(model.id)
            self._default = model.id
        except StudioError as error:
            log.warning("no model was loaded: %s", error.detail)

    def warm_default_model(self) -> None:
        """Generate once with the model that `load_default_model` loaded, if it did."""
        if self._pool is None or self._default is None:
            return
        try:
            self._pool.get(self._default).warm()
        except StudioError as error:
            log.warning("no model was warmed: %s", error.detail)

    def unload_idle(self) -> None:
        """Unload the models that were idle for `unload_seconds`, unless that is 0."""
        seconds = self._settings.unload_seconds
        if not seconds:
            return
        if self._pool is not None:
            self._pool.unload_idle(seconds)
        self.auxiliary_models.unload_idle(seconds)

    def _read_ahead(self) -> None:
        """Let the system read the weights of the default model while modules are imported."""
        if not self._settings.warm:
            return
        with suppress(StudioError):  # `load_default_model` reports it
            model = self._library.default("generate")
            files = [file.path for part in model.weights.values() for file in part]
            for source in model.sources.values():
                files += [file.path for file in source.weights]
            read_ahead(files)

    def free_caches(self) -> None:
        """Free all memory that can be filled again, after running out of it."""
        gc.collect()
        if self._pool is not None:
            self._pool.free_caches()

    @cached_property
    def _library(self) -> Library:
        """The models on disk; one scan serves the pool, the auxiliary models and the downloads."""
        settings = self._settings
        return Library(
            settings.model_dirs, words=settings.model_words, presets_dir=settings.presets_dir
        )

    @cached_property
    def _prompts(self) -> PromptPresets:
        settings = self._settings
        return PromptPresets(settings.presets_dir, settings.wildcards_dir, settings.styles_dir)


def _only_on_device(model_id: str) -> TaskFailure:
    return TaskFailure(f"The model {model_id!r} can only be used on the device lane.")
