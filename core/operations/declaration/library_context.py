"""The context of `resolve` over the library on disk. See `resolving` for the contract.

What was read once is kept for the context's life, so that many requests cost one look each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from core.models.library import vaes
from core.models.library.content import content_of
from core.models.library.string_map import StringMap
from core.operations.declaration.resolving import InputAsset, ResolveSettings
from core.prompts.presets import PromptPresets
from core.training.lookup import TrainingLibrary

if TYPE_CHECKING:
    from core.models.library.catalogue import Offer
    from core.models.library.control_file import ControlFile
    from core.models.library.library import Library
    from core.models.library.lora_file import LoraFile
    from core.models.library.model import Model, WeightsSource
    from core.models.library.reference_file import ReferenceFile
    from core.prompts.styles import Style

Key = TypeVar("Key")
Entry = TypeVar("Entry")


class LibraryContext:
    """A `resolving.ResolveContext`. Use it from one thread at a time."""

    def __init__(
        self,
        library: Library,
        prompts: PromptPresets | None = None,
        hashes: StringMap | None = None,
        *,
        settings: ResolveSettings | None = None,
        training: TrainingLibrary | None = None,
    ) -> None:
        """`hashes` maps fingerprints to SHA-256 of whole files."""
        self._library = library
        self.models = _Models(library, hashes or StringMap())
        self.loras = _Loras(library)
        self.controls = _Controls(library)
        self.references = _References(library)
        self.prompts = _Prompts(prompts or PromptPresets())
        self.auxiliary = _Auxiliary(library)
        self.settings = settings or ResolveSettings()
        self.training = training or TrainingLibrary(None, None)
        self.assets: Mapping[str, Sequence[InputAsset]] = {}

    def remember_models(self) -> None:
        """Keep the ids of the models that were used. Writes a file: call it from a thread."""
        for model in self.models.used.values():
            self._library.remember(model)


class _Models:
    def __init__(self, library: Library, hashes: StringMap) -> None:
        self._hashes = hashes
        self.used: dict[str, Model] = {}
        """The models that requests were resolved with, by id."""
        self._library = library
        self._by_reference: dict[str, Model] = {}
        self._defaults: dict[str, Model] = {}

    def get(self, reference: str) -> Model:
        return self._used(_kept(self._by_reference, reference, self._library.get))

    def default(self, mode: str) -> Model:
        return self._used(_kept(self._defaults, mode, self._library.default))

    def _used(self, model: Model) -> Model:
        return self.used.setdefault(model.id, model)

    def vae(self, model: Model, reference: str) -> WeightsSource:
        return vaes.with_vae(self._library, model, reference).sources[vaes.VAE]

    def sha256(self, fingerprint: str) -> str | None:
        return self._hashes.get(fingerprint)

    def file_fingerprint(self, reference: str, kind: str) -> str:
        return self._library.single_file(reference, kind)[1]

    def offer(self, entry_id: str) -> Offer:
        return self._library.offers(entry_id)[-1]


class _Loras:
    def __init__(self, library: Library) -> None:
        self._library = library
        self._by_reference: dict[str, LoraFile] = {}

    def find(self, reference: str) -> LoraFile:
        return _kept(self._by_reference, reference, self._library.lora)

    def all(self) -> Sequence[LoraFile]:
        return [*self._library.loras().values()]


class _Controls:
    def __init__(self, library: Library) -> None:
        self._library = library
        self._by_reference: dict[str, ControlFile] = {}

    def find(self, reference: str) -> ControlFile:
        return _kept(self._by_reference, reference, self._library.control)

    def all(self) -> Sequence[ControlFile]:
        return [*self._library.controls().values()]


class _References:
    def __init__(self, library: Library) -> None:
        self._library = library
        self._by_reference: dict[str, ReferenceFile] = {}

    def find(self, reference: str) -> ReferenceFile:
        return _kept(self._by_reference, reference, self._library.reference)

    def all(self) -> Sequence[ReferenceFile]:
        return [*self._library.references().values()]


class _Prompts:
    def __init__(self, presets: PromptPresets) -> None:
        self._presets = presets
        self._lines: dict[str, Sequence[str]] = {}

    def style(self, reference: str) -> Style:
        return self._presets.styles.get(reference)

    def wildcards(self, name: str) -> Sequence[str]:
        return _kept(self._lines, name, self._presets.wildcards.lines)

    def instruction(self, name: str) -> str:
        return self._presets.instruction(name)


class _Auxiliary:
    def __init__(self, library: Library) -> None:
        self._library = library

    def path(self, model_id: str) -> Path:
        return self._library.auxiliary(model_id)

    def choose(self, task: str) -> str:
        return self._library.auxiliary_for(task)

    def fingerprint(self, model_id: str, file: str = "") -> str:
        return content_of(self.path(model_id) / file)

    def offered(self, task: str) -> Sequence[str]:
        offers = self._library.catalogue.auxiliary
        return [offer.id for offer in offers if offer.task == task]

    def is_own_upscaler(self, name: str) -> bool:
        return name in self._library.upscalers()


def _kept(entries: dict[Key, Entry], key: Key, read: Callable[[Key], Entry]) -> Entry:
    """The entry of `key`, read the first time. An error is not kept."""
    if key not in entries:
        entries[key] = read(key)
    return entries[key]
