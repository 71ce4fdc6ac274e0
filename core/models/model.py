"""A checkpoint on disk: its family's abilities with its own wishes laid over them."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from core.models import coming
from core.models.family import Family, Mode, Preview
from core.models.folder import Inspection
from core.models.record import Record, plain
from core.models.weights import Weights

MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Model:
    """One checkpoint. `id` is its folder's name; `path` its diffusers folder."""

    id: str
    path: Path
    family: Family
    record: Record
    distilled: bool
    weights: Mapping[str, tuple[Weights, ...]]

    @classmethod
    def of(cls, folder: Path, found: Inspection, record: Record) -> Model:
        """The model in an accepted folder."""
        return cls(folder.name, folder, found.family, record, found.distilled, found.weights)

    @property
    def label(self) -> str:
        """Its name for people."""
        return self.record.label or self.id

    @property
    def note(self) -> str:
        """What it is, in a sentence or two."""
        return self.record.note

    @property
    def licence(self) -> str | None:
        """The weights' licence, when known."""
        return self.record.licence or self.family.licence

    @cached_property
    def modes(self) -> Mapping[str, Mode]:
        """What it can do."""
        modes = self.family.modes.items()
        return {name: mode for name, mode in modes if coming.ready(mode.adapter, name)}

    @cached_property
    def call(self) -> Mapping[str, Any]:
        """Arguments that every call of its pipeline gets."""
        return {name: plain(value) for name, value in self.record.call.items()}

    @property
    def sizes(self) -> tuple[tuple[int, int], ...] | None:
        """The only sizes it draws well, (width, height) in pixels; None: any the family allows."""
        return self.record.sizes

    @property
    def size_multiple(self) -> int:
        """Sides are multiples of this many pixels."""
        return self.family.sizes.multiple

    @property
    def vocabulary(self) -> Mapping[str, tuple[str, ...]]:
        """The words it knows, by group; empty when it knows the language."""
        return self.record.vocabulary

    @property
    def examples(self) -> tuple[str, ...]:
        """Prompts that it draws well."""
        return self.record.examples

    @property
    def preview(self) -> Preview | None:
        """Factors of a quick preview, when somebody measured them."""
        own = self.record.preview
        return Preview(own.factors, own.offset) if own else self.family.preview

    def parameters(self, mode: str) -> tuple[str, ...]:
        """The parameters that have an effect in `mode`."""
        idle = set(self.record.unused) | (self.family.guided if self.distilled else set())
        return tuple(name for name in self.modes[mode].parameters if name not in idle)

    def supports(self, mode: str, parameter: str) -> bool:
        """Whether `parameter` has an effect in `mode`."""
        return mode in self.modes and parameter in self.parameters(mode)

    def defaults(self, mode: str) -> Mapping[str, Any]:
        """What parameters are when nobody says: family, then mode, then checkpoint."""
        own = {**self.record.defaults, **self.record.mode_defaults.get(mode, {})}
        merged = {**self.family.defaults, **self.modes[mode].defaults, **own}
        known = self.parameters(mode)
        return {name: value for name, value in merged.items() if name in known}

    def snap(self, width: int, height: int) -> tuple[int, int]:
        """The nearest size it can draw, in pixels."""
        if self.sizes:
            return min(self.sizes, key=lambda size: _distance(size, (width, height)))
        limits = self.family.sizes
        shrink = min(1.0, math.sqrt(limits.pixels / (width * height)))

        def side(length: int) -> int:
            steps = round(length * shrink / limits.multiple)
            if shrink < 1:
                steps = int(length * shrink / limits.multiple)
            return min(max(steps * limits.multiple, limits.smallest), limits.largest)

        return side(width), side(height)

    @property
    def size_bytes(self) -> int:
        """Its weights on disk, bytes."""
        return sum(file.size for file in self._files())

    @property
    def parameter_count(self) -> int:
        """How many numbers its weights hold: times the bytes of one, the memory it needs."""
        return sum(file.parameters for file in self._files())

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over header, size, first and last megabyte of each weight file; hex."""
        digest = hashlib.sha256()
        for file in self._files():
            name = f"{file.path.parent.name}/{file.path.name}"
            digest.update(f"{name}\0{file.size}\0".encode())
            _digest_ends(digest, file)
        return digest.hexdigest()

    def _files(self) -> list[Weights]:
        return [file for part in sorted(self.weights) for file in self.weights[part]]


def _distance(size: tuple[int, int], wanted: tuple[int, int]) -> float:
    """How unlike two sizes are: shape counts four times as much as area."""
    shape = abs(math.log(size[0] / size[1]) - math.log(wanted[0] / wanted[1]))
    area = abs(math.log(size[0] * size[1]) - math.log(wanted[0] * wanted[1]))
    return 4 * shape + area


def _digest_ends(digest: Any, file: Weights) -> None:
    with file.path.open("rb") as stream:
        digest.update(stream.read(file.header.data))
        digest.update(stream.read(MEGABYTE))
        stream.seek(max(0, file.size - MEGABYTE))
        digest.update(stream.read(MEGABYTE))
