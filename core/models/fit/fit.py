"""Memory needs of a model on a machine, from its record, its files and the free memory."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence

from core.models.families.family import BYTES, Family
from core.models.fit.plans import GIB, Fit, FreeMemory, Parts, fit
from core.models.library.model import Model
from core.models.weights.file import Weights

GGUF = "gguf"


def fit_of(model: Model, memory: FreeMemory, width: int, height: int, extra: int = 0) -> Fit:
    """The plans for one image of `model`; `extra` are the bytes of its LoRAs."""
    parts = parts_of(model, memory.kind, extra)
    return fit(parts, memory, formats_of(model, memory, parts), width, height)


def parts_of(model: Model, kind: str, extra: int = 0) -> Parts:
    """The model's parts as a device of this kind holds them.

    FP8 files are widened when they are loaded, so they count in full, and so do text encoders in
    GGUF; a network in GGUF stays quantized.
    """
    core = model.family.core
    numbers, stored = {}, {}
    for name, (files, prefix) in _files(model).items():
        numbers[name] = sum(_numbers(file, prefix) for file in files)
        if name == core and files and all(file.header.format == GGUF for file in files):
            stored[name] = sum(file.size for file in files)
    precision = model.family.precision
    width = BYTES[getattr(precision, kind, precision.cpu)]
    return Parts(numbers, core, width, stored, extra)


def formats_of(model: Model, memory: FreeMemory, parts: Parts) -> Mapping[str, str]:
    """The formats of the family's parts on a device of this size: part → format."""
    if memory.kind != "cuda":
        return {}
    formats = _formats_for(model.family, memory.total)
    if importlib.util.find_spec("bitsandbytes") is None or model.layout != "folder":
        # FP8 needs no package and can be made of any file; it is twice as large.
        formats = dict.fromkeys(formats, "fp8")
    unquantized = parts.numbers.keys() - parts.stored.keys()
    return {name: format for name, format in formats.items() if name in unquantized}


def _formats_for(family: Family, memory: int) -> Mapping[str, str]:
    for quantization in family.quantization:
        if memory <= quantization.gib * GIB:
            return quantization.formats
    return {}


def _files(model: Model) -> dict[str, tuple[Sequence[Weights], str]]:
    """The files of each part, and the prefix of its names in them."""
    own = model.finding.prefix if model.finding and model.layout != "folder" else ""
    parts: dict[str, tuple[Sequence[Weights], str]] = {
        name: (files, own) for name, files in model.weights.items()
    }
    for name, source in model.sources.items():
        if source.weights:
            parts[name] = (source.weights, source.prefix)
    return parts


def _numbers(file: Weights, prefix: str) -> int:
    if not prefix:
        return file.parameters
    return sum(t.count for name, t in file.tensors.items() if name.startswith(prefix))
