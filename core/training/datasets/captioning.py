"""Captions that a network writes: the images that need one, and its answer as a caption."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from pathlib import Path

from PIL.Image import Image

from core.errors import NotFound
from core.store import atomic
from core.training.datasets.captions import clean
from core.training.datasets.editing import set_captions, with_prefix
from core.training.datasets.entries import Entry
from core.training.datasets.pictures import load_image
from core.training.datasets.versions import Dataset, DatasetStore

# Openings of describers, which say nothing about the image.
_OPENING = re.compile(
    r"^(?:the|this) (?:image|picture|photo|illustration) (?:shows|depicts|features|is of|is) ", re.I
)
_CAPTIONS = "captions.json"


class Captioning:
    """Captions for the images of a dataset, kept in a folder until they are its next version."""

    def __init__(self, store: DatasetStore, dataset: str, folder: Path, trigger: str) -> None:
        """`dataset` is an id; `folder` survives interruptions, `trigger` stands in front."""
        self._store = store
        self._dataset = dataset
        self._file = folder / _CAPTIONS
        self._trigger = trigger
        self.captions: dict[str, str] = {}
        """Captions by the names of images."""
        with suppress(OSError, ValueError):
            self.captions = dict(json.loads(self._file.read_text(encoding="utf-8")))

    def images(self, *, overwrite: bool, names: Collection[str] | None) -> list[Entry]:
        """The images that are still to be described. Raises `NotFound`."""
        version = self._store.version(self._store.get(self._dataset))
        entries = images_to_caption(self._store.entries(version), overwrite=overwrite, names=names)
        return [entry for entry in entries if entry.name not in self.captions]

    def add(self, entry: Entry, describe: Callable[[Image], str]) -> None:
        """Describe an image. Raises `InvalidDataset` where it is damaged."""
        self.captions[entry.name] = caption_of(describe(load_image(entry.path)), self._trigger)
        atomic.write_text(self._file, json.dumps(self.captions), durable=False)

    def commit(self, *, overwrite: bool) -> Dataset:
        """Set the captions in the newest version; images removed since then are left out, and so
        are captions that were written meanwhile, unless `overwrite`. Raises `NotFound`."""
        dataset = self._store.get(self._dataset)
        present = {image.name: image for image in self._store.version(dataset).images}
        captions = {
            name: caption
            for name, caption in self.captions.items()
            if name in present and (overwrite or not present[name].caption)
        }
        changed = set_captions(self._store, dataset, captions, dataset.latest)
        self._file.unlink(missing_ok=True)
        return changed


def images_to_caption(
    entries: Sequence[Entry], *, overwrite: bool, names: Collection[str] | None = None
) -> list[Entry]:
    """The images that can be read and have no caption; with `overwrite`, also those with one.

    `names` chooses among them; None for all. Raises `NotFound` for an unknown name.
    """
    chosen = None if names is None else set(names)
    if unknown := sorted((chosen or set()) - {entry.name for entry in entries}):
        raise NotFound(
            f"The dataset has no image {unknown[0][:80]!r}.",
            field="names",
            fix="Read its newest version.",
        )
    return [
        entry
        for entry in entries
        if entry.width
        and (overwrite or not entry.caption)
        and (chosen is None or entry.name in chosen)
    ]


def caption_of(text: str, trigger: str) -> str:
    """A description as a caption, with the trigger word in front."""
    return with_prefix(clean(_OPENING.sub("", clean(text))), trigger)
