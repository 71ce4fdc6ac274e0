"""The library compared with the catalogue: present, incomplete and missing models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from core.errors import ModelMissing
from core.models.families import of_variant
from core.models.families.family import Family
from core.models.families.parts import PARTS
from core.models.library import upscalers
from core.models.library.catalogue import AuxiliaryModel, Catalogue, CatalogueModel, Licence, Offer
from core.models.library.library import Library
from core.models.library.model import LAYOUT_TASKS, Model
from core.models.licences import licence_data, licence_of

State = Literal["present", "incomplete", "missing"]


@dataclass(frozen=True, slots=True)
class MissingPart:
    """A missing download: its command and its target path. `id` is the argument of a pull."""

    id: str | None
    label: str
    command: str | None
    path: str
    bytes: int | None
    gated: bool = False

    def public(self) -> dict[str, Any]:
        """The entry as JSON."""
        return {
            "id": self.id,
            "label": self.label,
            "command": self.command,
            "path": self.path,
            "bytes": self.bytes,
            "gated": self.gated,
        }


@dataclass(frozen=True, slots=True)
class InventoryEntry:
    """A model: present, incomplete or missing."""

    id: str
    label: str
    family: Family
    state: State
    licence: Licence | None
    offer: CatalogueModel | None
    model: Model | None
    missing: tuple[MissingPart, ...] = ()
    problem: str | None = None

    def public(self) -> dict[str, Any]:
        """The entry as JSON, in the part that all entries share."""
        return {
            "state": self.state,
            "present": self.state == "present",
            "variant": self.variant,
            "gated": self.offer.gated if self.offer else False,
            "repository": self.offer.repository if self.offer else None,
            "size_bytes": self.size,
            "licence_details": licence_data(self.licence),
            "lacks": [part.public() for part in self.missing],
            "problem": self.problem,
        }

    @property
    def variant(self) -> str | None:
        """The variant's id."""
        if self.model is not None:
            return self.model.variant.id if self.model.variant else None
        return self.id

    @property
    def size(self) -> int | None:
        """Bytes on disk, or approximate bytes of the download."""
        if self.model is not None:
            return self.model.size_bytes
        return self.offer.bytes if self.offer else None


@dataclass(frozen=True, slots=True)
class AuxiliaryEntry:
    """An auxiliary model: present, or missing with its download."""

    id: str
    label: str
    task: str
    bytes: int
    repository: str | None
    licence: Licence | None
    missing: tuple[MissingPart, ...]

    def public(self) -> dict[str, Any]:
        """The entry as JSON."""
        return {
            "id": self.id,
            "label": self.label,
            "task": self.task,
            "state": "missing" if self.missing else "present",
            "present": not self.missing,
            "repository": self.repository,
            "size_bytes": self.bytes,
            "licence_details": licence_data(self.licence),
            "lacks": [part.public() for part in self.missing],
        }


class Inventory:
    """Entries of library and catalogue. `models_dir` is the target of downloads."""

    def __init__(self, library: Library, catalogue: Catalogue, models_dir: Path) -> None:
        self._library = library
        self._catalogue = catalogue
        self._models_dir = models_dir

    def all(self) -> list[InventoryEntry]:
        """All models: usable first, then incomplete, then missing."""
        here = [self._local_entry(model, "present") for model in self._library.models()]
        here += [self._local_entry(model, "incomplete") for model in self._library.incomplete()]
        # A folder of that name replaces the offer, whatever it contains.
        known = {entry.variant for entry in here} | {entry.id for entry in here}
        return [*here, *(entry for entry in self._offers() if entry.variant not in known)]

    def auxiliary_models(self) -> list[AuxiliaryEntry]:
        """All auxiliary models: those of the catalogue, then the user's own upscalers."""
        offered = [self._auxiliary_entry(offer) for offer in self._catalogue.auxiliary]
        return [*self._finishers(), *offered, *self._layout_networks(), *self._own_upscalers()]

    def _auxiliary_entry(self, offer: AuxiliaryModel) -> AuxiliaryEntry:
        return AuxiliaryEntry(
            offer.id,
            offer.label,
            offer.task,
            offer.bytes,
            offer.repository,
            self._catalogue.licences[offer.licence],
            tuple(self._missing_auxiliary(offer)),
        )

    def _finishers(self) -> Iterator[AuxiliaryEntry]:
        """The finishers of models, which enlarge drawings like those of their model."""
        for model in self._library.models():
            if (path := model.finisher) is not None:
                label = f"{model.label}, for drawings"
                licence = licence_of(model, self._catalogue)
                size = path.stat().st_size
                yield AuxiliaryEntry(model.id, label, upscalers.OPERATION, size, None, licence, ())

    def _layout_networks(self) -> Iterator[AuxiliaryEntry]:
        """The networks of models that find parts and depth of drawings like theirs."""
        for model in self._library.models():
            if (path := model.layout_network) is not None:
                label = f"{model.label}, for its drawings"
                licence = licence_of(model, self._catalogue)
                size = path.stat().st_size
                for task in LAYOUT_TASKS:
                    yield AuxiliaryEntry(model.id, label, task, size, None, licence, ())

    def _own_upscalers(self) -> Iterator[AuxiliaryEntry]:
        """The user's own upscalers, which need an optional package."""
        missing: tuple[MissingPart, ...] = ()
        if not upscalers.can_read():
            missing = (MissingPart(None, "the package spandrel", upscalers.SPANDREL, "", None),)
        for name, path in self._library.upscalers().items():
            if self._catalogue.auxiliary_model(name) is None:
                size = path.stat().st_size
                yield AuxiliaryEntry(name, name, upscalers.OPERATION, size, None, None, missing)

    def _missing_auxiliary(self, offer: AuxiliaryModel) -> Iterator[MissingPart]:
        try:
            self._library.auxiliary(offer.id)
        except ModelMissing:
            yield _missing_part(offer.label, offer, offer.target(self._models_dir))

    def _local_entry(self, model: Model, state: State) -> InventoryEntry:
        variant = model.variant.id if model.variant else None
        return InventoryEntry(
            model.id,
            model.label,
            model.family,
            state,
            licence_of(model, self._catalogue),
            self._catalogue.model(variant),
            model,
            tuple(self._missing_parts(model.missing_parts)),
        )

    def _missing_parts(self, parts: Iterable[str]) -> Iterator[MissingPart]:
        """The downloads of parts."""
        for part_id in parts:
            part = self._catalogue.part(part_id)
            if part is None:
                yield MissingPart(None, PARTS[part_id].label, None, str(self._models_dir), None)
            else:
                yield _missing_part(PARTS[part_id].label, part, part.target(self._models_dir))

    def _offers(self) -> Iterator[InventoryEntry]:
        for offer in self._catalogue.models:
            known = of_variant(offer.id)
            if known is None:
                continue
            family, variant = known
            own = _missing_part(variant.label, offer, offer.target(self._models_dir))
            interrupted = self._library.refused().get(offer.id)  # an unfinished download
            present = self._library.parts()
            needed = [part for part in offer.needs if part not in present]
            yield InventoryEntry(
                offer.id,
                variant.label,
                family,
                "incomplete" if interrupted else "missing",
                self._catalogue.licence(offer.id),
                offer,
                None,
                (own, *self._missing_parts(needed)),
                interrupted.detail if interrupted else None,
            )


def _missing_part(label: str, offer: Offer, target: Path) -> MissingPart:
    return MissingPart(offer.id, label, offer.command, str(target), offer.bytes, offer.gated)
