"""Memory needs of a model on a machine, from its record, its files and the free memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from core.models.families.family import BYTES, Family, Variant
from core.models.families.parts import PARTS
from core.models.fit.plans import Fit, FreeMemory, Parts, fit
from core.models.fit.wide import Kind, wide_parameters
from core.models.library.model import Model
from core.models.weights.file import Weights

GGUF = "gguf"


def fit_of(
    model: Model, memory: FreeMemory, width: int, height: int, extra: int = 0, beside: int = 0
) -> Fit:
    """The plans for one image of `model`; `extra` are the bytes of its LoRAs, `beside` the
    parameters of its ControlNets."""
    parts = parts_of(model, memory.kind, extra)
    parts = replace(parts, beside=int(beside * parts.width))
    return fit(parts, memory, quantizations_of(model.family, memory.kind, parts), width, height)


def parts_of(model: Model, kind: str, extra: int = 0) -> Parts:
    """The model's parts as a device of this kind holds them; those not here yet as published.

    FP8 files are widened when they are loaded, so they count in full, and so do text encoders in
    GGUF; a network in GGUF stays quantized.
    """
    core = model.family.core
    numbers: dict[str, int] = {}
    stored: dict[str, int] = {}
    wide: dict[str, Mapping[str, int]] = {}
    for name, (files, prefix) in _files(model).items():
        numbers[name] = sum(_numbers(file, prefix) for file in files)
        wide[name] = _wide(model.family, name, files, prefix)
        if name == core and files and all(file.header.format == GGUF for file in files):
            stored[name] = sum(file.size for file in files)
    for name, count in (model.variant.parameters if model.variant else {}).items():
        if name not in numbers and (name in model.missing or not model.weights):
            numbers[name] = count
            wide[name] = published_wide(model.family, model.variant, name)
    precision = model.family.precision
    width = BYTES[getattr(precision, kind, precision.cpu)]
    return Parts(numbers, core, width, stored, extra, wide)


def quantizations_of(family: Family, kind: str, parts: Parts) -> list[Mapping[str, str]]:
    """The ways to store parts smaller on a device of this kind, the largest first.

    A part whose file fixes its format stays as it is.
    """
    if kind != "cuda":
        return []
    free = parts.numbers.keys() - parts.stored.keys()
    quantizations = [
        {name: format for name, format in formats.items() if name in free}
        for formats in family.quantization
    ]
    return [
        formats
        for index, formats in enumerate(quantizations)
        if formats and formats not in quantizations[:index]
    ]


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


def _wide(family: Family, name: str, files: Sequence[Weights], prefix: str) -> dict[str, int]:
    """Format → parameters of the part `name` that keep their width in it."""
    kind: Kind = "network" if name == family.core else "text_encoder"
    pattern = family.wide if name == family.core else ""
    return {
        formats[name]: sum(
            wide_parameters(file.tensors, prefix, formats[name], kind, pattern) for file in files
        )
        for formats in family.quantization
        if name in formats
    }


def published_wide(family: Family, variant: Variant | None, name: str) -> Mapping[str, int]:
    """Format → parameters that keep their width in it, of a part of a published model."""
    component = family.components[name]
    if variant is None or name == family.core:
        return variant.wide if variant else {}
    parts = (variant.parts[name],) if name in variant.parts else component.parts
    return PARTS[parts[0]].wide if parts else {}


def _numbers(file: Weights, prefix: str) -> int:
    if not prefix:
        return file.parameters
    return sum(t.count for name, t in file.tensors.items() if name.startswith(prefix))
