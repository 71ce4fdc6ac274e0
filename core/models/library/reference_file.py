"""A reference adapter (IP-Adapter) of the library: its id, its file, the models that it fits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.models.families import FAMILIES
from core.models.families.family import Family
from core.models.library.library_file import LibraryFile
from core.models.library.model import Model
from core.models.references.kind import ReferenceKind, Role
from core.models.references.kinds import REFERENCES

PARAMETER = "reference"  # of the modes that a reference can be used in


@dataclass(frozen=True)
class ReferenceFile(LibraryFile):
    """One reference adapter. `item` is its scanned file, kept while it does not change."""

    @property
    def kind(self) -> ReferenceKind:
        """The record of its kind."""
        return REFERENCES[self.item.finding.reference or ""]

    @property
    def encoder(self) -> str:
        """The id of its image encoder in the catalogue."""
        return self.kind.encoder(self.measures.get("width"))

    @property
    def families(self) -> tuple[str, ...]:
        """Ids of the families whose models may use it."""
        able = [family for family in FAMILIES.values() if self._suits(family)]
        joint = self.measures.get("joint")
        # Kinds of two architectures are told apart by the width of texts; tiny models have others.
        exact = [family for family in able if joint in _joints(family)]
        return tuple(family.id for family in exact or able)

    def roles(self, architecture: str) -> tuple[Role, ...]:
        """The roles that a reference may have in models of an architecture."""
        if any(hint in self.label.lower() for hint in self.kind.face_hints):
            return ("face",)
        return tuple(self.kind.roles.get(architecture, ()))

    def layers(self, architecture: str, role: Role) -> tuple[str, ...]:
        """Prefixes of the attention layers that a role acts in; empty: all."""
        return self.kind.roles[architecture].get(role, ())

    def refusal(self, model: Model, mode: str | None = None) -> str | None:
        """The reason why the model cannot use it (in a mode); None when it can."""
        family = model.family
        if family.id not in self.families:
            labels = ", ".join(FAMILIES[name].label for name in self.families)
            return f"it is an {self.kind.label} and fits models of {labels}"
        own, theirs = self.measures.get("joint"), model.measures.get("joint")
        if own is not None and theirs is not None and own != theirs:
            return f"it is for texts of width {own}, and this model has {theirs}"
        if mode is not None and not model.supports(mode, PARAMETER):
            known = ", ".join(name for name in model.modes if model.supports(name, PARAMETER))
            return f"it works in {known or 'no mode'} of this model only"
        return None

    def public(self) -> dict[str, Any]:
        """The entry as JSON."""
        architectures = dict.fromkeys(FAMILIES[name].architecture for name in self.families)
        roles = dict.fromkeys(role for name in architectures for role in self.roles(name))
        return {
            "id": self.id,
            "label": self.label,
            "file": self.path.name,
            "kind": self.kind.id,
            "kind_label": self.kind.label,
            "families": list(self.families),
            "roles": list(roles),
            "encoder": self.encoder,
            "precision": self.item.finding.precision,
            "size_bytes": sum(file.size for file in self.weights),
        }

    def _suits(self, family: Family) -> bool:
        return family.architecture in self.kind.roles and any(
            PARAMETER in mode.parameters for mode in family.modes.values()
        )


def _joints(family: Family) -> set[int | None]:
    return {variant.traits.get("joint") for variant in family.variants}
