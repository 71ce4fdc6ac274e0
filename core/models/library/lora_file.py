"""A LoRA of the library, as operations and clients see it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from core.models.families import FAMILIES
from core.models.library.item import Item
from core.models.recognition.lora import refusal

if TYPE_CHECKING:
    from core.models.library.library import Library
    from core.models.library.model import Model

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".preview.png")


@dataclass(frozen=True)
class LoraFile:
    """One LoRA by its id."""

    id: str
    item: Item

    @property
    def label(self) -> str:
        """Its name for people."""
        return self.item.name

    @property
    def path(self) -> Path:
        """Its file."""
        return self.item.path

    @property
    def folder(self) -> str:
        """The folder it lies in, below the one that holds all LoRAs; empty at its top."""
        inner = self.item.path.parent.relative_to(self.item.root).parts
        at = next((i for i, part in enumerate(inner) if part.lower().startswith("lora")), -1)
        return "/".join(inner[at + 1 :])

    @property
    def fingerprint(self) -> str:
        """See `Item.fingerprint`."""
        return self.item.fingerprint

    @cached_property
    def families(self) -> tuple[str, ...]:
        """The families whose models may take it."""
        lora = self.item.finding.lora
        architectures = {claim.architecture for claim in lora.claims} if lora else set()
        return tuple(one.id for one in FAMILIES.values() if one.architecture in architectures)

    def refusal(self, model: Model) -> str | None:
        """Why the model cannot take it, naming those that can; None: it can."""
        return refusal(self.item.finding, model.family, model.measures)

    @property
    def thumbnail(self) -> Path | None:
        """A picture of the same name beside it."""
        for ending in PICTURES:
            path = self.path.with_suffix(ending)
            if path.is_file():
                return path
        return None

    def public(self) -> dict[str, Any]:
        """What clients read."""
        found = self.item.finding
        labels = list(dict.fromkeys(FAMILIES[name].label for name in self.families))
        place = f"/api/loras/{quote(self.id, safe='')}/thumbnail"
        return {
            **found.public(),
            "id": self.id,
            "label": self.label,
            "file": self.path.name,
            "folder": self.folder,
            "families": list(self.families),
            "family_label": " / ".join(labels) or "unknown",
            "trigger_words": list(found.lora.words) if found.lora else [],
            "refusal": found.problem,
            "size_bytes": sum(file.size for file in self.item.weights),
            "thumbnail_url": place if self.thumbnail else None,
        }


def all_of(library: Library) -> list[LoraFile]:
    """Every LoRA, by folder and name."""
    found = [LoraFile(lora_id, item) for lora_id, item in library.loras().items()]
    return sorted(found, key=lambda one: (one.folder.lower(), one.label.lower()))


def find(library: Library, reference: str) -> LoraFile:
    """The LoRA of an id, a name or a content hash. Raises `ModelMissing`."""
    item = library.lora(reference)
    known = library.loras()
    if known.get(reference) is item:
        return LoraFile(reference, item)
    return LoraFile(next(one for one, other in known.items() if other is item), item)
