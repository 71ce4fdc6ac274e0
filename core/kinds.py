"""Kinds: what wires carry and what tasks make, one frozen record each.

A record says all that a kind means: where it is kept, which files it has, whether it is a raster
image, how the page shows it and in which colour its wires are drawn. The list of operations serves
the records. A module of operations adds a kind of its own with `add`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

Storage = Literal["asset", "text", "json", "constant"]
Display = Literal["image", "text", "value", "file", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind.

    `storage`: `asset` is a file in the store, `text` and `json` are values in the task's row,
    `constant` exists on the canvas only: the compiler puts it into parameters.
    `media_types` and `ending` are those of its files, the usual type first. `raster`: decoded
    images, which can be uploaded, scaled and given thumbnails. `inline`: a browser may open the
    file from the studio's own address, because no script can hide in it. `accepts`: kinds of
    assets that an input of this kind takes beside its own. `display`: the element that shows a
    result. `wire`: CSS colours for light and dark.
    """

    name: str
    noun: str
    storage: Storage
    wire: tuple[str, str]
    media_types: tuple[str, ...] = ()
    ending: str = ""
    raster: bool = False
    inline: bool = False
    accepts: tuple[str, ...] = ()
    display: Display = "value"

    @property
    def stored(self) -> bool:
        """Kept as a file with an asset's row."""
        return self.storage == "asset"

    @property
    def mapped(self) -> bool:
        """Several items at a single-item input make the operation run once per item."""
        return self.storage != "constant"

    def takes(self, kind: str) -> bool:
        """An asset of `kind` may stand at an input of this kind."""
        return kind == self.name or kind in self.accepts

    def public(self) -> dict[str, Any]:
        """The record as JSON, for clients."""
        return {**asdict(self), "wire": {"light": self.wire[0], "dark": self.wire[1]}}


_BUILT_IN = (
    Kind(
        name="image",
        noun="image",
        storage="asset",
        media_types=("image/png", "image/jpeg", "image/webp"),
        ending="png",
        raster=True,
        inline=True,
        accepts=("mask",),
        display="image",
        wire=("oklch(62% 0.14 162)", "#6ee7b7"),
    ),
    Kind(
        name="mask",
        noun="mask",
        storage="asset",
        media_types=("image/png", "image/jpeg", "image/webp"),
        ending="png",
        raster=True,
        inline=True,
        accepts=("image",),
        display="image",
        wire=("oklch(58% 0.13 230)", "#8ecdf7"),
    ),
    Kind(
        name="svg",
        noun="drawing",
        storage="asset",
        media_types=("image/svg+xml",),
        ending="svg",
        display="image",
        wire=("oklch(58% 0.13 340)", "#f5a8d8"),
    ),
    Kind(
        name="text",
        noun="text",
        storage="text",
        display="text",
        wire=("oklch(60% 0.19 300)", "#c9a7ff"),
    ),
    Kind(
        name="summary",
        noun="summary",
        storage="text",
        display="text",
        wire=("oklch(55% 0.06 260)", "#b9c4e8"),
    ),
    Kind(
        name="json",
        noun="value",
        storage="json",
        wire=("oklch(55% 0.03 250)", "#b6c2d1"),
    ),
    Kind(
        name="lora",
        noun="LoRA",
        storage="asset",
        media_types=("application/octet-stream",),
        ending="safetensors",
        display="file",
        wire=("oklch(60% 0.13 75)", "#f3c677"),
    ),
    Kind(
        name="report",
        noun="report",
        storage="asset",
        media_types=("text/html",),
        ending="html",
        display="file",
        wire=("oklch(55% 0.06 200)", "#a5d8dd"),
    ),
    Kind(
        name="pdf",
        noun="document",
        storage="asset",
        media_types=("application/pdf",),
        ending="pdf",
        display="file",
        wire=("oklch(56% 0.12 40)", "#f4b9a0"),
    ),
    Kind(
        name="settings",
        noun="settings",
        storage="constant",
        display="none",
        wire=("oklch(65% 0.15 22)", "#fca5a5"),
    ),
    Kind(
        name="loras",
        noun="LoRAs",
        storage="constant",
        display="none",
        wire=("oklch(60% 0.13 75)", "#f3c677"),
    ),
    Kind(
        name="styles",
        noun="styles",
        storage="constant",
        display="none",
        wire=("oklch(58% 0.15 350)", "#f3a8d0"),
    ),
)
_known: dict[str, Kind] = {kind.name: kind for kind in _BUILT_IN}


def add(kind: Kind) -> Kind:
    """Make a kind known; the same record twice is one. Raises `ValueError` for a taken name."""
    if _known.setdefault(kind.name, kind) != kind:
        raise ValueError(f"another kind is called {kind.name!r}")
    return kind


def kind_of(name: str) -> Kind:
    """The record of a kind. Raises `ValueError` for an unknown name, with the known ones."""
    kind = _known.get(name)
    if kind is None:
        raise ValueError(f"unknown kind {name!r}; known: {', '.join(_known)}")
    return kind


def find(name: str) -> Kind | None:
    """The record of a kind, or None: a row may name a kind of a module that is gone."""
    return _known.get(name)


def all_kinds() -> Iterator[Kind]:
    """Every kind, in the order they became known."""
    return iter(tuple(_known.values()))


def shows_inline(media_type: str) -> bool:
    """A browser may open files of this type from the studio's own address."""
    return any(media_type in kind.media_types and kind.inline for kind in _known.values())
