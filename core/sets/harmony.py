"""The harmony of a deck: each image like the others in style, and unlike them in its subject."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, median
from typing import Any, Literal

from core.errors import BadUpload, Conflict, ModelMissing, NotFound
from core.sets.batch import LABEL
from core.sets.batch_rows import BatchRow, Variant
from core.sets.batches import Batches
from core.store.assets import Assets
from core.tasks.queue import Queue
from core.tasks.states import Status
from core.tasks.submission import Options, Submission
from core.tasks.task import Task

METHOD = "image statistics"
NETWORKS = {"reader": "the metric network of the model"}
DECK_MAX = 400  # images: each is compared with each
MEMORY_MAX = 2_000  # images whose statistics are kept
STYLE_RANGE = 0.5
"""Distance from the deck at which nothing of the style is left."""
STYLE_LIMIT, STYLE_SPREAD = 0.2, 3.0
"""An outlier is this far from the deck, and so many times as far as the median image."""
SAME_SUBJECT = 0.9
"""Correlation of cells from which two images show the same subject."""
SAME_TO_NETWORK = 0.75
"""Cosine of vectors from which they do: drawings of other scenes stay below."""
OPERATION = "compare_subjects"
WEIGHTS = {"brightness": 0.6, "contrast": 0.8, "saturation": 0.6, "detail": 0.5}
HUE_WEIGHT = 0.6
COMMON_MIN = 4  # images from which on the part that all share is left out

Statistics = Mapping[str, Any]
Reason = Literal["style", "duplicate"]


@dataclass(frozen=True, slots=True)
class CardHarmony:
    """An image in its deck, 0 to 100 each. `nearest`: place of the image of the likest subject."""

    style: float
    distinctness: float
    nearest: int | None
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class DeckHarmony:
    """The figures of a deck, 0 to 100; `score` is their geometric mean. None without two images."""

    cards: tuple[CardHarmony, ...]
    style: float | None = None
    distinctness: float | None = None
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Subjects:
    """The likest other image of each image: its likeness, -1 to 1, and its place.

    `same`: the likeness from which two images show the same subject. `method` names the source.
    """

    likeness: Sequence[float]
    nearest: Sequence[int]
    same: float
    method: str


def compare_cells(deck: Sequence[Statistics]) -> Subjects:
    """Compare subjects by the brightness of cells."""
    subjects = _normalized([card["subject"] for card in deck])
    pairs = [_nearest(subjects, place) for place in range(len(deck))]
    places = [place if place is not None else 0 for _, place in pairs]
    return Subjects([likeness for likeness, _ in pairs], places, SAME_SUBJECT, METHOD)


def measure(deck: Sequence[Statistics], subjects: Subjects | None = None) -> DeckHarmony:
    """Measure images by their `core.store.decoding.statistics`, and `subjects` of a network."""
    if len(deck) < 2:
        return DeckHarmony(tuple(CardHarmony(100.0, 100.0, None, ()) for _ in deck))
    styles = [card["style"] for card in deck]
    distances = _style_distances(styles)
    spread = median(distances)
    subjects = subjects or compare_cells(deck)
    cards = []
    for distance, likeness, nearest in zip(
        distances, subjects.likeness, subjects.nearest, strict=True
    ):
        odd = distance > STYLE_LIMIT and distance > STYLE_SPREAD * spread
        reasons: list[Reason] = ["style"] if odd else []
        if likeness >= subjects.same:
            reasons.append("duplicate")
        style = 100 * max(0.0, 1 - distance / STYLE_RANGE)
        distinctness = 100 * (1 - max(0.0, likeness))
        cards.append(CardHarmony(round(style, 1), round(distinctness, 1), nearest, tuple(reasons)))
    style, distinctness = (
        fmean(card.style for card in cards),
        fmean(card.distinctness for card in cards),
    )
    score = sqrt(style * distinctness)
    return DeckHarmony(tuple(cards), round(style, 1), round(distinctness, 1), round(score, 1))


@dataclass(frozen=True, slots=True)
class Comparison:
    """A comparison of the subjects of a deck: by the network of `task`, else by image statistics.

    `method` names the source of all figures.
    """

    task: Task | None
    method: str


class Harmony:
    """The harmony of batches, measured on the images below the cards."""

    def __init__(
        self, batches: Batches, assets: Assets, submission: Submission, queue: Queue
    ) -> None:
        self._batches = batches
        self._assets = assets
        self._submission = submission
        self._queue = queue
        self._known: dict[str, Statistics] = {}

    async def start(self, batch_id: str) -> Comparison:
        """Queue a comparison of the subjects by a metric network; `report` takes its task.

        Where no network is at hand, there is no task, and `report` uses statistics. Raises
        `NotFound`, `Conflict` without two images.
        """
        chosen = await self._chosen(batch_id)
        if len(chosen) < 2:
            raise Conflict("Fewer than two rows have an image.", fix="Wait for another row.")
        model = next((str(row.newest.params.get("model") or "") for row, _ in chosen if row.newest))
        params = {"images": [image.drawn_id for _, image in chosen], "model": model}
        options = Options(labels={LABEL: batch_id}, cache=True)
        try:
            task = await self._submission.prepare(OPERATION, params, options)
        except ModelMissing:
            return Comparison(None, METHOD)
        [stored] = await self._queue.add([task])
        return Comparison(stored, _method(str(stored.snapshot["network"])))

    async def report(self, batch_id: str, task_id: str | None = None) -> dict[str, Any]:
        """The figures of a batch and of each row with an image.

        The first 400 images are measured. With the task of `start` the subjects are those of its
        network. Raises `NotFound`, `Conflict` where the task has not completed, or where images
        have changed since.
        """
        rows, images, deck = [], [], []
        for row, image in await self._chosen(batch_id):
            statistics = await self._statistics(image.drawn_id)
            if statistics is not None:
                rows.append(row)
                images.append(image)
                deck.append(statistics)
        subjects = None
        if task_id is not None:
            subjects = await self._subjects(task_id, [image.drawn_id for image in images])
        harmony = await asyncio.to_thread(measure, deck, subjects)
        return {
            "score": harmony.score,
            "style": harmony.style,
            "distinctness": harmony.distinctness,
            "measured": len(deck),
            "method": subjects.method if subjects else METHOD,
            "items": [
                {
                    "key": row.key,
                    "asset_id": image.asset_id,
                    "style": card.style,
                    "distinctness": card.distinctness,
                    "nearest": None if card.nearest is None else rows[card.nearest].key,
                    "outlier": bool(card.reasons),
                    "reasons": list(card.reasons),
                }
                for row, image, card in zip(rows, images, harmony.cards, strict=True)
            ],
        }

    async def _chosen(self, batch_id: str) -> list[tuple[BatchRow, Variant]]:
        rows = await self._batches.rows(batch_id)
        return [(row, row.chosen) for row in rows if row.chosen][:DECK_MAX]

    async def _subjects(self, task_id: str, drawn: Sequence[str]) -> Subjects:
        task = await self._queue.get(task_id)
        if task.status is not Status.COMPLETED or task.operation != OPERATION:
            raise Conflict("The comparison has not completed.", fix="Wait until its task ends.")
        if list(task.params["images"]) != list(drawn):
            raise Conflict("The images have changed since.", fix="Compare them again.")
        report = task.outputs[0]["value"]
        method = _method(report["network"])
        return Subjects(report["likeness"], report["nearest"], SAME_TO_NETWORK, method)

    async def _statistics(self, asset_id: str) -> Statistics | None:
        """The statistics of an image; None where it cannot be read."""
        if asset_id not in self._known:
            try:
                statistics = await self._assets.statistics(asset_id)
            except (NotFound, BadUpload):
                return None
            while len(self._known) >= MEMORY_MAX:
                self._known.pop(next(iter(self._known)))
            self._known[asset_id] = statistics
        return self._known[asset_id]


def _method(network: str) -> str:
    return f"{METHOD} and {NETWORKS.get(network, network)}"


def _style_distances(styles: Sequence[Statistics]) -> list[float]:
    """The distance of each image to the median of the deck."""
    centre = {name: median(style[name] for style in styles) for name in WEIGHTS}
    hues = [median(shares) for shares in zip(*(_hues(style) for style in styles), strict=True)]
    distances = []
    for style in styles:
        numbers = sum(weight * abs(style[name] - centre[name]) for name, weight in WEIGHTS.items())
        palette = sum(abs(a - b) for a, b in zip(_hues(style), hues, strict=True)) / 2
        distances.append(numbers + HUE_WEIGHT * palette)
    return distances


def _hues(style: Statistics) -> list[float]:
    """The shares of the hues, smoothed over neighbours, weighted by how colourful the image is."""
    hues, colour = style["hues"], style["colour"]
    count = len(hues)
    return [
        colour * (hues[i - 1] / 4 + hues[i] / 2 + hues[(i + 1) % count] / 4) for i in range(count)
    ]


def _normalized(subjects: Sequence[Sequence[float]]) -> list[list[float]]:
    """Subjects without what all of them share, each of mean 0 and length 1."""
    centred = [_scaled(subject) for subject in subjects]
    if len(centred) < COMMON_MIN:
        return centred
    common = [median(values) for values in zip(*centred, strict=True)]
    return [
        _scaled([value - shared for value, shared in zip(subject, common, strict=True)])
        for subject in centred
    ]


def _scaled(values: Sequence[float]) -> list[float]:
    mean = fmean(values)
    length = sqrt(sum((value - mean) ** 2 for value in values))
    return [(value - mean) / length if length > 1e-9 else 0.0 for value in values]


def _nearest(subjects: Sequence[Sequence[float]], place: int) -> tuple[float, int | None]:
    """The highest correlation with another subject, and its place; flat images are alike."""
    own = subjects[place]
    flat = not any(own)
    best: tuple[float, int | None] = (-1.0, None)
    for other, subject in enumerate(subjects):
        if other != place:
            same = 1.0 if flat and not any(subject) else sum(map(float.__mul__, own, subject))
            best = max(best, (same, other), key=lambda pair: pair[0])
    return best
