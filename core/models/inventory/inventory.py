"""What is here, what is here in part, and what could be: the library beside the catalogue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from core.errors import ModelMissing
from core.models.families import of_variant
from core.models.families.family import Family
from core.models.families.parts import PARTS
from core.models.library import upscalers
from core.models.library.catalogue import Catalogue, CatalogueModel, Companion, Licence, Offer
from core.models.library.library import Library
from core.models.library.model import Model

State = Literal["present", "incomplete", "missing"]


@dataclass(frozen=True, slots=True)
class MissingPart:
    """Something to get: what, by which command, to where. `id` is what a pull is asked for."""

    id: str | None
    label: str
    command: str | None
    path: str
    bytes: int | None
    gated: bool = False

    def public(self) -> dict[str, Any]:
        """The lack as JSON."""
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
    """A model that is here, wholly or in part, or one that is not."""

    id: str
    label: str
    family: Family
    state: State
    licence: Licence | None
    offer: CatalogueModel | None
    model: Model | None
    lacks: tuple[MissingPart, ...] = ()
    problem: str | None = None

    def public(self) -> dict[str, Any]:
        """What every entry of `GET /api/models` says."""
        return {
            "state": self.state,
            "present": self.state == "present",
            "variant": self.variant,
            "gated": self.offer.gated if self.offer else False,
            "repository": self.offer.repository if self.offer else None,
            "size_bytes": self.size,
            "licence_details": _licence(self.licence),
            "lacks": [lack.public() for lack in self.lacks],
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
        """Bytes on disk, or about how many would be downloaded."""
        if self.model is not None:
            return self.model.size_bytes
        return self.offer.bytes if self.offer else None


@dataclass(frozen=True, slots=True)
class AuxiliaryEntry:
    """A companion: here, or with the way to get it."""

    id: str
    label: str
    task: str
    bytes: int
    repository: str | None
    licence: Licence | None
    lacks: tuple[MissingPart, ...]

    def public(self) -> dict[str, Any]:
        """What `GET /api/models` says of it."""
        return {
            "id": self.id,
            "label": self.label,
            "task": self.task,
            "state": "missing" if self.lacks else "present",
            "present": not self.lacks,
            "repository": self.repository,
            "size_bytes": self.bytes,
            "licence_details": _licence(self.licence),
            "lacks": [lack.public() for lack in self.lacks],
        }


class Inventory:
    """The library beside the catalogue. `models_dir` is where what is missing would go."""

    def __init__(self, library: Library, catalogue: Catalogue, models_dir: Path) -> None:
        self._library = library
        self._catalogue = catalogue
        self._models_dir = models_dir

    def all(self) -> list[InventoryEntry]:
        """Everything: usable first, then incomplete, then what could be."""
        here = [self._here(model, "present") for model in self._library.models()]
        here += [self._here(model, "incomplete") for model in self._library.incomplete()]
        # A folder of that name stands for the offer, whatever lies in it.
        known = {entry.variant for entry in here} | {entry.id for entry in here}
        return [*here, *(entry for entry in self._offered() if entry.variant not in known)]

    def companions(self) -> list[AuxiliaryEntry]:
        """The small models beside the diffusion models, by what they do."""
        offered = [self._small(offer) for offer in self._catalogue.companions]
        return [*offered, *self._brought()]

    def _small(self, offer: Companion) -> AuxiliaryEntry:
        licence = self._catalogue.licences[offer.licence]
        lacks = tuple(self._lacking(offer))
        place = offer.repository
        return AuxiliaryEntry(offer.id, offer.label, offer.task, offer.bytes, place, licence, lacks)

    def _brought(self) -> Iterator[AuxiliaryEntry]:
        """Upscalers of people's own. What reads them is an extra."""
        lacks: tuple[MissingPart, ...] = ()
        if not upscalers.can_read():
            lacks = (MissingPart(None, "the package spandrel", upscalers.SPANDREL, "", None),)
        for name, path in self._library.upscalers().items():
            if self._catalogue.companion(name) is None:
                size = path.stat().st_size
                yield AuxiliaryEntry(name, name, "upscale", size, None, None, lacks)

    def _lacking(self, offer: Companion) -> Iterator[MissingPart]:
        try:
            self._library.companion(offer.id)
        except ModelMissing:
            yield _lack(offer.label, offer, offer.target(self._models_dir))

    def _here(self, model: Model, state: State) -> InventoryEntry:
        variant = model.variant.id if model.variant else None
        return InventoryEntry(
            model.id,
            model.label,
            model.family,
            state,
            self._catalogue.licence(variant),
            self._catalogue.model(variant),
            model,
            tuple(self._lacks(model.missing)),
        )

    def _lacks(self, missing: Mapping[str, tuple[str, ...]]) -> Iterator[MissingPart]:
        """What would complete a model: the first part that fits each component, each once."""
        for part_id in dict.fromkeys(parts[0] for parts in missing.values()):
            part = self._catalogue.part(part_id)
            if part is None:
                yield MissingPart(None, PARTS[part_id].label, None, str(self._models_dir), None)
            else:
                yield _lack(PARTS[part_id].label, part, part.target(self._models_dir))

    def _offered(self) -> Iterator[InventoryEntry]:
        for offer in self._catalogue.models:
            found = of_variant(offer.id)
            if found is None:
                continue
            family, variant = found
            lacks = [_lack(variant.label, offer, offer.target(self._models_dir))]
            begun = self._library.refused().get(offer.id)  # a download that did not come to its end
            here = self._library.parts()
            needed = {part: (part,) for part in offer.needs if part not in here}
            yield InventoryEntry(
                offer.id,
                variant.label,
                family,
                "incomplete" if begun else "missing",
                self._catalogue.licence(offer.id),
                offer,
                None,
                (*lacks, *self._lacks(needed)),
                begun.detail if begun else None,
            )


def _lack(label: str, offer: Offer, target: Path) -> MissingPart:
    return MissingPart(offer.id, label, offer.command, str(target), offer.bytes, offer.gated)


def _licence(licence: Licence | None) -> dict[str, Any] | None:
    if licence is None:
        return None
    return {
        "label": licence.label,
        "commercial": licence.badge,
        "terms": licence.terms,
        "url": licence.url,
    }
