"""The parts of a stored image that a copy for others keeps."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """`metadata`: prompt, settings and workflow. `provenance`: source type and manifests."""

    metadata: bool = True
    provenance: bool = True

    @property
    def whole(self) -> bool:
        """True where the copy is the file as it is stored."""
        return self.metadata and self.provenance


WHOLE = ExportOptions()
