"""The models on this machine: folders and single files of the model directories, and LoRAs.

Reading never runs or loads anything. A thing is looked at again when it changes, so a model that
was copied in appears without a restart. Models are found by id, by name and by content.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from core.errors import Download, InvalidInput, ModelBroken, ModelMissing
from core.models.families.parts import PARTS
from core.models.library import upscalers
from core.models.library.item import Item
from core.models.library.model import Model, WeightsSource
from core.models.library.snapshot import LibrarySnapshot, Scanner, marks
from core.models.library.string_map import StringMap
from core.models.library.walk import Entry, Tree
from core.prompts.presets import PromptPresets

if TYPE_CHECKING:
    from core.models.library.catalogue import Catalogue

__all__ = ["Library", "Model"]

HASH = re.compile(r"(?:.*[~@])?([0-9a-f]{6,64})", re.IGNORECASE)
Thing = TypeVar("Thing", Model, Item)
BARE_HASH = 8  # shorter ones are words: `facade`


class Library:
    """Models by id: a folder's or a file's name. `places` are directories, files or the roots of
    other programs; an earlier one hides a later one's same folder."""

    def __init__(
        self,
        places: Sequence[Path],
        memory: StringMap | None = None,
        words: Mapping[Path, str] | None = None,
        *,
        hashes: StringMap | None = None,
        presets_dir: Path | None = None,
        wildcards_dir: Path | None = None,
        offline: bool = False,
    ) -> None:
        """`words` are heard beside the names of those files; `hashes` are the full ones that were
        computed, by fingerprint."""
        self.hashes = hashes or StringMap()
        self.offline = offline
        self.prompts = PromptPresets(presets_dir, wildcards_dir)
        self._presets_dir = presets_dir
        self._tree = Tree(places)
        self._reader, self._lora_reader = Scanner(words or {}), Scanner({})
        self._shelf: LibrarySnapshot | None = None
        self._lora_shelf: LibrarySnapshot | None = None
        self._memory = memory or StringMap()
        self._lock = Lock()

    @cached_property
    def catalogue(self) -> Catalogue:
        """What can be downloaded; read when it is first asked for."""
        from core.models.library import catalogue

        if self._presets_dir is None:
            return catalogue.Catalogue(licences={}, models=(), parts=())
        return catalogue.read_catalogue(self._presets_dir)

    def models(self) -> Sequence[Model]:
        """All usable models, the default first, then by label."""
        found = [model for model in self._look().models.values() if model.ready]
        return sorted(found, key=lambda model: (not model.record.default, model.label.lower()))

    def incomplete(self) -> Sequence[Model]:
        """Models that are here in part, or that cannot be loaded yet, by label."""
        found = [model for model in self._look().models.values() if not model.ready]
        return sorted(found, key=lambda model: model.label.lower())

    def refused(self) -> Mapping[str, ModelBroken]:
        """What claims to be a model but is not used, by name, with the reason."""
        return self._look().refused

    def parts(self) -> Mapping[str, Sequence[WeightsSource]]:
        """What can complete a model, by part, the first choice first."""
        return self._look().parts

    def loras(self) -> Mapping[str, Item]:
        """All LoRAs by id, those with a problem too."""
        apart = self._look_loras().loras
        return {**self._look().loras, **apart}

    def get(self, reference: str) -> Model:
        """The model of an id, a name, or a fingerprint (or its first eight letters).

        Raises `ModelMissing`, or `ModelBroken` when it was refused.
        """
        shelf = self._look()
        model = shelf.models.get(reference) or self._find(reference, shelf)
        if model is not None:
            return self._usable(model)
        if reference in shelf.refused:
            broken = shelf.refused[reference]
            raise ModelBroken(broken.detail, field="model", fix=broken.fix)
        offer = self.catalogue.model(reference)
        raise self._missing(
            f"There is no model {reference[:200]!r} on this machine.",
            pull=[Download(offer.id, offer.id, offer.bytes)] if offer else (),
        )

    def lora(self, reference: str) -> Item:
        """The LoRA of an id, a name or a fingerprint. Raises `ModelMissing`."""
        loras = self.loras()
        found = loras.get(reference) or _named(reference, loras.values())
        found = found or _by_hash(reference, loras.values(), self.hashes)
        if found is None:
            raise ModelMissing(
                f"There is no LoRA {reference[:200]!r} on this machine.",
                field="loras",
                fix="Put its file into models/loras, or leave it out.",
            )
        return found

    def companion(self, companion_id: str) -> Path:
        """The folder of a companion; or a model's folder that holds one, or an upscaler's file.

        Raises `ModelMissing` naming the command and the place, or `InvalidInput`.
        """
        offer = self.catalogue.companion(companion_id)
        if offer is None and (own := self._own(companion_id)) is not None:
            return own
        if offer is None:
            known = ", ".join(one.id for one in self.catalogue.companions) or "none"
            raise InvalidInput(
                f"There is no model {companion_id[:100]!r} for this.",
                field="model",
                fix=f"Known: {known}.",
            )
        for place in self._tree.places:
            folder = offer.place(place)
            if folder is not None:
                return folder
        raise ModelMissing(
            f"{offer.label} is not on this machine.",
            field="model",
            fix=f"Get it: {offer.command} (about {offer.megabytes} MB, into "
            f"{offer.target(self._tree.places[0])}).",
            pull=[Download(offer.id, offer.label, offer.bytes)],
        )

    def _own(self, name: str) -> Path | None:
        """What is here under this name without being in the catalogue."""
        model = self._look().models.get(name)
        if model is not None and model.path.is_dir():
            return model.path
        return self.upscalers().get(name)

    def upscalers(self) -> Mapping[str, Path]:
        """The networks that people brought themselves, by name."""
        return upscalers.brought(self._tree.places)

    def default(self, mode: str) -> Model:
        """The model used in `mode` when none is named. Raises `ModelMissing`."""
        for model in self.models():
            if mode in model.modes:
                return model
        raise self._missing(f"There is no model for {mode!r} on this machine.")

    def single_file(self, reference: str, kind: str) -> tuple[Path, str]:
        """The file and fingerprint of a model or LoRA. Raises `InvalidInput` for a folder."""
        thing = self.lora(reference) if kind == "lora" else self._any(reference)
        if thing.path.is_dir():
            raise InvalidInput(f"{reference[:100]!r} is a folder of many files.", field="file")
        return thing.path, thing.fingerprint

    def _any(self, reference: str) -> Model:
        """A model, whole or not."""
        found = self._look().models.get(reference)
        return found if found is not None else self.get(reference)

    def remember(self, model: Model) -> None:
        """Note that a model is used, so that its id still means it after it was renamed."""
        self._memory.set(model.id, model.fingerprint)

    def _usable(self, model: Model) -> Model:
        if model.ready:
            return model
        labels = [PARTS[parts[0]].label for parts in model.missing.values()]
        raise ModelMissing(
            f"{model.label} is not complete: {', '.join(labels)} missing.",
            field="model",
            fix=f"`main.py models list` says what to put where for {model.family.label}.",
            pull=[
                Download(part.id, PARTS[name].label, part.bytes)
                for name in dict.fromkeys(parts[0] for parts in model.missing.values())
                if (part := self.catalogue.part(name)) is not None
            ],
        )

    def _find(self, reference: str, shelf: LibrarySnapshot) -> Model | None:
        models = shelf.models.values()
        found = _named(reference, models) or _by_hash(reference, models, self.hashes)
        if found is None and (known := self._memory.get(reference)) is not None:
            found = next((model for model in models if model.fingerprint == known), None)
        return found

    def _missing(self, detail: str, pull: Sequence[Download] = ()) -> ModelMissing:
        known = ", ".join(model.id for model in self.models())
        places = ", ".join(str(path) for path in self._tree.places)
        fix = f"Choose one of: {known}." if known else f"Put a diffusers folder into {places}."
        return ModelMissing(detail, field="model", fix=fix, pull=pull)

    def _look(self) -> LibrarySnapshot:
        entries = [entry for entry in self._tree.entries() if entry.kind != "lora"]
        # Assigned whole: another thread sees the old shelf or the new one, never a half.
        shelf = self._shelf = self._seen(self._reader, self._shelf, entries)
        return shelf

    def _look_loras(self) -> LibrarySnapshot:
        """LoRAs in folders of their own may be hundreds: looked at when somebody asks for them."""
        entries = [entry for entry in self._tree.entries() if entry.kind == "lora"]
        shelf = self._lora_shelf = self._seen(self._lora_reader, self._lora_shelf, entries)
        return shelf

    def _seen(
        self, reader: Scanner, shelf: LibrarySnapshot | None, entries: Sequence[Entry]
    ) -> LibrarySnapshot:
        """The same shelf as long as nothing changed; one thread at a time reads what did."""
        signature = tuple(map(marks, entries))
        if shelf is not None and shelf.signature == signature:
            return shelf
        with self._lock:
            return reader.shelf(entries, signature)


def _named(reference: str, things: Iterable[Thing]) -> Thing | None:
    """The only thing whose file or folder has this name, or whose label this is."""
    spoken = reference.lower()
    found = [
        thing
        for thing in things
        if spoken in (thing.path.name.lower(), getattr(thing, "label", "").lower())
    ]
    return found[0] if len(found) == 1 else None


def _by_hash(reference: str, things: Iterable[Thing], hashes: StringMap) -> Thing | None:
    """The only thing whose content this is: `name~hash`, `name@hash`, or a hash alone, be it of
    the fingerprint or of the whole file."""
    hit = HASH.fullmatch(reference)
    if hit is None or (hit[1] == reference and len(reference) < BARE_HASH):
        return None
    start = hit[1].lower()
    found = [
        thing
        for thing in things
        if thing.fingerprint.startswith(start)
        or (hashes.get(thing.fingerprint) or "").startswith(start)
    ]
    return found[0] if len(found) == 1 else None
