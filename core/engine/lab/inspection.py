"""Facts of a LoRA's weights, and the compatibility of several with its reasons."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from core.engine.lab.factors import Changes
from core.engine.lab.merging import dot
from core.engine.lab.reading import LabLora
from core.models.lora_blocks import block_of
from core.models.recognition import lora_facts

# Points that a pair loses, of 100, at most. Rules of thumb: they order pairs and explain the order.
RANKS, STRENGTHS, LAYERS, OVERLAP, BASES = 20, 25, 20, 25, 10


def facts(lora: LabLora) -> dict[str, Any]:
    """Ranks, and the norm of the change of each block, as JSON."""
    blocks: dict[str, float] = {}
    for key, factors in lora.changes.items():
        block, place = block_of(key)
        name = block if block in ("mid", "other") else f"{block}.{place}"
        blocks[name] = math.hypot(blocks.get(name, 0.0), factors.norm)
    ranks = [factors.rank for factors in lora.changes.values()]
    dead = [".".join(key) for key, factors in lora.changes.items() if factors.norm == 0]
    return {
        "name": lora.name,
        "family": lora.family.id,
        "layers": len(lora.changes),
        "unread": lora.unread,
        "ranks": sorted(set(ranks)),
        "norm": _norm(lora.changes),
        "blocks": blocks,
        "without_effect": dead,
        "text_encoders": any(component != lora.family.core for component, _ in lora.changes),
        "trigger_words": list(lora_facts.words(lora.metadata)),
        "metadata": {name: str(value)[:4000] for name, value in lora.metadata.items()},
    }


def compatibility(first: LabLora, second: LabLora) -> dict[str, Any]:
    """A score of 0 to 100 for using two LoRAs together, with the reasons that lower it."""
    losses = [(points, why) for points, why in _losses(first, second) if points >= 0.5]
    return {
        "first": first.name,
        "second": second.name,
        "score": round(max(0.0, 100 - sum(points for points, _ in losses))),
        "losses": [{"points": round(points, 1), "reason": why} for points, why in losses],
    }


def _losses(first: LabLora, second: LabLora) -> Iterator[tuple[float, str]]:
    owners = first.family.architecture, second.family.architecture
    if owners[0] != owners[1]:
        yield 100, f"They are for different architectures: {owners[0]} and {owners[1]}."
        return
    shared = first.changes.keys() & second.changes.keys()
    everything = first.changes.keys() | second.changes.keys()
    wrong = [key for key in shared if _sides(first.changes, key) != _sides(second.changes, key)]
    if wrong:
        yield 100, f"They are for models of different widths, as {wrong[0][1]} shows."
        return
    yield from _gaps(first, second)
    missing = 1 - len(shared) / len(everything)
    yield LAYERS * missing, f"{len(shared)} of {len(everything)} layers are changed by both."
    norms = _norm(first.changes) * _norm(second.changes)
    cosine = dot(first.changes, second.changes) / norms if norms else 0.0
    word = "the same" if cosine > 0 else "opposite"
    yield (
        OVERLAP * abs(cosine),
        f"Their changes point in {word} directions: cosine {cosine:.2f}, so weights add up.",
    )
    bases = [lora_facts.base(lora.metadata) for lora in (first, second)]
    if all(bases) and bases[0] != bases[1]:
        yield BASES, f"They name different base models: {bases[0]} and {bases[1]}."


def _gaps(first: LabLora, second: LabLora) -> Iterator[tuple[float, str]]:
    ranks = [max(f.rank for f in lora.changes.values()) for lora in (first, second)]
    gap = abs(math.log2(ranks[0] / ranks[1]))
    yield min(5 * gap, RANKS), f"Their ranks are {ranks[0]} and {ranks[1]}."
    norms = [_norm(lora.changes) for lora in (first, second)]
    if min(norms) > 0:
        ratio = max(norms) / min(norms)
        text = f"One changes the weights {ratio:.1f} times as much as the other: lower its weight."
        yield min(10 * math.log2(ratio), STRENGTHS), text
    else:
        yield STRENGTHS, "One of them changes nothing."


def scores(loras: Sequence[LabLora]) -> list[dict[str, Any]]:
    """The compatibility of every pair."""
    return [
        compatibility(first, second)
        for place, first in enumerate(loras)
        for second in loras[place + 1 :]
    ]


def _norm(changes: Changes) -> float:
    return math.sqrt(max(dot(changes, changes), 0.0))


def _sides(changes: Changes, key: tuple[str, str]) -> tuple[int, int]:
    return changes[key].up.shape[0], changes[key].down.shape[1]
