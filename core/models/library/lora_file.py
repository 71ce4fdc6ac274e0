"""A LoRA of the library: its id, its file, the families that it fits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from core.models.families import FAMILIES
from core.models.library.library_file import LibraryFile
from core.models.library.model import Model

THUMBNAIL_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".preview.png")


@dataclass(frozen=True)
class LoraFile(LibraryFile):
    """One LoRA. `item` is its scanned file, kept while the file does not change."""

    @property
    def folder(self) -> str:
        """The file's folder below the one that holds all LoRAs; empty at its top."""
        inner = self.path.parent.relative_to(self.item.root).parts
        at = next((i for i, part in enumerate(inner) if part.lower().startswith("lora")), -1)
        return "/".join(inner[at + 1 :])

    @cached_property
    def families(self) -> tuple[str, ...]:
        """Ids of the families whose models may use it."""
        lora = self.item.finding.lora
        architectures = {candidate.architecture for candidate in lora.candidates} if lora else set()
        return tuple(f.id for f in FAMILIES.values() if f.architecture in architectures)

    def refusal(self, model: Model) -> str | None:
        """The reason why the model cannot use it, naming those that can; None when it can."""
        from core.models.recognition.lora import refusal  # imported by the first list

        return refusal(self.item.finding, model.family, model.measures)

    @property
    def thumbnail(self) -> Path | None:
        """An image of the same name beside it."""
        paths = (self.path.with_suffix(suffix) for suffix in THUMBNAIL_SUFFIXES)
        return next((path for path in paths if path.is_file()), None)

    def public(self) -> dict[str, Any]:
        """The entry as JSON."""
        finding = self.item.finding
        labels = list(dict.fromkeys(FAMILIES[name].label for name in self.families))
        return {
            **finding.public(),
            "id": self.id,
            "label": self.label,
            "file": self.path.name,
            "folder": self.folder,
            "families": list(self.families),
            "family_label": " / ".join(labels) or "unknown",
            "trigger_words": list(finding.lora.words) if finding.lora else [],
            "refusal": finding.problem,
            "size_bytes": sum(file.size for file in self.weights),
            "has_thumbnail": self.thumbnail is not None,
        }
