"""The choice of a checkpoint: z-scores against the base at equal seeds, behind gates.

Pure. A term of more than `CLIP` standard deviations counts as `CLIP`, so that none decides alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

CLIP = 3.0
TIE = 0.1
"""Scores that differ by less are equal, and the earlier step is taken."""
SHARE_LIMIT = 0.5
"""The share of copies among images of the trigger alone from which a checkpoint is refused."""
VARIETY_LIMIT = 1 / 3
"""The share of the base's variety of the trigger alone below which a checkpoint is refused."""
GAP_LIMIT = 1.5
"""The gap between held-out and trained images from which a checkpoint is refused."""
LEAST_SPREAD = 0.02
"""The least standard deviation of a term: the base may be equal in all cells."""
LABELS = {
    "adherence": "Prompt adherence",
    "fidelity": "Subject fidelity",
    "diversity": "Diversity",
    "leakage": "Leakage",
}


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a score: the means of candidate and base, and the z-score."""

    name: str
    value: float
    base: float
    z: float

    def public(self) -> dict[str, Any]:
        """The term as JSON."""
        label = LABELS.get(self.name, self.name)
        return {
            "name": self.name,
            "label": label,
            "value": self.value,
            "base": self.base,
            "z": self.z,
        }


@dataclass(frozen=True, slots=True)
class Candidate:
    """A checkpoint at a weight. `gates` are the reasons that refuse it; `copies` may be None."""

    label: str
    step: int
    terms: tuple[Term, ...]
    gates: tuple[str, ...] = ()
    copies: float | None = None

    @property
    def score(self) -> float:
        """The mean of the terms; 0, as the base, without any."""
        return fmean(term.z for term in self.terms) if self.terms else 0.0


@dataclass(frozen=True, slots=True)
class Choice:
    """The place of the best candidate, or None where all are refused, with the reason."""

    place: int | None
    explanation: str


def term(name: str, values: Sequence[float], base: Sequence[float]) -> Term | None:
    """A term of values at equal prompts and seeds. None where no pair was measured.

    The unit is the standard deviation of the base's values. Diversity and leakage only lower a
    score: more variety than the base has, or less change than none, is no merit.
    """
    pairs = [
        (x, y) for x, y in zip(values, base, strict=True) if math.isfinite(x) and math.isfinite(y)
    ]
    if not pairs:
        return None
    mean, mean_base = fmean(x for x, _ in pairs), fmean(y for _, y in pairs)
    if name == "leakage":
        # The change to another prompt counts as much as any term can.
        return Term(name, mean, mean_base, _clipped(CLIP * min(mean_base - mean, 0.0)))
    spread = stdev([y for _, y in pairs]) if len(pairs) > 1 else 0.0
    z = _clipped((mean - mean_base) / max(spread, LEAST_SPREAD))
    return Term(name, mean, mean_base, min(z, 0.0) if name == "diversity" else z)


def terms_of(
    values: Mapping[str, Sequence[float]], base: Mapping[str, Sequence[float]]
) -> tuple[Term, ...]:
    """The terms of all measures that were taken, in the order of `LABELS`."""
    made = [term(name, values[name], base[name]) for name in LABELS if name in values]
    return tuple(entry for entry in made if entry is not None)


def gates_of(
    copies: float | None,
    broken: Sequence[str],
    variety: float | None = None,
    gap: float | None = None,
) -> tuple[str, ...]:
    """The reasons to refuse a candidate, as sentences."""
    reasons = []
    if broken:
        reasons.append(f"{len(broken)} tensors hold numbers that are not finite")
    if copies is not None and copies >= SHARE_LIMIT:
        reasons.append(f"{copies:.0%} of its images of the trigger alone copy a training image")
    if variety is not None and variety < VARIETY_LIMIT:
        reasons.append(f"its images of the trigger alone keep {variety:.0%} of the base's variety")
    if gap is not None and gap >= GAP_LIMIT:
        reasons.append(f"it draws held-out images {gap:.1f} times as far off as trained ones")
    return tuple(reasons)


def choose(candidates: Sequence[Candidate]) -> Choice:
    """The best candidate that no gate refuses; of equal scores the earliest step."""
    allowed = [place for place, candidate in enumerate(candidates) if not candidate.gates]
    if not allowed:
        reasons = "; ".join(f"{c.label}: {', '.join(c.gates)}" for c in candidates)
        return Choice(None, f"No checkpoint is recommended. {reasons}." if reasons else "")
    top = max(candidates[place].score for place in allowed)
    equal = [place for place in allowed if top - candidates[place].score < TIE]
    best = min(equal, key=lambda place: (candidates[place].step, -candidates[place].score))
    return Choice(best, _explanation(candidates, best, equal))


def _explanation(candidates: Sequence[Candidate], best: int, equal: Sequence[int]) -> str:
    chosen = candidates[best]
    parts = [
        f"{chosen.label} is the best: its mean z-score against the base is {chosen.score:+.2f}"
    ]
    if chosen.terms:
        terms = ", ".join(
            f"{LABELS.get(t.name, t.name).lower()} {t.value:.3f} (base {t.base:.3f}, z {t.z:+.2f})"
            for t in chosen.terms
        )
        parts[0] += f", of {terms}"
    parts[0] += "."
    if chosen.score < 0:
        parts.append("It scores below the base: none is an improvement on all terms.")
    others = [candidates[place].label for place in equal if place != best]
    if others:
        parts.append(
            f"{', '.join(others)} scored the same within {TIE}; the earlier step is taken."
        )
    if chosen.copies is not None:
        parts.append(
            f"{chosen.copies:.0%} of its images of the trigger alone copy a training image."
        )
    refused = [f"{c.label} ({', '.join(c.gates)})" for c in candidates if c.gates]
    if refused:
        parts.append(f"Refused: {'; '.join(refused)}.")
    return " ".join(parts)


def _clipped(z: float) -> float:
    return max(-CLIP, min(CLIP, z))
