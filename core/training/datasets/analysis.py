"""The analysis of a dataset: sizes, buckets with crops, duplicates, blur, exposure, captions."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from core.store.decoding.likeness import distance
from core.training.buckets import buckets, crop
from core.training.datasets.entries import Entry
from core.training.datasets.limits import DatasetLimits
from core.training.datasets.rules import check_entries

FORMAT = "qpyt.dataset-analysis/1"
NEAR_BITS = 4
"""Perceptual hashes of 64 bits that differ in at most so many are near duplicates."""
BLURRED = 100.0
"""Variance of the Laplacian below which an image is reported as blurred."""
DARK, BRIGHT = 0.12, 0.95
MAX_WORDS = 40
MAX_COMPARED = 4_000
_WORD = re.compile(r"[^\W\d_][\w'’-]*")


@dataclass(frozen=True, slots=True)
class AnalyzedImage:
    """One image: `bucket` is its training size; `crop` is what is kept, in its own pixels."""

    name: str
    key: str
    width: int
    height: int
    caption: str | None
    bucket: tuple[int, int]
    crop: tuple[int, int, int, int]
    kept: float
    sharpness: float | None = None
    brightness: float | None = None


@dataclass(frozen=True, slots=True)
class Analysis:
    """The measures of a dataset. Shares are 0 … 1; sides are pixels."""

    images: tuple[AnalyzedImage, ...]
    resolution: int
    sizes: Mapping[str, int]
    aspects: Mapping[str, int]
    buckets: Mapping[str, int]
    duplicates: tuple[tuple[str, ...], ...]
    near_duplicates: tuple[tuple[str, ...], ...]
    blurred: tuple[str, ...]
    dark: tuple[str, ...]
    bright: tuple[str, ...]
    without_caption: tuple[str, ...]
    caption_lengths: Mapping[str, float]
    words: tuple[tuple[str, int], ...]
    faults: tuple[Mapping[str, Any], ...] = ()
    estimate: Mapping[str, Any] = field(default_factory=dict)

    def public(self) -> dict[str, Any]:
        """The analysis as JSON."""
        return {"format": FORMAT, **asdict(self)}


def analyze(
    entries: Sequence[Entry],
    measures: Mapping[str, Mapping[str, Any]],
    limits: DatasetLimits,
    resolution: int | None = None,
    estimate: Mapping[str, Any] | None = None,
) -> Analysis:
    """Analyse the entries of a dataset.

    `measures` are those of `core.store.decoding.measures` by SHA-256; images without them have no
    sharpness. `resolution` is the training side; that of the model without it.
    """
    side = resolution or limits.native
    choices = buckets(side, limits.multiple)
    good = [entry for entry in entries if entry.sha256]
    images = tuple(_image(entry, measures.get(entry.sha256, {}), choices) for entry in good)
    faults = tuple(
        {
            "code": f.code,
            "level": f.level.value,
            "name": f.name,
            "detail": f.sentence,
            "fix": f.remedy,
        }
        for f in check_entries(entries, limits)
    )
    captions = [image.caption for image in images if image.caption]
    return Analysis(
        images,
        side,
        _counts(f"{image.width} × {image.height}" for image in images),
        _counts(f"{image.width / image.height:.2f}" for image in images),
        _counts(f"{image.bucket[0]} × {image.bucket[1]}" for image in images),
        exact_duplicates(good),
        near_duplicates(good, measures),
        tuple(i.name for i in images if i.sharpness is not None and i.sharpness < BLURRED),
        tuple(i.name for i in images if i.brightness is not None and i.brightness < DARK),
        tuple(i.name for i in images if i.brightness is not None and i.brightness > BRIGHT),
        tuple(image.name for image in images if not image.caption),
        caption_lengths(captions),
        word_frequencies(captions),
        faults,
        estimate or {},
    )


def exact_duplicates(entries: Sequence[Entry]) -> tuple[tuple[str, ...], ...]:
    """Groups of images with equal bytes."""
    names = defaultdict(list)
    for entry in entries:
        names[entry.sha256].append(entry.name)
    return tuple(tuple(group) for group in names.values() if len(group) > 1)


def near_duplicates(
    entries: Sequence[Entry], measures: Mapping[str, Mapping[str, Any]]
) -> tuple[tuple[str, ...], ...]:
    """Groups of different files whose perceptual hashes differ in at most `NEAR_BITS` bits.

    An image that is near to any of a group belongs to it. The first `MAX_COMPARED` are compared.
    """
    hashed = {
        e.sha256: (e.name, measures[e.sha256]["likeness"]) for e in entries if e.sha256 in measures
    }
    items = list(hashed.values())[:MAX_COMPARED]
    group = list(range(len(items)))

    def first(index: int) -> int:
        while group[index] != index:
            index = group[index]
        return index

    for index, (_, digest) in enumerate(items):
        for other in range(index):
            bits = distance(digest, items[other][1])
            if bits is not None and bits <= NEAR_BITS:
                group[first(index)] = first(other)
    names = defaultdict(list)
    for index, (name, _) in enumerate(items):
        names[first(index)].append(name)
    return tuple(tuple(members) for members in names.values() if len(members) > 1)


def caption_lengths(captions: Sequence[str]) -> dict[str, float]:
    """Smallest, median, mean and largest length in characters, and the mean number of words."""
    if not captions:
        return {}
    lengths = [len(caption) for caption in captions]
    return {
        "shortest": min(lengths),
        "median": median(lengths),
        "mean": round(sum(lengths) / len(lengths), 1),
        "longest": max(lengths),
        "words": round(sum(len(_WORD.findall(c)) for c in captions) / len(captions), 1),
    }


def word_frequencies(captions: Sequence[str]) -> tuple[tuple[str, int], ...]:
    """The words of the most captions, each with the number of captions that have it."""
    counts = Counter(word for caption in captions for word in {*_WORD.findall(caption.lower())})
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(ordered[:MAX_WORDS])


def _image(
    entry: Entry, measured: Mapping[str, Any], choices: Sequence[tuple[int, int]]
) -> AnalyzedImage:
    fitted = crop((entry.width, entry.height), choices)
    scale = entry.width / fitted.scaled[0]
    left, top = round(fitted.left * scale), round(fitted.top * scale)
    width = min(entry.width, round(fitted.bucket[0] * scale))
    height = min(entry.height, round(fitted.bucket[1] * scale))
    return AnalyzedImage(
        entry.name,
        entry.sha256,
        entry.width,
        entry.height,
        entry.caption,
        fitted.bucket,
        (left, top, width, height),
        round(fitted.kept, 4),
        measured.get("sharpness"),
        measured.get("brightness"),
    )


def _counts(values: Any) -> dict[str, int]:
    """The number of each value, the most frequent first."""
    return dict(Counter(values).most_common())
