"""Recognise a reference adapter (IP-Adapter) by its header."""

from __future__ import annotations

from collections.abc import Mapping

from core.models.recognition.finding import Finding
from core.models.recognition.measuring import matches, measure
from core.models.references.kinds import REFERENCES
from core.models.weights.header import Tensor


def recognise(tensors: Mapping[str, Tensor]) -> Finding | None:
    """The finding of a reference adapter, or None for another file."""
    for kind in REFERENCES.values():
        for signature in kind.signatures:
            if matches(signature, tensors, ""):
                return Finding(
                    "reference",
                    reference=kind.id,
                    layout=signature.layout,
                    measures=measure(signature, tensors),
                    matched=len(tensors),
                    total=len(tensors),
                )
    return None
