"""Recognise a ControlNet by its header."""

from __future__ import annotations

from collections.abc import Mapping

from core.models.controls.kinds import CONTROLS
from core.models.recognition.finding import Finding
from core.models.recognition.measuring import matches, measure
from core.models.weights.header import Tensor

PREFIXES = ("", "control_model.")


def recognise(tensors: Mapping[str, Tensor]) -> Finding | None:
    """The finding of a ControlNet, or None for another file."""
    for kind in CONTROLS.values():
        for signature in kind.signatures:
            for prefix in PREFIXES:
                if matches(signature, tensors, prefix):
                    return Finding(
                        "control",
                        control=kind.id,
                        layout=signature.layout,
                        prefix=prefix,
                        measures=measure(signature, tensors, prefix),
                        matched=len(tensors),
                        total=len(tensors),
                    )
    return None
