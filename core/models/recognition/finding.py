"""The result of `core.models.recognition.recognise`: the contents of a file by its header."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Role = Literal[
    "checkpoint",
    "transformer",
    "text_encoder",
    "vae",
    "lora",
    "control",
    "reference",
    "unknown",
]


@dataclass(frozen=True, slots=True)
class LoraCandidate:
    """An architecture that a LoRA may be for; `matched` of its modules belong to it.

    `implied` are measures that must be equal, `at_least` those that must not be smaller.
    """

    architecture: str
    matched: int
    implied: Mapping[str, int]
    at_least: Mapping[str, int]
    variants: tuple[str, ...]

    def fits(self, architecture: str, measures: Mapping[str, int]) -> bool:
        """True where a model with these measures can use the LoRA."""
        return (
            architecture == self.architecture
            and all(measures.get(name, value) == value for name, value in self.implied.items())
            and all(measures.get(name, value) >= value for name, value in self.at_least.items())
        )


@dataclass(frozen=True, slots=True)
class LoraFinding:
    """A LoRA by its header. `layout` is the naming scheme of its keys.

    `rank` is the largest of its modules. `alpha` is None where the file has none; then it equals
    the rank. `base` (the base model) and `words` (trigger words) are those of its metadata.
    """

    layout: str
    algorithm: str
    rank: int | None
    alpha: float | None
    candidates: tuple[LoraCandidate, ...]
    text_encoders: bool = False
    base: str | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """The contents of a file.

    `family` and `variant` are None where the header leaves them open; `variants` (or, for a text
    encoder or VAE, `parts`) are all that its shapes allow, best first. `prefix` is what precedes
    the names of its network, `contains` the other parts that a checkpoint brings. `matched` of
    `total` tensors have names of the layout. `control` is the id of a kind of ControlNet,
    `reference` that of a kind of reference adapter. `problem` is the reason why it cannot be used.
    """

    role: Role
    family: str | None = None
    variant: str | None = None
    variants: tuple[str, ...] = ()
    part: str | None = None
    parts: tuple[str, ...] = ()
    layout: str = ""
    prefix: str = ""
    precision: str = ""
    contains: Mapping[str, str] = field(default_factory=dict)
    measures: Mapping[str, int] = field(default_factory=dict)
    matched: int = 0
    total: int = 0
    unknown: tuple[str, ...] = ()
    lora: LoraFinding | None = None
    control: str | None = None
    reference: str | None = None
    problem: str | None = None

    def public(self) -> dict[str, Any]:
        """The finding as JSON."""
        content: dict[str, Any] = {
            "role": self.role,
            "family": self.family,
            "variant": self.variant,
            "variants": list(self.variants),
            "part": self.part,
            "parts": list(self.parts),
            "layout": self.layout,
            "precision": self.precision,
            "contains": sorted(self.contains),
            "measures": dict(self.measures),
            "keys": {"matched": self.matched, "total": self.total, "unknown": list(self.unknown)},
            "problem": self.problem,
        }
        if self.lora is not None:
            content["lora"] = {
                "layout": self.lora.layout,
                "algorithm": self.lora.algorithm,
                "rank": self.lora.rank,
                "alpha": self.lora.alpha,
                "text_encoders": self.lora.text_encoders,
                "base": self.lora.base,
                "words": list(self.lora.words),
            }
        return content
