"""Build models from scanned folders and files; single files are completed from the library.

A part comes from the checkpoint itself, else from another file of the model directories. Exact
matches are preferred over files that only have matching shapes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.models.families import FAMILIES
from core.models.families.family import Component, Family, Variant
from core.models.families.parts import PARTS
from core.models.library.folder import Inspection
from core.models.library.item import Item, merged
from core.models.library.model import Model, WeightsSource
from core.models.library.record import Record
from core.models.recognition.finding import Finding


@dataclass(frozen=True, slots=True)
class PartOffer:
    """A source that can complete a model; `certain` where more than its shape identifies it."""

    certain: bool
    source: WeightsSource


# Part id → its sources, best first.
PartSources = Mapping[str, Sequence[WeightsSource]]


def of_folder(model_id: str, folder: Path, inspection: Inspection, record: Record) -> Model:
    """The model in an accepted diffusers folder."""
    family, weights = inspection.family, inspection.weights
    core = weights.get(family.core, ())
    finding = None
    if core:
        # Imported by the first scan: the server starts without it.
        from core.models.recognition.recognition import recognise_tensors

        words = f"{folder.name} {family.id}"  # its index names the family
        finding = recognise_tensors(merged(core), core[0].header.format, words)
    variant = _variant(family, finding, inspection.distilled)
    distilled = variant.distilled if variant else inspection.distilled is True
    return Model(model_id, folder, family, record, distilled, weights, variant, finding=finding)


def _variant(family: Family, finding: Finding | None, distilled: bool | None) -> Variant | None:
    """The variant of a folder's network; `distilled` is None where its index does not say."""
    for name in finding.variants if finding else ():
        variant = family.variant(name)
        if variant is not None and distilled in (None, variant.distilled):
            return variant
    return None


def of_file(model_id: str, item: Item, available: PartSources, record: Record) -> Model:
    """The model in a single file, with the parts that complete it."""
    finding = item.finding
    family = FAMILIES[str(finding.family)]
    variant = family.variant(finding.variant)
    sources: dict[str, WeightsSource] = {}
    missing: dict[str, tuple[str, ...]] = {}
    for name, component in family.components.items():
        if name == family.core or not component.loaded or not component.parts:
            continue
        parts = _suitable_parts(name, component, variant)
        source = _own_part(name, item, parts) or _first_source(available, parts)
        if source is not None:
            sources[name] = source
        elif not component.optional:
            missing[name] = parts
    return Model(
        model_id,
        item.path,
        family,
        record,
        variant.distilled if variant else False,
        {family.core: item.weights},
        variant,
        "checkpoint" if finding.role == "checkpoint" else "transformer",
        finding,
        sources,
        missing,
    )


def _suitable_parts(name: str, component: Component, variant: Variant | None) -> tuple[str, ...]:
    narrowed = variant.parts.get(name) if variant else None
    return (narrowed,) if narrowed else component.parts


def _own_part(name: str, item: Item, parts: Sequence[str]) -> WeightsSource | None:
    """The part `name` inside the checkpoint itself."""
    finding = item.finding
    prefix = finding.contains.get(name)
    if prefix is None:
        return None
    return WeightsSource(
        item.path, parts[0], finding.layout, prefix, finding.precision, item.weights
    )


def _first_source(available: PartSources, parts: Sequence[str]) -> WeightsSource | None:
    return next((source for part in parts for source in available.get(part, ())), None)


def offers_of(item: Item) -> list[PartOffer]:
    """The parts that an item can be used as.

    A part without a whole built-in configuration needs its folder: a single file is left out.
    """
    finding = item.finding
    single = item.path.is_file()
    offers = [
        PartOffer(
            part == finding.part,
            WeightsSource(
                item.path, part, finding.layout, finding.prefix, finding.precision, item.weights
            ),
        )
        for part in finding.parts
        if (PARTS[part].build and not PARTS[part].held) or not single
    ]
    if item.tokenizer is not None:
        offers.append(PartOffer(True, WeightsSource(item.path, item.tokenizer)))
    return offers
