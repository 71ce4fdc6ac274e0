"""Recognise a file by its header: family, variant, role, layout, precision.

All rules are data of the records (`Signature`, `Variant`, `Part`). Names of tensors give the
family, shapes give the variant; a word in the file's name decides only between equal shapes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from core.models.families import FAMILIES
from core.models.families.family import Family, Variant
from core.models.families.part import Part
from core.models.families.parts import PARTS
from core.models.families.signature import Signature, plain
from core.models.recognition import control, foreign, lora, reference
from core.models.recognition.finding import Finding
from core.models.recognition.measuring import matches, measure
from core.models.weights.header import Header, Tensor
from core.models.weights.precision import module_of, precision_of

Tensors = Mapping[str, Tensor]

PREFIXES = (
    "",
    "model.diffusion_model.",
    "diffusion_model.",
    "transformer.",
    "unet.",
    "model.",
    "net.",
)
PART_PREFIXES = (
    "",
    "text_model.",
    "transformer.text_model.",
    "transformer.",
    "model.",
    "language_model.",
    "model.language_model.",
    "first_stage_model.",
    "vae.",
)
# Tensors that training leaves in a file beside the network: neither known nor unknown.
LEFT_OVER = (
    "model_ema.",
    "denoiser.",
    "alphas_cumprod",
    "betas",
    "log_one_minus_alphas",
    "posterior_",
    "sqrt_",
    "scaled_fp8",
    "edm_",
    "v_pred",
    "ztsnr",
    "logit_scale",
    "vision_tower.",
    "vision_model.",
    "multi_modal_projector.",
    "visual_projection",
)
SHOWN_UNKNOWN = 5
# Measures that change no layer behind the first: a file with another value loads all the same.
ODD = {
    "channels": "takes {} channels (as an inpainting or control model does)",
    "edm": "was trained with the noise levels of EDM",
    "edm_velocity": "predicts velocities at the noise levels of EDM (as CosXL does)",
}


def recognise(header: Header, path: Path, words: str | None = None) -> Finding:
    """The contents of the file with this header; `words` replace its name."""
    if lora.is_lora(header.tensors):
        return lora.recognise(header, path)
    return recognise_tensors(header.tensors, header.format, words or path.stem)


def recognise_tensors(tensors: Tensors, format: str, words: str) -> Finding:
    """As `recognise`, for tensors that may come from several files of one folder."""
    finding = (
        control.recognise(tensors)
        or reference.recognise(tensors)
        or _network(tensors, words)
        or _part(tensors, words)
        or foreign.recognise(tensors)
    )
    if finding is None:
        problem = "Its tensors belong to no model of a supported family."
        finding = Finding("unknown", total=len(tensors), problem=problem)
    own = {name: t for name, t in tensors.items() if name.startswith(finding.prefix)}
    return replace(finding, precision=precision_of(own or tensors, format))


def _network(tensors: Tensors, words: str) -> Finding | None:
    """A checkpoint, or a network alone."""
    for family in FAMILIES.values():
        for signature in family.signatures:
            for prefix in PREFIXES:
                if signature.word in words.lower() and matches(signature, tensors, prefix):
                    return _found_network(family, signature, prefix, tensors, words)
    return None


def _found_network(
    family: Family, signature: Signature, prefix: str, tensors: Tensors, words: str
) -> Finding:
    measures = measure(signature, tensors, prefix)
    twins = [twin for twin in FAMILIES.values() if twin.architecture == family.architecture]
    allowed = [(twin, variant) for twin in twins for variant in fitting(twin, measures)]
    chosen = by_hint(allowed, words)
    owner, variant = chosen[0] if chosen else (_nearest(twins, measures), None)
    if variant is not None:
        measures = {
            **variant.traits,
            **measures,
        }  # measures of packed tensors follow from the variant
    contains = _contained(owner, prefix, tensors)
    known, total, unknown = _count_known(signature, prefix, tensors, contains.values())
    return Finding(
        "checkpoint" if contains else "transformer",
        family=owner.id,
        variant=variant.id if variant else None,
        variants=tuple(variant.id for _, variant in chosen),
        layout=signature.layout,
        prefix=prefix,
        contains=contains,
        measures=measures,
        matched=known,
        total=total,
        unknown=unknown,
        problem=None if variant else _odd(owner, measures),
    )


def fitting(family: Family, measures: Mapping[str, int]) -> list[Variant]:
    """The variants whose traits the measures allow; a missing measure allows all."""
    return [
        variant
        for variant in family.variants
        if all(measures.get(name, value) == value for name, value in variant.traits.items())
    ]


def by_hint(allowed: Sequence[tuple[Family, Variant]], words: str) -> list[tuple[Family, Variant]]:
    """Variants of equal shape, the one that the words name first, else the one without a hint."""
    lower = words.lower()

    def rank(item: tuple[Family, Variant]) -> int:
        hints = item[1].hints
        if any(hint in lower for hint in hints):
            return 0
        return 2 if hints else 1

    return sorted(allowed, key=rank)


def _nearest(twins: Sequence[Family], measures: Mapping[str, int]) -> Family:
    """Of families with one network, the one with most measures in common."""

    def alike(family: Family) -> int:
        return max(
            sum(measures.get(name) == value for name, value in variant.traits.items())
            for variant in family.variants
        )

    return max(twins, key=alike)


def _odd(family: Family, measures: Mapping[str, int]) -> str | None:
    """The problem of a network of a published width that would load and generate noise. Tiny models
    for tests have other widths."""
    for variant in family.variants:
        if measures.get("width") != variant.traits.get("width"):
            continue
        for name, fault in ODD.items():
            value = measures.get(name, 0)
            if value != variant.traits.get(name, value):
                kind = f"so it is no ordinary {family.label} model"
                return f"Its network {fault.format(value)}, {kind}; the studio cannot use it."
    return None


def _contained(family: Family, prefix: str, tensors: Tensors) -> dict[str, str]:
    """Component → prefix of the parts that a checkpoint has beside its network."""
    prefixes = {}
    for checkpoint in family.checkpoints:
        if checkpoint.prefix == prefix:
            for component, choices in checkpoint.parts.items():
                for choice in choices:
                    if any(name.startswith(choice) for name in tensors):
                        prefixes[component] = choice
    return prefixes


def _count_known(
    signature: Signature, prefix: str, tensors: Tensors, others: Iterable[str]
) -> tuple[int, int, tuple[str, ...]]:
    """The number of known tensors, of all, and the first unknown ones."""
    other_prefixes = tuple(others)
    known, unknown = 0, []
    for name in tensors:
        bare = name.removeprefix(prefix)
        if other_prefixes and name.startswith(other_prefixes):
            known += 1
        elif bare.startswith(LEFT_OVER) or name.startswith(LEFT_OVER):
            continue
        elif plain(module_of(bare)) in signature.known:
            known += 1
        else:
            unknown.append(name)
    return known, known + len(unknown), tuple(unknown[:SHOWN_UNKNOWN])


def _part(tensors: Tensors, words: str) -> Finding | None:
    """A text encoder or a VAE."""
    incomplete: Finding | None = None
    for part in PARTS.values():
        for signature in part.signatures:
            for prefix in PART_PREFIXES:
                if matches(signature, tensors, prefix):
                    finding = _found_part(signature, prefix, tensors, words)
                    if finding.part or finding.parts:
                        return finding
                    incomplete = incomplete or finding
    return incomplete


def _found_part(signature: Signature, prefix: str, tensors: Tensors, words: str) -> Finding:
    measures = measure(signature, tensors, prefix)
    allowed = [
        part
        for part in PARTS.values()
        if signature in part.signatures
        and all(measures.get(name, value) == value for name, value in part.traits.items())
    ]
    known, total, unknown = _count_known(signature, prefix, tensors, ())
    encodes = any(p.role == "text_encoder" for p in PARTS.values() if signature in p.signatures)
    chosen = _named(allowed, words)
    return Finding(
        "text_encoder" if encodes else "vae",
        part=chosen.id if chosen else None,
        parts=tuple(part.id for part in allowed),
        layout=signature.layout,
        prefix=prefix,
        measures=measures,
        matched=known,
        total=total,
        unknown=unknown,
        problem=None if allowed else "No supported family has a part of this shape.",
    )


def _named(allowed: Sequence[Part], words: str) -> Part | None:
    """The only part, or the one that the words name; None where neither decides."""
    if len(allowed) == 1:
        return allowed[0]
    lower = words.lower()
    for part in allowed:
        if lower.strip() in part.files or any(hint in lower for hint in part.hints):
            return part
    return None
