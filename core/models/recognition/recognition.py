"""Recognise a file by its header: family, variant, role, layout, precision.

All rules are data of the records (`Signature`, `Variant`, `Part`). Names of tensors give the
family, shapes give the variant; a word in the file's name decides only between equal shapes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from core.models.families import FAMILIES
from core.models.families.family import Family, Variant
from core.models.families.part import Part
from core.models.families.parts import PARTS
from core.models.families.signature import Axis, Blocks, Measure, Signature, plain
from core.models.recognition import foreign, lora
from core.models.recognition.finding import Finding
from core.models.weights.header import Header, Tensor
from core.models.weights.precision import is_packed, module_of, precision_of

Tensors = Mapping[str, Tensor]

PREFIXES = ("", "model.diffusion_model.", "diffusion_model.", "transformer.", "unet.", "model.")
PART_PREFIXES = (
    "",
    "text_model.",
    "transformer.text_model.",
    "transformer.",
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


def recognise(header: Header, path: Path, words: str | None = None) -> Finding:
    """The contents of the file with this header; `words` replace its name."""
    if lora.is_lora(header.tensors):
        return lora.recognise(header, path)
    return recognise_tensors(header.tensors, header.format, words or path.stem)


def recognise_tensors(tensors: Tensors, format: str, words: str) -> Finding:
    """As `recognise`, for tensors that may come from several files of one folder."""
    finding = _network(tensors, words) or _part(tensors, words) or foreign.recognise(tensors)
    if finding is None:
        problem = "Its tensors belong to no model of a supported family."
        finding = Finding("unknown", total=len(tensors), problem=problem)
    own = {name: t for name, t in tensors.items() if name.startswith(finding.prefix)}
    return replace(finding, precision=precision_of(own or tensors, format))


def measure(signature: Signature, tensors: Tensors, prefix: str = "") -> dict[str, int]:
    """The numbers that distinguish variants, without those of packed tensors."""
    values = {name: _measure(rule, tensors, prefix) for name, rule in signature.measures.items()}
    return {name: value for name, value in values.items() if value is not None}


def _measure(measure: Measure, tensors: Tensors, prefix: str) -> int | None:
    if isinstance(measure, Blocks):
        return _count_blocks(tensors, prefix + measure.prefix, measure.inner)
    tensor = tensors.get(prefix + measure.tensor)
    if not isinstance(measure, Axis):
        return int(tensor is not None or measure.tensor in tensors)  # a marker may have no prefix
    if tensor is None or is_packed(tensor) or measure.axis >= len(tensor.shape):
        return None
    return tensor.shape[measure.axis]


def _count_blocks(names: Iterable[str], prefix: str, inner: str) -> int:
    numbers = re.compile(re.escape(prefix) + r"(\d{1,4})\." + re.escape(inner))
    return max((int(hit[1]) for hit in map(numbers.match, names) if hit), default=-1) + 1


def matches(signature: Signature, tensors: Tensors, prefix: str) -> bool:
    """True where the tensors behind `prefix` have this layout."""
    if not all(prefix + name in tensors for name in signature.needs):
        return False
    if any(prefix + name in tensors for name in signature.lacks):
        return False
    return all(
        _has_shape(tensors[prefix + name], shape)
        for name, shape in signature.shapes.items()
        if prefix + name in tensors
    )


def _has_shape(tensor: Tensor, shape: Sequence[int | None]) -> bool:
    if is_packed(tensor):
        return True
    return len(tensor.shape) >= len(shape) and all(
        wanted is None or side == wanted for side, wanted in zip(tensor.shape, shape, strict=False)
    )


def _network(tensors: Tensors, words: str) -> Finding | None:
    """A checkpoint, or a network alone."""
    for family in FAMILIES.values():
        for signature in family.signatures:
            for prefix in PREFIXES:
                if matches(signature, tensors, prefix):
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
        problem=None if variant or not _is_odd(owner, measures) else _odd(owner, measures),
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


def _is_odd(family: Family, measures: Mapping[str, int]) -> bool:
    """True for a network of a published width with other input channels: an inpainting or control
    model, which would load and generate noise. Tiny models for tests have other widths."""
    return any(
        measures.get("width") == variant.traits.get("width")
        and measures.get("channels", 0) != variant.traits.get("channels", 0)
        for variant in family.variants
        if "channels" in variant.traits
    )


def _odd(family: Family, measures: Mapping[str, int]) -> str:
    channels = measures.get("channels")
    if channels == family.lora.control_channels:
        return (
            f"It is a control model of {family.label}, such as canny or depth (its network takes "
            f"{channels} channels); the studio cannot use it."
        )
    return (
        f"Its network takes {channels} channels, so it is no ordinary {family.label} model "
        "(an inpainting or control model); the studio cannot use it."
    )


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
