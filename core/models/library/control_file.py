"""A ControlNet of the library: its id, its file or folder, the models that it fits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.models.controls.kind import ControlKind
from core.models.controls.kinds import CONTROLS
from core.models.families import FAMILIES
from core.models.library.library_file import LibraryFile
from core.models.library.model import Model

TAKES = "takes"  # the key of the metadata of an adapter
PARAMETER = "control"  # of the modes that a control can be used in


@dataclass(frozen=True)
class ControlFile(LibraryFile):
    """One ControlNet. `item` is its scanned file or folder, kept while it does not change."""

    @property
    def kind(self) -> ControlKind:
        """The record of its kind."""
        return CONTROLS[self.item.finding.control or ""]

    @property
    def types(self) -> tuple[str, ...]:
        """The control types of a union model; empty for one that has a single type."""
        return self.kind.types_of(self.measures)

    @property
    def takes(self) -> tuple[str, ...]:
        """The pre-processors that it was trained with, as its file names them; empty: not said."""
        named = str(self.weights[0].metadata.get(TAKES, "")) if self.weights else ""
        return tuple(name for name in named.split(",") if name)

    @property
    def families(self) -> tuple[str, ...]:
        """Ids of the families whose models may use it."""
        return tuple(
            family.id
            for family in FAMILIES.values()
            if family.architecture == self.kind.architecture
            and not family.own_control
            and any(PARAMETER in family.modes[mode].parameters for mode in self.modes(family.id))
        )

    def modes(self, family: str) -> tuple[str, ...]:
        """The modes of a family that it can be used in."""
        return tuple(mode for mode in self.kind.pipelines if mode in FAMILIES[family].modes)

    def refusal(self, model: Model, mode: str | None = None) -> str | None:
        """The reason why the model cannot use it (in a mode); None when it can."""
        if model.family.id not in self.families:
            labels = ", ".join(FAMILIES[name].label for name in self.families)
            return f"it is a {self.kind.label} and fits models of {labels}"
        own, theirs = self.measures.get("joint"), model.measures.get("joint")
        if own is not None and theirs is not None and own != theirs:
            return f"it is for texts of width {own}, and this model has {theirs}"
        for name in self.kind.same:
            own, theirs = self.measures.get(name), model.measures.get(name)
            if own and theirs and own != theirs:
                return f"it is for a network of {name} {own}, and this model has {theirs}"
        if mode is not None and mode not in self.kind.pipelines:
            known = ", ".join(self.modes(model.family.id))
            return f"{self.kind.label} works in {known} only"
        return None

    def acts_beside(self, other: ControlFile) -> bool:
        """True where both can act in one image."""
        if self.kind is not other.kind or self.kind.alone:
            return False
        return self.kind.together or self.path == other.path

    def public(self) -> dict[str, Any]:
        """The entry as JSON."""
        return {
            "id": self.id,
            "label": self.label,
            "file": self.path.name,
            "kind": self.kind.id,
            "kind_label": self.kind.label,
            "families": list(self.families),
            "modes": list(self.kind.pipelines),
            "types": list(self.types),
            "takes": list(self.takes),
            "precision": self.item.finding.precision,
            "size_bytes": sum(file.size for file in self.weights),
        }
