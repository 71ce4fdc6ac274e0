"""Measures, thumbnails and estimates of a dataset on disk, for the command line."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import BadUpload, InvalidDataset
from core.models.fit.machine import free_memory
from core.store.decoding.measures import measure
from core.training.configuration.schema import parse
from core.training.configuration.sections import SIDE
from core.training.datasets.entries import Entry
from core.training.datasets.pictures import load_image
from core.training.estimate import estimate, first_guess

if TYPE_CHECKING:
    from core.models.library.model import Model

THUMBNAIL = 256


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


def estimate_of(model: Model, images: int, resolution: int) -> dict[str, Any]:
    """Memory and time of a training of rank 16 on this machine; empty for an untrainable family.

    The batch is one image, with checkpointing; the speed is a first guess.
    """
    if model.family.training is None:
        return {}
    side = min(max(resolution // SIDE * SIDE, 64), 2048)
    config = parse(
        {
            "lora": {"target_modules": "blocks"},
            "training": {"gradient_checkpointing": True},
            "data": {"resolution": [side]},
        }
    )
    memory = free_memory()
    result = estimate(config, model, memory, images, first_guess(memory.kind))
    return {
        "memory_bytes": result.base + result.libraries + result.load.total,
        "seconds": round(result.seconds, 1),
        "steps": result.steps,
        "sentence": result.sentence,
    }
