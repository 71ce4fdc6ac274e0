"""Measures, thumbnails and estimates of a dataset on disk, for the command line."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import BadUpload, InvalidDataset
from core.store.decoding.measures import measure
from core.training.datasets.analysis import training_estimate
from core.training.datasets.entries import Entry
from core.training.datasets.pictures import load_image

if TYPE_CHECKING:
    from core.models.library.model import Model

THUMBNAIL = 256
PIXELS_A_TOKEN = 16 * 16
TEXT_TOKENS = 64
TRAINED_SHARE = 0.012
"""Parameters of an adapter of rank 16 on all linear layers, of those of the network."""
CPU_FLOPS = 6e10
"""Operations a second of two cores; a GPU reaches hundreds of times as many."""
STEPS_AN_IMAGE, LEAST_STEPS, MOST_STEPS = 30, 500, 1_500


def measure_entries(entries: Iterable[Entry]) -> dict[str, dict[str, Any]]:
    """The measures of images by SHA-256; damaged ones are left out."""
    measures: dict[str, dict[str, Any]] = {}
    for entry in entries:
        if entry.sha256 and entry.sha256 not in measures:
            with suppress(BadUpload):
                measures[entry.sha256] = measure(entry.path)
    return measures


def thumbnail_of(path: Path) -> bytes | None:
    """A WebP of at most `THUMBNAIL` pixels a side; None for a damaged image."""
    try:
        image = load_image(path)
    except InvalidDataset:
        return None
    image.thumbnail((THUMBNAIL, THUMBNAIL))
    data = BytesIO()
    image.save(data, "WEBP", quality=80)
    return data.getvalue()


def estimate_of(model: Model, images: int, resolution: int) -> dict[str, float]:
    """`training_estimate` of a model on two CPU cores, with 30 steps an image (500 to 1,500)."""
    weights = model.weights.get(model.family.core, ())
    parameters = sum(file.parameters for file in weights)
    return training_estimate(
        parameters=parameters,
        bytes_each=2.0,
        trained=round(parameters * TRAINED_SHARE),
        tokens=resolution * resolution // PIXELS_A_TOKEN + TEXT_TOKENS,
        steps=min(max(STEPS_AN_IMAGE * images, LEAST_STEPS), MOST_STEPS),
        flops=CPU_FLOPS,
    )
