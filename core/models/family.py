"""The record type of a model family: what an architecture can do, as data.

Knows nothing of files on disk and imports no torch. The engine reads `pipeline` and `adapter`,
the API serves the rest, the canvas draws from it; nothing anywhere asks which family a model is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Mode:
    """One thing a family does (`generate`, `img2img`): a pipeline and how to call it.

    `adapter` is a module of `core/engine/modes` with a function named like the mode. `parameters`
    are the names it takes; `defaults` are laid over the family's.
    """

    pipeline: str
    adapter: str
    parameters: tuple[str, ...]
    defaults: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sizes:
    """Limits of a picture, in pixels: sides are multiples of `multiple`."""

    multiple: int
    smallest: int
    largest: int
    pixels: int


@dataclass(frozen=True, slots=True)
class Preview:
    """RGB of a latent by a linear map: one `[r, g, b]` row per latent channel, and an offset.

    Maps VAE latents (not normalised) to colours of 0 … 1.
    """

    factors: tuple[tuple[float, float, float], ...]
    offset: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Family:
    """An architecture.

    `components` names, per part of the pipeline, the only (library, class) pairs that are loaded.
    `guided` are the parameters that a distilled checkpoint has no use for.
    """

    id: str
    label: str
    class_names: tuple[str, ...]
    components: Mapping[str, tuple[tuple[str, str], ...]]
    modes: Mapping[str, Mode]
    sizes: Sizes
    defaults: Mapping[str, Any]
    guided: frozenset[str] = frozenset()
    preview: Preview | None = None
    licence: str | None = None
