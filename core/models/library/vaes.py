"""Another VAE beside a model: which of the library's may stand in for its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from core.errors import InvalidInput
from core.models.library.item import fingerprint
from core.models.library.model import Model, WeightsSource

if TYPE_CHECKING:
    from core.models.library.library import Library

VAE = "vae"


def vaes_for(library: Library, model: Model) -> Mapping[str, WeightsSource]:
    """The VAEs that go with a model's family, by id; its own is not among them."""
    component = model.family.components.get(VAE)
    parts = library.parts()
    found: dict[str, WeightsSource] = {}
    for part in component.parts if component else ():
        for source in parts.get(part, ()):
            own = source.path.is_relative_to(model.path) or source == model.sources.get(VAE)
            if not own and source.weights:
                found.setdefault(name_of(source), source)
    return found


def name_of(source: WeightsSource) -> str:
    """A VAE's id: its file's name, or its folder's; `vae` says nothing, so what is above it."""
    path = source.path
    if path.is_dir():
        return path.parent.name if path.name.lower() == VAE else path.name
    return path.stem


def with_vae(library: Library, model: Model, reference: str) -> Model:
    """The model with another VAE: an id, or the start of a content hash. Raises `InvalidInput`."""
    found = vaes_for(library, model)
    chosen = found.get(reference)
    if chosen is None and len(reference) >= 8:
        alike = [one for one in found.values() if print_of(one).startswith(reference.lower())]
        chosen = alike[0] if len(alike) == 1 else None
    if chosen is None:
        raise InvalidInput(
            f"There is no VAE {reference[:100]!r} for {model.label}.",
            field="vae",
            fix=f"There are: {', '.join(found) or 'none; put one into models/vae'}.",
        )
    return replace(model, sources={**model.sources, VAE: chosen})


def print_of(source: WeightsSource) -> str:
    """What its content is; see `item.fingerprint`."""
    return fingerprint(source.weights)
