"""Whether a model fits a machine, before anything runs: its record, its files, the free memory."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping

from core.models.family import Family
from core.models.model import Model
from core.models.plans import BYTES, GIB, Fit, Parts, Room, fit

GGUF = "gguf"


def fit_of(model: Model, room: Room, width: int, height: int, extra: int = 0) -> Fit:
    """The plans for one picture of `model`; `extra` are the bytes of its LoRAs."""
    return fit(parts_of(model, room.kind, extra), room, formats_of(model, room), width, height)


def parts_of(model: Model, kind: str, extra: int = 0) -> Parts:
    """The model's parts as they would lie on a device of this kind.

    FP8 files are widened when they are loaded, so they count in full; GGUF files are not.
    """
    numbers = {
        name: sum(file.parameters for file in files) for name, files in model.weights.items()
    }
    stored = {
        name: sum(file.size for file in files)
        for name, files in model.weights.items()
        if files and all(file.header.format == GGUF for file in files)
    }
    precision = model.family.precision
    width = BYTES[getattr(precision, kind, precision.cpu)]
    return Parts(numbers, model.family.core, width, stored, extra)


def formats_of(model: Model, room: Room) -> Mapping[str, str]:
    """How the family stores its parts on a device of this size: part → format."""
    formats = _class_of(model.family, room.total)
    if room.kind != "cuda":
        return {}
    if importlib.util.find_spec("bitsandbytes") is None:
        # FP8 needs no package; it is twice as large.
        formats = dict.fromkeys(formats, "fp8")
    return {name: form for name, form in formats.items() if name in model.weights}


def _class_of(family: Family, memory: int) -> Mapping[str, str]:
    for one in family.quantization:
        if memory <= one.gib * GIB:
            return one.formats
    return {}
