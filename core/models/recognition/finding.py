"""What a header tells about a file: the answer of `core.models.recognition.recognise`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Role = Literal["checkpoint", "transformer", "text_encoder", "vae", "lora", "unknown"]


@dataclass(frozen=True, slots=True)
class LoraCandidate:
    """An architecture that a LoRA's names fit: how many, and what its shapes say of the width.

    `implied` are measures that must be equal, `at_least` those that must not be smaller.
    """

    architecture: str
    matched: int
    implied: Mapping[str, int]
    at_least: Mapping[str, int]
    variants: tuple[str, ...]

    def fits(self, architecture: str, measures: Mapping[str, int]) -> bool:
        """Whether a model with these measures can take the LoRA."""
        return (
            architecture == self.architecture
            and all(measures.get(name, value) == value for name, value in self.implied.items())
            and all(measures.get(name, value) >= value for name, value in self.at_least.items())
        )


@dataclass(frozen=True, slots=True)
class LoraFinding:
    """What a LoRA's header tells. `layout` is how its keys are written, `algorithm` what it does.

    `rank` is the largest, `alpha` None where nothing says it (then it is the rank). `base` is the
    model it says it was trained on, `words` the trigger words it names.
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
    """What a file is.

    `family` and `variant` are None where the header leaves them open; `variants` (or, for a text
    encoder or VAE, `parts`) are all that its shapes allow, best first. `prefix` is what precedes
    the names of its network, `contains` the other parts that a checkpoint brings. `matched` of
    `total` tensors have names that the layout knows. `problem` says why it cannot be used.
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
    problem: str | None = None

    def public(self) -> dict[str, Any]:
        """The finding as JSON."""
        found: dict[str, Any] = {
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
            found["lora"] = {
                "layout": self.lora.layout,
                "algorithm": self.lora.algorithm,
                "rank": self.lora.rank,
                "alpha": self.lora.alpha,
                "text_encoders": self.lora.text_encoders,
                "base": self.lora.base,
                "words": list(self.lora.words),
            }
        return found
