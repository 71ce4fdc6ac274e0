"""From what was found to models: folders as they are, single files completed from the library.

A part is taken from the checkpoint itself, else from what else lies in the model directories: first
what is certainly the part, then what has only its shape.
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
from core.models.recognition.recognition import recognise_tensors


@dataclass(frozen=True, slots=True)
class PartOffer:
    """Something that can complete a model; `certain` where more than its shape says what it is."""

    certain: bool
    source: WeightsSource


# Part id → what fills it, best first.
LibrarySnapshot = Mapping[str, Sequence[WeightsSource]]


def of_folder(model_id: str, folder: Path, found: Inspection, record: Record) -> Model:
    """The model in an accepted diffusers folder."""
    core = found.weights.get(found.family.core, ())
    seen = None
    if core:
        seen = recognise_tensors(merged(core), core[0].header.format, folder.name)
    variant = _variant(found.family, seen, found.distilled)
    distilled = variant.distilled if variant else found.distilled is True
    return Model(
        model_id, folder, found.family, record, distilled, found.weights, variant, finding=seen
    )


def _variant(family: Family, seen: Finding | None, distilled: bool | None) -> Variant | None:
    """The variant of a folder's network; its index may say whether it is distilled."""
    for name in seen.variants if seen else ():
        variant = family.variant(name)
        if variant is not None and distilled in (None, variant.distilled):
            return variant
    return None


def of_file(model_id: str, item: Item, shelf: LibrarySnapshot, record: Record) -> Model:
    """The model in a single file, with what completes it."""
    found = item.finding
    family = FAMILIES[str(found.family)]
    variant = family.variant(found.variant)
    sources: dict[str, WeightsSource] = {}
    missing: dict[str, tuple[str, ...]] = {}
    for name, component in family.components.items():
        if name == family.core or not component.loaded or not component.parts:
            continue
        wanted = _wanted(name, component, variant)
        source = _own(name, item, wanted) or _from(shelf, wanted)
        if source is not None:
            sources[name] = source
        elif not component.optional:
            missing[name] = wanted
    return Model(
        model_id,
        item.path,
        family,
        record,
        variant.distilled if variant else False,
        {family.core: item.weights},
        variant,
        "checkpoint" if found.role == "checkpoint" else "transformer",
        found,
        sources,
        missing,
    )


def _wanted(name: str, component: Component, variant: Variant | None) -> tuple[str, ...]:
    narrowed = variant.parts.get(name) if variant else None
    return (narrowed,) if narrowed else component.parts


def _own(name: str, item: Item, wanted: Sequence[str]) -> WeightsSource | None:
    """The part of a checkpoint that it brings itself."""
    prefix = item.finding.contains.get(name)
    if prefix is None:
        return None
    found = item.finding
    return WeightsSource(item.path, wanted[0], found.layout, prefix, found.precision, item.weights)


def _from(shelf: LibrarySnapshot, wanted: Sequence[str]) -> WeightsSource | None:
    for part in wanted:
        for source in shelf.get(part, ()):
            return source
    return None


def sources_of(item: Item) -> list[PartOffer]:
    """What an item can lend. Of a part that nothing configures but its own folder, a single file
    is no use."""
    found = item.finding
    alone = item.path.is_file()
    offered = [
        PartOffer(
            part == found.part,
            WeightsSource(
                item.path, part, found.layout, found.prefix, found.precision, item.weights
            ),
        )
        for part in found.parts
        if PARTS[part].build or not alone
    ]
    if item.tokenizer is not None:
        offered.append(PartOffer(True, WeightsSource(item.path, item.tokenizer)))
    return offered
