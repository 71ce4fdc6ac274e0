"""A file or folder of the library that a model uses: a LoRA, a ControlNet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.models.library.item import Item
from core.models.weights.file import Weights


@dataclass(frozen=True)
class LibraryFile:
    """One file or folder. `item` is what was scanned, kept while it does not change."""

    id: str
    item: Item

    @property
    def label(self) -> str:
        """The display name."""
        return self.item.name

    @property
    def path(self) -> Path:
        """The file or folder."""
        return self.item.path

    @property
    def weights(self) -> tuple[Weights, ...]:
        """The checked files."""
        return self.item.weights

    @property
    def fingerprint(self) -> str:
        """See `Item.fingerprint`."""
        return self.item.fingerprint

    @property
    def measures(self) -> Mapping[str, int]:
        """The numbers of its network."""
        return self.item.finding.measures

    @property
    def parameter_count(self) -> int:
        """The number of parameters of its weights."""
        return sum(file.parameters for file in self.weights)
