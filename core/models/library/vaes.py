"""VAEs of the library that can replace a model's own."""

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
    """The VAEs that fit a model's family, by id, without its own."""
    component = model.family.components.get(VAE)
    parts = library.parts()
    vaes: dict[str, WeightsSource] = {}
    for part in component.parts if component else ():
        for source in parts.get(part, ()):
            own = source.path.is_relative_to(model.path) or source == model.sources.get(VAE)
            if not own and source.weights:
                vaes.setdefault(name_of(source), source)
    return vaes


def name_of(source: WeightsSource) -> str:
    """A VAE's id: the name of its file or folder, or of the folder above one called `vae`."""
    path = source.path
    if path.is_dir():
        return path.parent.name if path.name.lower() == VAE else path.name
    return path.stem


def with_vae(library: Library, model: Model, reference: str) -> Model:
    """The model with another VAE: an id, or the start of a content hash. Raises `InvalidInput`."""
    vaes = vaes_for(library, model)
    vae = vaes.get(reference)
    if vae is None and len(reference) >= 8:
        hashed = [
            vae for vae in vaes.values() if vae_fingerprint(vae).startswith(reference.lower())
        ]
        vae = hashed[0] if len(hashed) == 1 else None
    if vae is None:
        raise InvalidInput(
            f"There is no VAE {reference[:100]!r} for {model.label}.",
            field="vae",
            fix=f"There are: {', '.join(vaes) or 'none; put one into models/vae'}.",
        )
    return replace(model, sources={**model.sources, VAE: vae})


def vae_fingerprint(source: WeightsSource) -> str:
    """The fingerprint of its files; see `item.fingerprint`."""
    return fingerprint(source.weights)
