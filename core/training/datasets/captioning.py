"""Captions that a network writes: the images that need one, and its answer as a caption."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.training.datasets.captions import clean
from core.training.datasets.editing import with_prefix
from core.training.datasets.entries import Entry

# Openings of describers, which say nothing about the image.
_OPENING = re.compile(
    r"^(?:the|this) (?:image|picture|photo|illustration) (?:shows|depicts|features|is of|is) ", re.I
)


def images_to_caption(entries: Sequence[Entry], *, overwrite: bool) -> list[Entry]:
    """The images that can be read and have no caption; with `overwrite`, also those with one."""
    return [entry for entry in entries if entry.width and (overwrite or not entry.caption)]


def caption_of(text: str, trigger: str) -> str:
    """A description as a caption, with the trigger word in front."""
    return with_prefix(clean(_OPENING.sub("", clean(text))), trigger)
