"""Models, LoRAs and auxiliary models on this machine, found by id, name or content hash.

Scanning never loads or runs anything. Changed files are scanned again, so a model that was copied
in appears without a restart.
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
from core.models.library.control_file import ControlFile
from core.models.library.library_file import LibraryFile
from core.models.library.lora_file import LoraFile
from core.models.library.model import LAYOUT_TASKS, Model, WeightsSource
from core.models.library.reference_file import ReferenceFile
from core.models.library.snapshot import LibrarySnapshot, Scanner, stamp
from core.models.library.string_map import StringMap
from core.models.library.walk import Entry, Tree

if TYPE_CHECKING:
    from core.models.library.catalogue import Catalogue, Offer

__all__ = ["Library", "Model"]

HASH = re.compile(r"(?:.*[~@])?([0-9a-f]{6,64})", re.IGNORECASE)
BARE_HASH = 8  # shorter ones are words: `facade`
ModelOrLora = TypeVar("ModelOrLora", Model, LoraFile, ControlFile, ReferenceFile)
File = TypeVar("File", bound=LibraryFile)


class Library:
    """Models by id, which is a folder's or a file's name. `places` are directories, files or the
    roots of other programs; an earlier one hides a later one's same folder."""

    def __init__(
        self,
        places: Sequence[Path],
        ids: StringMap | None = None,
        words: Mapping[Path, str] | None = None,
        *,
        hashes: StringMap | None = None,
        presets_dir: Path | None = None,
    ) -> None:
        """`ids` maps ids of used models to fingerprints, so that a renamed file is still found.
        `words` are recognised beside the names of those files. `hashes` maps fingerprints to
        SHA-256 of whole files. `presets_dir` holds the catalogue."""
        self._ids = ids or StringMap()
        self._hashes = hashes or StringMap()
        self._presets_dir = presets_dir
        self._tree = Tree(places)
        self._scanner, self._lora_scanner = Scanner(words or {}), Scanner({})
        self._snapshot: LibrarySnapshot | None = None
        self._lora_snapshot: LibrarySnapshot | None = None
        self._lock = Lock()

    @cached_property
    def catalogue(self) -> Catalogue:
        """The downloads that are offered; read on first use."""
        from core.models.library import catalogue

        if self._presets_dir is None:
            return catalogue.Catalogue(licences={}, models=(), parts=())
        return catalogue.read_catalogue(self._presets_dir)

    def models(self) -> Sequence[Model]:
        """All usable models, the default first, then by label."""
        models = [model for model in self._scan().models.values() if model.ready]
        return sorted(models, key=lambda model: (not model.record.default, model.label.lower()))

    def incomplete(self) -> Sequence[Model]:
        """Models with missing parts, by label."""
        models = [model for model in self._scan().models.values() if not model.ready]
        return sorted(models, key=lambda model: model.label.lower())

    def refused(self) -> Mapping[str, ModelBroken]:
        """Files and folders that cannot be used, by name, with the reason."""
        return self._scan().refused

    def parts(self) -> Mapping[str, Sequence[WeightsSource]]:
        """The sources that can complete a model, by part id, best first."""
        return self._scan().parts

    def offers(self, reference: str) -> tuple[Offer, ...]:
        """The downloads of a model or part of the catalogue, or those that complete a model here.

        Raises `NotFound`.
        """
        model = self._scan().models.get(reference)
        completing = self._completing(model) if model is not None else ()
        return completing or self.catalogue.offers(reference)

    def loras(self) -> Mapping[str, LoraFile]:
        """All LoRAs by id, unusable ones too, by folder and label."""
        loras = {**self._scan().loras, **self._scan_loras().loras}
        by_folder = sorted(
            loras.values(), key=lambda lora: (lora.folder.lower(), lora.label.lower())
        )
        return {lora.id: loras[lora.id] for lora in by_folder}

    def get(self, reference: str) -> Model:
        """The model of an id, a name, or a fingerprint (or its first eight letters).

        Raises `ModelMissing`, or `ModelBroken` when it was refused.
        """
        snapshot = self._scan()
        model = snapshot.models.get(reference) or self._find(reference, snapshot)
        if model is not None:
            return self._complete(model)
        if reference in snapshot.refused:
            broken = snapshot.refused[reference]
            raise ModelBroken(broken.detail, field="model", fix=broken.fix)
        offer = self.catalogue.model(reference)
        raise self._missing(
            f"There is no model {reference[:200]!r} on this machine.",
            pull=[Download(offer.id, offer.id, offer.bytes)] if offer else (),
        )

    def lora(self, reference: str) -> LoraFile:
        """The LoRA of an id, a name or a content hash. Raises `ModelMissing`."""
        loras = self.loras()
        lora = loras.get(reference) or _by_name(reference, loras.values())
        lora = lora or _by_hash(reference, loras.values(), self._hashes)
        if lora is None:
            raise ModelMissing(
                f"There is no LoRA {reference[:200]!r} on this machine.",
                field="loras",
                fix="Put its file into models/loras, or leave it out.",
            )
        return lora

    def controls(self) -> Mapping[str, ControlFile]:
        """All ControlNets by id, by label."""
        return _by_label(self._scan().controls)

    def control(self, reference: str) -> ControlFile:
        """The ControlNet of an id, a name or a content hash. Raises `ModelMissing`."""
        controls = self._scan().controls
        control = controls.get(reference) or _by_name(reference, controls.values())
        control = control or _by_hash(reference, controls.values(), self._hashes)
        if control is None:
            raise self._missing_control(reference, controls)
        return control

    def references(self) -> Mapping[str, ReferenceFile]:
        """All reference adapters by id, by label."""
        return _by_label(self._scan().references)

    def reference(self, reference: str) -> ReferenceFile:
        """The reference adapter of an id, a name or a content hash. Raises `ModelMissing`."""
        adapters = self._scan().references
        adapter = adapters.get(reference) or _by_name(reference, adapters.values())
        adapter = adapter or _by_hash(reference, adapters.values(), self._hashes)
        if adapter is None:
            raise ModelMissing(
                f"There is no IP-Adapter {reference[:200]!r} on this machine.",
                field="reference",
                fix=f"Choose one of: {', '.join(adapters)}."
                if adapters
                else "Put its file into models/ipadapter.",
            )
        return adapter

    def _missing_control(self, reference: str, others: Iterable[str]) -> ModelMissing:
        names = ", ".join(others)
        fix = f"Choose one of: {names}." if names else "Put its file into models/controlnet."
        offer = self.catalogue.auxiliary_model(reference)
        if offer is not None:
            fix = f"Get it: {offer.command} (about {offer.megabytes} MB). {fix}"
        return ModelMissing(
            f"There is no ControlNet {reference[:200]!r} on this machine.",
            field="control",
            fix=fix,
            pull=[Download(offer.id, offer.label, offer.bytes)] if offer else (),
        )

    def auxiliary(self, model_id: str) -> Path:
        """The folder of an auxiliary model of the catalogue, or a user's own folder or upscaler.

        Raises `ModelMissing` naming the command and the place, or `InvalidInput`.
        """
        offer = self.catalogue.auxiliary_model(model_id)
        if offer is None and (own := self._own_auxiliary(model_id)) is not None:
            return own
        if offer is None:
            ids = ", ".join(model.id for model in self.catalogue.auxiliary) or "none"
            raise InvalidInput(
                f"There is no model {model_id[:100]!r} for this.",
                field="model",
                fix=f"Known: {ids}.",
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

    def auxiliary_for(self, task: str) -> str:
        """The id of an auxiliary model for an operation where none is named.

        The first of the catalogue that is on this machine; else the own network of a model, for
        `LAYOUT_TASKS`; else the first of the catalogue, which is missing. Raises ModelMissing.
        """
        offers = [offer for offer in self.catalogue.auxiliary if offer.task == task]
        for offer in offers:
            if any(offer.place(place) for place in self._tree.places):
                return offer.id
        for model in self.models() if task in LAYOUT_TASKS else ():
            if model.layout_network is not None:
                return model.id
        if not offers:
            raise ModelMissing(
                f"No model on this machine computes {task!r}, and the catalogue has none.",
                field="model",
                fix="Name a model, or restore presets/models.yaml.",
            )
        return offers[0].id

    def _own_auxiliary(self, name: str) -> Path | None:
        """A folder or file of this name that is not in the catalogue."""
        model = self._scan().models.get(name)
        if model is not None and model.path.is_dir():
            return model.path
        return self.upscalers().get(name)

    def upscalers(self) -> Mapping[str, Path]:
        """The user's own upscalers, by name."""
        return upscalers.own_files(self._tree.places)

    def default(self, mode: str) -> Model:
        """The model used in `mode` when none is named. Raises `ModelMissing`."""
        for model in self.models():
            if mode in model.modes:
                return model
        raise self._missing(f"There is no model for {mode!r} on this machine.")

    def single_file(self, reference: str, kind: str) -> tuple[Path, str]:
        """The file and fingerprint of a model or LoRA. Raises `InvalidInput` for a folder."""
        entry: Model | LoraFile
        if kind == "lora":
            entry = self.lora(reference)
        else:
            entry = self._scan().models.get(reference) or self.get(reference)
        if entry.path.is_dir():
            raise InvalidInput(
                f"{reference[:100]!r} is a folder of many files.",
                field="file",
                fix="Choose a model or LoRA that is a single file.",
            )
        return entry.path, entry.fingerprint

    def remember(self, model: Model) -> None:
        """Keep the id of a used model, so that it still works after its file is renamed.

        Writes a file: call it from a thread.
        """
        self._ids.set(model.id, model.fingerprint)

    def _complete(self, model: Model) -> Model:
        if model.ready:
            return model
        labels = ", ".join(PARTS[part].label for part in model.missing_parts)
        offers = self._completing(model)
        from core.models.library.catalogue import pull_command

        size = sum(offer.bytes for offer in offers)
        raise ModelMissing(
            f"{model.label} is not complete: {labels} missing.",
            field="model",
            fix=f"Get what is missing: {pull_command(model.id)} (about {size // 1_000_000} MB)."
            if offers
            else f"`main.py models list` says what to put where for {model.family.label}.",
            pull=[Download(model.id, labels, size)] if offers else (),
        )

    def _completing(self, model: Model) -> tuple[Offer, ...]:
        """The downloads of the parts that a model lacks, those that the catalogue has."""
        parts = map(self.catalogue.part, model.missing_parts)
        return tuple(part for part in parts if part is not None)

    def _find(self, reference: str, snapshot: LibrarySnapshot) -> Model | None:
        models = snapshot.models.values()
        model = _by_name(reference, models) or _by_hash(reference, models, self._hashes)
        if model is None and (fingerprint := self._ids.get(reference)) is not None:
            model = next((model for model in models if model.fingerprint == fingerprint), None)
        return model

    def _missing(self, detail: str, pull: Sequence[Download] = ()) -> ModelMissing:
        ids = ", ".join(model.id for model in self.models())
        places = ", ".join(str(path) for path in self._tree.places)
        fix = f"Choose one of: {ids}." if ids else f"Put a diffusers folder into {places}."
        for download in pull:
            from core.models.library.catalogue import pull_command

            size = download.bytes // 1_000_000
            fix = f"Get it: {pull_command(download.id)} (about {size} MB). {fix}"
        return ModelMissing(detail, field="model", fix=fix, pull=pull)

    def _scan(self) -> LibrarySnapshot:
        entries = [entry for entry in self._tree.entries() if entry.kind != "lora"]
        # Assigned whole: another thread sees the old snapshot or the new one, never a half.
        snapshot = self._snapshot = self._scan_changed(self._scanner, self._snapshot, entries)
        return snapshot

    def _scan_loras(self) -> LibrarySnapshot:
        """The folders of LoRAs, which may hold hundreds: scanned when LoRAs are requested."""
        entries = [entry for entry in self._tree.entries() if entry.kind == "lora"]
        snapshot = self._scan_changed(self._lora_scanner, self._lora_snapshot, entries)
        self._lora_snapshot = snapshot
        return snapshot

    def _scan_changed(
        self, scanner: Scanner, snapshot: LibrarySnapshot | None, entries: Sequence[Entry]
    ) -> LibrarySnapshot:
        """The same snapshot while nothing changes; one thread at a time scans what did."""
        signature = tuple(map(stamp, entries))
        if snapshot is not None and snapshot.signature == signature:
            return snapshot
        with self._lock:
            return scanner.scan(entries, signature)


def _by_label(files: Mapping[str, File]) -> dict[str, File]:
    """Files by id, sorted by label."""
    return {file.id: file for file in sorted(files.values(), key=lambda file: file.label.lower())}


def _by_name(reference: str, entries: Iterable[ModelOrLora]) -> ModelOrLora | None:
    """The only entry with this label or name of file or folder."""
    name = reference.lower()
    matches = [entry for entry in entries if name in (entry.path.name.lower(), entry.label.lower())]
    return matches[0] if len(matches) == 1 else None


def _by_hash(
    reference: str, entries: Iterable[ModelOrLora], hashes: StringMap
) -> ModelOrLora | None:
    """The only entry with this hash: `name~hash`, `name@hash`, or a hash alone, of the fingerprint
    or of the whole file."""
    match = HASH.fullmatch(reference)
    if match is None or (match[1] == reference and len(reference) < BARE_HASH):
        return None
    start = match[1].lower()
    matches = [
        entry
        for entry in entries
        if entry.fingerprint.startswith(start)
        or (hashes.get(entry.fingerprint) or "").startswith(start)
    ]
    return matches[0] if len(matches) == 1 else None
