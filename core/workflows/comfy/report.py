"""The report of an import: what became of each node."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Status = Literal["mapped", "approximated", "unmapped", "skipped"]


@dataclass(slots=True)
class Entry:
    """One node. `becomes` is its place on the wall; `notes` say how it differs there.

    `missing` names models that are not on this machine.
    """

    node: str
    type: str
    title: str = ""
    becomes: str = ""
    notes: list[str] = field(default_factory=list)
    bricks: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    unmapped: bool = False
    skipped: bool = False

    @property
    def status(self) -> Status:
        """Mapped, approximated, not mapped, or left out as the file asks."""
        if self.unmapped:
            return "unmapped"
        if self.skipped:
            return "skipped"
        return "approximated" if self.notes else "mapped"

    def public(self) -> dict[str, Any]:
        """The entry as JSON."""
        return {
            "node": self.node,
            "type": self.type[:200],
            "title": self.title[:200],
            "status": self.status,
            "becomes": self.becomes,
            "detail": " ".join(dict.fromkeys([*self.notes, *self.missing])),
            "bricks": list(dict.fromkeys(self.bricks)),
        }


@dataclass(frozen=True, slots=True)
class MissingFile:
    """A model, LoRA or ControlNet that is not on this machine, by the name that the wall keeps."""

    kind: Literal["model", "lora", "control"]
    name: str
    detail: str
    fix: str = ""


@dataclass(slots=True)
class Report:
    """The nodes of a graph by ID. `source`: the format of the file. `missing`: models and LoRAs
    that are not on this machine, by name, with what to do."""

    source: str
    entries: dict[str, Entry] = field(default_factory=dict)
    missing: dict[str, MissingFile] = field(default_factory=dict)

    def public(self) -> dict[str, Any]:
        """The report as JSON."""
        nodes = [entry.public() for entry in self.entries.values()]
        count = {
            name: sum(node["status"] == name for node in nodes)
            for name in ("mapped", "approximated", "unmapped", "skipped")
        }
        missing = [asdict(file) for file in self.missing.values()]
        return {"source": self.source, **count, "nodes": nodes, "missing": missing}
