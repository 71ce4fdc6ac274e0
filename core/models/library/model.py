"""A checkpoint on disk: its family's modes and defaults with overrides of variant and record."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from core.errors import InvalidInput
from core.models.families import of_variant
from core.models.families.family import (
    Family,
    Mode,
    Preview,
    PromptEncoding,
    Sizes,
    Variant,
)
from core.models.families.samplers import SAMPLERS, Sampler
from core.models.library.item import fingerprint
from core.models.library.record import Record, plain
from core.models.recognition.finding import Finding
from core.models.weights.file import Weights
from core.prompts.known_words import KnownWords

BATCH_PIXELS = 512 * 512
ENOUGH = 2  # an image of half the usual area is generated at its own size
LAYOUT_TASKS = ("depth", "segment")  # of auxiliary models, that a model's own network does too
Layout = Literal["folder", "checkpoint", "transformer"]


@dataclass(frozen=True)
class WeightsSource:
    """The source of a component: a folder, a file, or (with a prefix) a part of a checkpoint.

    `part` is an id of `core.models.families.parts`; `layout` the naming scheme of its keys. A
    tokenizer has no weights.
    """

    path: Path
    part: str
    layout: str = ""
    prefix: str = ""
    precision: str = ""
    weights: tuple[Weights, ...] = ()


@dataclass(frozen=True)
class Model:
    """One checkpoint. `id` is the name of its folder or file; `path` that folder or file.

    `weights` are its own files by component; other components come from `sources`. `missing` are
    components without a source on this machine, with the parts that would fill them.
    """

    id: str
    path: Path
    family: Family
    record: Record
    distilled: bool
    weights: Mapping[str, tuple[Weights, ...]]
    variant: Variant | None = None
    layout: Layout = "folder"
    finding: Finding | None = None
    sources: Mapping[str, WeightsSource] = field(default_factory=dict)
    missing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The display name."""
        return self.record.label or self.id

    @property
    def note(self) -> str:
        """A description of one or two sentences."""
        return self.record.note

    @property
    def licence(self) -> str | None:
        """The weights' licence, when known."""
        return self.record.licence or self.family.licence

    @property
    def ready(self) -> bool:
        """True where no component is missing."""
        return not self.missing

    @property
    def missing_parts(self) -> tuple[str, ...]:
        """Ids of the parts that would complete it: the first of each component, each once."""
        return tuple(dict.fromkeys(parts[0] for parts in self.missing.values()))

    @property
    def modes(self) -> Mapping[str, Mode]:
        """Its modes by name."""
        return self.family.modes

    @cached_property
    def call(self) -> Mapping[str, Any]:
        """Arguments of every call of its pipeline."""
        own = {name: plain(value) for name, value in self.record.call.items()}
        return {**(self.variant.call if self.variant else {}), **own}

    @property
    def samplers(self) -> tuple[Sampler, ...]:
        """The samplers that work with it, the default first."""
        return tuple(SAMPLERS[name] for name in self.family.samplers)

    @property
    def measures(self) -> Mapping[str, int]:
        """The numbers of its network, as `Signature.measures` names them; for fitting LoRAs."""
        return self.finding.measures if self.finding else {}

    @property
    def sizes(self) -> tuple[tuple[int, int], ...] | None:
        """The only sizes of its results, (width, height) in pixels; None: any of the family."""
        return None if self.finisher else self.record.sizes

    @property
    def drawn_sizes(self) -> tuple[tuple[int, int], ...] | None:
        """The only sizes that its network draws, before the finisher; None: any of the family."""
        return self.record.sizes

    @property
    def finisher(self) -> Path | None:
        """The network that enlarges what it draws; None where it has none, or not on disk."""
        return self._file(self.record.finisher) if self.record.sizes else None

    def batch_size(self, mode: str, device: str, width: int, height: int) -> int:
        """The number of images to draw in one call on a kind of device; 1: one by one.

        Images above `BATCH_PIXELS` keep a device busy by themselves.
        """
        drawn = self.drawn_size(width, height)
        if not self.modes[mode].batch_function or drawn[0] * drawn[1] > BATCH_PIXELS:
            return 1
        return self.record.batch_sizes.get(device, 1)

    @property
    def reader(self) -> Path | None:
        """The network that judges what it draws; None where it has none, or not on disk."""
        return self._file(self.record.reader)

    @property
    def layout_network(self) -> Path | None:
        """The network that finds parts and depth of what it draws; None as above."""
        return self._file(self.record.layout)

    def _file(self, name: str | None) -> Path | None:
        """A file that its record names; None where it names none, or not on disk."""
        path = self.path / name if name else None
        return path if path is not None and path.is_file() else None

    @property
    def size_multiple(self) -> int:
        """Sides are multiples of this many pixels."""
        return self.family.sizes.multiple

    @property
    def vocabulary(self) -> Mapping[str, tuple[str, ...]]:
        """The words that it was trained on, by group; empty where it understands free text."""
        return self.record.vocabulary

    @cached_property
    def known_words(self) -> KnownWords | None:
        """The only words that it was trained on; None where it understands free text."""
        if not self.vocabulary:
            return None
        phrases = [phrase for group in self.vocabulary.values() for phrase in group]
        return KnownWords([*phrases, *self.examples, *self.record.words])

    @property
    def examples(self) -> tuple[str, ...]:
        """Prompts that work well."""
        return self.record.examples

    @property
    def preview(self) -> Preview | None:
        """Factors of the preview, where they are measured."""
        own = self.record.preview
        return Preview(own.factors, own.offset) if own else self.family.preview

    @cached_property
    def prompts(self) -> PromptEncoding:
        """The tokens of a prompt that count, for the tokenizer that this model has."""
        windows = self.family.prompts.windows
        tokenizer = next(filter(self.component_folder, windows), next(iter(windows)))
        window = windows[tokenizer]
        if tokenizer == next(iter(windows)):
            window = int(self.call.get("max_sequence_length", window))
        return replace(
            self.family.prompts,
            windows={tokenizer: window},
            template=self.record.prompt_template or self.family.prompts.template,
            lowercase=self.record.prompt_lowercase or self.family.prompts.lowercase,
        )

    def component_folder(self, name: str) -> Path | None:
        """The folder or file of a component; None where it has none."""
        if name in self.sources:
            return self.sources[name].path
        folder = self.path / name
        return folder if folder.is_dir() else None

    def parameters(self, mode: str) -> tuple[str, ...]:
        """The parameters with an effect in `mode`."""
        idle = set(self.record.unused) | (self.family.guided if self.distilled else set())
        idle |= set(self.variant.unused if self.variant else ())
        return tuple(name for name in self.modes[mode].parameters if name not in idle)

    def supports(self, mode: str, parameter: str) -> bool:
        """True where `parameter` has an effect in `mode`."""
        return mode in self.modes and parameter in self.fields(mode)

    def fields(self, mode: str) -> tuple[str, ...]:
        """The fields of requests that have an effect in `mode`: its parameters, and `reference`
        where it reads several images."""
        references = ("reference",) if self.modes[mode].references else ()
        return (*self.parameters(mode), *references)

    def check_references(self, mode: str, pictures: int, field: str = "image") -> None:
        """Refuse more reference images than it supports. Raises `InvalidInput` naming `field`."""
        most = self.modes[mode].references
        if pictures > most:
            raise InvalidInput(
                f"{self.label} looks at {most} image{'s' if most != 1 else ''}, not {pictures}.",
                field=field,
                fix="Leave some out, or choose a model that looks at more.",
            )

    def defaults(self, mode: str) -> Mapping[str, Any]:
        """Default values: those of the family, overridden by mode, variant and checkpoint."""
        own = {**self.record.defaults, **self.record.mode_defaults.get(mode, {})}
        variant = self.variant.defaults if self.variant else {}
        merged = {**self.family.defaults, **self.modes[mode].defaults, **variant, **own}
        known = self.parameters(mode)
        return {name: value for name, value in merged.items() if name in known}

    def snap(self, width: int, height: int) -> tuple[int, int]:
        """The nearest supported size of a result, in pixels."""
        if self.sizes:
            return _nearest(self.sizes, (width, height))
        limits = self.family.sizes
        if self.finisher and _within(limits, width, height):
            return width, height
        scale = min(1.0, math.sqrt(limits.pixels / (width * height)))

        def side(length: int, rounded: Callable[[float], int]) -> int:
            cells = rounded(length * scale / limits.multiple)
            return min(max(cells * limits.multiple, limits.smallest), limits.largest)

        size = (side(width, round), side(height, round))
        if scale < 1 or size[0] * size[1] > limits.pixels:  # both sides may round up
            return side(width, math.floor), side(height, math.floor)
        return size

    def drawn_size(self, width: int, height: int) -> tuple[int, int]:
        """The size, in pixels, that its network draws for a result of `width` × `height`."""
        if self.drawn_sizes:
            return _nearest(self.drawn_sizes, (width, height))
        return width, height

    def canvas(self, width: int, height: int) -> tuple[int, int]:
        """The size, in pixels, at which it generates an image of `width` × `height`.

        The same size on its grid where possible; larger for an image much smaller than the default
        size, smaller for one over its limits.
        """
        if self.drawn_sizes:
            return self.drawn_size(width, height)
        limits, usual = self.family.sizes, self.defaults(next(iter(self.modes)))
        area, wanted = width * height, int(usual["width"]) * int(usual["height"])
        scale = math.sqrt(wanted / area) if area < wanted / ENOUGH else 1.0
        scale = max(scale, limits.smallest / min(width, height))
        scale = min(scale, math.sqrt(limits.pixels / area), limits.largest / max(width, height))
        size = (limits.smallest, limits.smallest)
        for rounded in (math.ceil, math.floor):  # up, unless that is over a limit

            def side(length: int, rounded: Callable[[float], int] = rounded) -> int:
                cells = rounded(length * scale / limits.multiple)
                return max(cells * limits.multiple, limits.smallest)

            size = (side(width), side(height))
            if max(size) <= limits.largest and size[0] * size[1] <= limits.pixels:
                break
        return size

    @property
    def size_bytes(self) -> int:
        """Bytes of its weights on disk, with those of its sources."""
        return sum(file.size for file in self._files())

    @property
    def parameter_count(self) -> int:
        """The number of parameters of its weights."""
        return sum(file.parameters for file in self._files())

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over header, size, first and last megabyte of each of its own files; hex.

        A file may be renamed and keeps it; so may a folder, but not the files in it.
        """
        files = [file for part in sorted(self.weights) for file in self.weights[part]]
        if self.layout != "folder":
            return fingerprint(files)
        return fingerprint(files, [f"{file.path.parent.name}/{file.path.name}" for file in files])

    def _files(self) -> list[Weights]:
        own = [file for part in sorted(self.weights) for file in self.weights[part]]
        offered = [file for name in sorted(self.sources) for file in self.sources[name].weights]
        return list({file.path: file for file in (*own, *offered)}.values())


def offered_model(variant_id: str) -> Model:
    """The model of a published variant before any of its files is here."""
    known = of_variant(variant_id)
    assert known is not None, variant_id
    family, variant = known
    return Model(variant_id, Path(variant_id), family, Record(), variant.distilled, {}, variant)


def _nearest(sizes: Sequence[tuple[int, int]], wanted: tuple[int, int]) -> tuple[int, int]:
    return min(sizes, key=lambda size: _distance(size, wanted))


def _within(limits: Sizes, width: int, height: int) -> bool:
    sides = (width, height)
    return (
        limits.smallest <= min(sides)
        and max(sides) <= limits.largest
        and width * height <= limits.pixels
    )


def _distance(size: tuple[int, int], wanted: tuple[int, int]) -> float:
    """The distance of two sizes: shape counts four times as much as area."""
    shape = abs(math.log(size[0] / size[1]) - math.log(wanted[0] / wanted[1]))
    area = abs(math.log(size[0] * size[1]) - math.log(wanted[0] * wanted[1]))
    return 4 * shape + area
