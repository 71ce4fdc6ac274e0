"""Recognise a LoRA by its header: architecture, width, layout, algorithm.

Names of modules give the possible architectures, shapes give the width; a word of the metadata
decides only where several remain. Uses the tables of `lora_keys` and the family records.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from core.models.controls.kinds import CONTROLS
from core.models.families import FAMILIES, of_variant
from core.models.families.family import Family
from core.models.recognition import lora_facts
from core.models.recognition.finding import Finding, LoraCandidate, LoraFinding
from core.models.recognition.lora_keys import (
    DORA,
    LORA,
    Algorithm,
    Module,
    is_lora_key,
    layout_of,
    modules_of,
)
from core.models.recognition.lora_targets import encoder_target, targets_of
from core.models.weights.header import Header, Tensor
from core.models.weights.precision import precision_of

MODULE_LIMIT = 5000
_NORM = re.compile(r"(?:query_norm|key_norm)\.scale$|\.norm_(?:added_)?[qk]\.weight$")
_INPUT = re.compile(r"(?:x_embedder|img_in)\.(?:lora_A|lora_down|lora\.down)\.weight$")


def is_lora(tensors: Mapping[str, Tensor]) -> bool:
    """True where the tensors are those of a LoRA or a related algorithm."""
    return any(is_lora_key(name) for name in tensors)


def recognise(header: Header, path: Path) -> Finding:
    """The finding of the LoRA with this header; `path` gives its name and alpha values."""
    modules, unassigned = modules_of(header.tensors)
    if len(modules) > MODULE_LIMIT:
        problem = f"It names {len(modules)} modules, more than any model has."
        return Finding("lora", total=len(modules), problem=problem)
    algorithm = _algorithm(modules)
    candidates = candidates_of(modules, lora_facts.name_words(header.metadata, path.stem))
    best = candidates[0] if candidates else None
    variants = tuple(dict.fromkeys(name for candidate in candidates for name in candidate.variants))
    owners = {candidate.architecture for candidate in candidates}
    lora = LoraFinding(
        layout_of([module.name + "." for module in modules]),
        algorithm.name,
        max((module.rank or 0 for module in modules), default=0) or None,
        lora_facts.alpha(header, modules, path),
        candidates,
        text_encoders=any(_component(module, best) for module in modules),
        base=lora_facts.base(header.metadata),
        words=lora_facts.words(header.metadata),
    )
    control, partial = _control(header.tensors, candidates)
    return Finding(
        "control" if control else "lora",
        family=_family(variants) if len(owners) == 1 else None,
        variant=variants[0] if len(variants) == 1 else None,
        variants=variants,
        layout=lora.layout,
        precision=precision_of(header.tensors, header.format),
        measures={**best.implied} if best else {},
        matched=best.matched if best else 0,
        total=len(modules) + unassigned,
        lora=lora,
        control=control,
        problem=partial
        or _problem(modules, algorithm, candidates)
        or (None if header.format == "safetensors" else "LoRAs are read from safetensors only."),
    )


def refusal(finding: Finding, family: Family, measures: Mapping[str, int]) -> str | None:
    """The reason why a model cannot use the LoRA, naming those that can; None where it can."""
    lora = finding.lora
    if finding.problem is not None:
        return finding.problem
    if finding.role == "control":
        return "It is a control LoRA: choose it for a control."
    if lora is None:
        return "This file is not a LoRA."
    if any(candidate.fits(family.architecture, measures) for candidate in lora.candidates):
        return None
    labels = [label for label in map(_label, finding.variants) if label]
    fits = ", ".join(labels) if labels else "another model"
    return f"This LoRA is for {fits}."


def candidates_of(modules: Sequence[Module[Tensor]], words: str) -> tuple[LoraCandidate, ...]:
    """The architectures with most of its modules and no contradicting shape."""
    candidates = [
        candidate
        for family in {family.architecture: family for family in FAMILIES.values()}.values()
        if (candidate := _candidate(family, modules)) is not None
    ]
    most = max((candidate.matched for candidate in candidates), default=0)
    best = [candidate for candidate in candidates if candidate.matched == most]
    best = [candidate for candidate in best if candidate.variants] or best
    named = [candidate for candidate in best if _is_named(candidate.architecture, words)]
    own = [candidate for candidate in best if not _needs_name(candidate.architecture)]
    return tuple(named or own or best)


def _needs_name(architecture: str) -> bool:
    families = (f for f in FAMILIES.values() if f.architecture == architecture)
    return any(family.lora.only_by_words for family in families)


def _is_named(architecture: str, words: str) -> bool:
    return any(
        word in words
        for family in FAMILIES.values()
        if family.architecture == architecture
        for word in family.lora.words
    )


def _candidate(family: Family, modules: Iterable[Module[Tensor]]) -> LoraCandidate | None:
    """The candidate for this architecture; None where a module contradicts it."""
    matched = 0
    implied: dict[str, set[int]] = {}
    at_least: Counter[str] = Counter()
    for module in modules:
        flat = module.flat
        if any(re.search(pattern, flat) for pattern in family.lora.never):
            return None
        if not _blocks_fit(family, flat, at_least):
            return None
        if encoder_target(family, module) is not None:
            matched += module.usable
        elif targets_of(family.architecture, flat):
            matched += module.usable
            if not _sides_fit(family, flat, module, implied):
                return None
    if not matched or any(len(values) > 1 for values in implied.values()):
        return None
    settled = {name: next(iter(values)) for name, values in implied.items()}
    variants = _variants(family.architecture, settled, at_least)
    return LoraCandidate(family.architecture, matched, settled, dict(at_least), variants)


def _blocks_fit(family: Family, flat: str, at_least: Counter[str]) -> bool:
    """True where the block numbers are possible; raises the counts in `at_least`."""
    for trait, pattern in family.lora.blocks.items():
        if hit := re.search(pattern, flat):
            at_least[trait] = max(at_least[trait], int(hit[1]) + 1)
    return not any(
        (hit := re.search(pattern, flat)) and int(hit[1]) > most
        for pattern, most in family.lora.at_most.items()
    )


def _sides_fit(
    family: Family, flat: str, module: Module[Tensor], implied: dict[str, set[int]]
) -> bool:
    """True where the sides are multiples of a measure, which is added to `implied`."""
    taken, given = module.sides
    for width in family.lora.widths:
        if re.search(width.ending, flat):
            for side, times in ((taken, width.into), (given, width.out)):
                if side is not None and times is not None:
                    if side % times:
                        return False
                    implied.setdefault(width.trait, set()).add(side // times)
    return True


def _variants(
    architecture: str, implied: Mapping[str, int], at_least: Mapping[str, int]
) -> tuple[str, ...]:
    candidate = LoraCandidate(architecture, 0, implied, at_least, ())
    return tuple(
        variant.id
        for family in FAMILIES.values()
        for variant in family.variants
        if candidate.fits(family.architecture, variant.traits)
    )


def _component(module: Module[Tensor], candidate: LoraCandidate | None) -> str | None:
    if candidate is None:
        return None
    families = (f for f in FAMILIES.values() if f.architecture == candidate.architecture)
    target = encoder_target(next(families), module)
    return target[0] if target else None


def _algorithm(modules: Sequence[Module[Tensor]]) -> Algorithm:
    """The algorithm of most modules; one with a magnitude makes it a DoRA."""
    counts = Counter(module.algorithm for module in modules if module.algorithm is not None)
    if DORA in counts:
        return DORA
    return counts.most_common(1)[0][0] if counts else LORA


def _family(variants: Sequence[str]) -> str | None:
    known = of_variant(variants[0]) if variants else None
    return known[0].id if known else None


def _label(variant_id: str) -> str | None:
    known = of_variant(variant_id)
    return known[1].label if known else None


def _control(
    tensors: Mapping[str, Tensor], candidates: Sequence[LoraCandidate]
) -> tuple[str | None, str | None]:
    """The kind of a control LoRA, which has inputs for a control image, and the reason why a file
    with norms alone is refused; both None for another LoRA."""
    architectures = {candidate.architecture for candidate in candidates}
    for kind in CONTROLS.values():
        if not kind.widens or kind.architecture not in architectures:
            continue
        family = next(f for f in FAMILIES.values() if f.architecture == kind.architecture)
        wide = (family.lora.control_channels,)
        if any(_INPUT.search(name) and t.shape[1:] == wide for name, t in tensors.items()):
            return kind.id, None
        if any(_NORM.search(name) for name in tensors):
            return None, f"It replaces norms of {family.label}, as a part of a control LoRA does."
    return None, None


def _problem(
    modules: Sequence[Module[Tensor]], algorithm: Algorithm, candidates: Sequence[LoraCandidate]
) -> str | None:
    usable = [module for module in modules if module.usable]
    if usable:
        return None if candidates else "Its keys belong to no model of a supported family."
    if not algorithm.loads:
        return f"Its algorithm is {algorithm.name}, which the studio cannot use."
    return f"Its matrices are not those of a {algorithm.name} that the studio can use."
