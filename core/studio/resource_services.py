"""The services of models, prompt presets and words: what requests name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from core.models.library.library import Library
from core.models.library.string_map import StringMap
from core.operations.declaration.library_context import LibraryContext
from core.operations.declaration.registry import Registry
from core.operations.declaration.resolving import ResolveSettings
from core.prompts.presets import PromptPresets
from core.prompts.vocabulary import Vocabulary
from core.settings import Settings
from core.store.decoding.decoders import Decoders
from core.studio.model_hashes import ModelHashing
from core.studio.model_status import ModelStatus
from core.studio.style_status import StyleStatus
from core.studio.task_service import TaskService
from core.studio.word_list import WordList
from core.tasks.estimate import Estimates
from core.training.lookup import TrainingLibrary


class ResourceServices:
    """Build and connect the library of models, the presets of prompts, and lists of both."""

    def __init__(
        self,
        settings: Settings,
        registry: Registry,
        tasks: TaskService,
        estimates: Estimates,
        decoders: Decoders,
        device: Callable[[], dict[str, Any]],
        folders: Callable[[], Sequence[Path] | None],
    ) -> None:
        """`folders`: those that requests may name beside the data directory; None for all."""
        self._settings = settings
        self._folders = folders
        self._parameters = cache(registry.parameters)
        self.hashes = StringMap(settings.data_dir / "hashes.json")
        self.library = Library(
            settings.model_places,
            StringMap(settings.data_dir / "models.json"),
            settings.model_words,
            hashes=self.hashes,
            presets_dir=settings.presets_dir,
        )
        self.prompts = PromptPresets(
            settings.presets_dir, settings.own_wildcards, settings.own_styles
        )
        self.styles = StyleStatus(self.prompts, self.library)
        self.vocabulary = Vocabulary(settings.presets_dir, settings.data_dir / "words.json")
        self.word_list = WordList(self.library, self.vocabulary, self.prompts)
        self.models = ModelStatus(
            settings,
            self.library,
            estimates,
            decoders,
            device,
        )
        self.hashing = ModelHashing(self.hashes, tasks)

    def context(self) -> LibraryContext:
        """The context in which a request is resolved now."""
        settings = self._settings
        return LibraryContext(
            self.library,
            self.prompts,
            self.hashes,
            settings=ResolveSettings(settings.offline, self._parameters(), settings.fixed_seed),
            training=TrainingLibrary(settings.presets_dir, settings.data_dir, self._folders()),
        )
