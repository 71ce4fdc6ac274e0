"""A finding as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from core.models.controls.kinds import CONTROLS
from core.models.families import FAMILIES, of_variant
from core.models.families.parts import PARTS
from core.models.recognition.finding import Finding

_ROLES = {
    "checkpoint": "a whole model",
    "transformer": "a network alone",
    "text_encoder": "a text encoder",
    "vae": "a VAE",
    "lora": "a LoRA",
    "control": "a ControlNet",
    "reference": "a reference adapter (IP-Adapter)",
    "unknown": "not known",
}


def lines(finding: Finding) -> Iterator[str]:
    """The finding, one fact per line."""
    yield f"what       {_ROLES[finding.role]}"
    label = label_of(finding)
    if label:
        yield f"model      {label}"
    if finding.layout:
        yield f"layout     {finding.layout}"
    if finding.precision:
        yield f"precision  {finding.precision}"
    if finding.contains:
        yield f"brings     {', '.join(sorted(finding.contains))}"
    yield from _lora(finding)
    if finding.role != "unknown":
        yield f"keys       {finding.matched} of {finding.total} matched"
    for name in finding.unknown:
        yield f"           not known: {name[:200]}"
    if finding.problem:
        yield f"problem    {finding.problem}"


def label_of(finding: Finding) -> str:
    """The model's label, or all labels that fit; empty for an unknown one."""
    if finding.control is not None:
        return CONTROLS[finding.control].label
    if finding.role == "lora" or (finding.variant is None and finding.variants):
        return ", ".join(label for name in finding.variants if (label := _variant(name)))
    if finding.variant is not None:
        others = [label for name in finding.variants[1:] if (label := _variant(name))]
        also = f" (of one shape with {', '.join(others)})" if others else ""
        return f"{_variant(finding.variant)}{also}"
    if finding.family is not None:
        return f"{FAMILIES[finding.family].label}, of a size of its own"
    return " or ".join(PARTS[name].label for name in finding.parts)


def _variant(variant_id: str) -> str:
    known = of_variant(variant_id)
    return known[1].label if known else ""


def _lora(finding: Finding) -> Iterator[str]:
    lora = finding.lora
    if lora is None:
        return
    yield f"kind       {lora.algorithm}"
    if lora.rank is not None:
        yield f"rank       {lora.rank}"
    alpha = f"{lora.alpha:g}" if lora.alpha is not None else "not in the file, so it is the rank"
    yield f"alpha      {alpha}"
    if lora.base:
        yield f"made for   {lora.base!r} (it says)"
    if lora.words:
        yield f"words      {', '.join(lora.words)}"
