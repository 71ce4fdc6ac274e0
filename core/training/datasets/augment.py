"""Augmented samples of a dataset: changed images, each with a caption that still fits it.

Every sample is a function of the seed and its number. The source is only read.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageEnhance, ImageOps

from core.errors import InvalidDataset, InvalidInput
from core.store import atomic
from core.training.datasets.entries import Entry
from core.training.datasets.pictures import load_image, load_mask
from core.training.datasets.repairs import Rewrite

CROP = 0.8  # smallest share of each side that a crop keeps
TONE = 0.2  # largest change of brightness and contrast
SAMPLES_MAX = 5_000
# Words that stand for each other in captions; the first word of a group is not preferred.
SYNONYMS: Sequence[Sequence[str]] = (
    ("big", "large"),
    ("small", "little"),
    ("picture", "image"),
    ("photo", "photograph"),
    ("drawing", "illustration"),
    ("beside", "next to"),
    ("beneath", "below"),
    ("above", "over"),
    ("in front of", "before"),
    ("grey", "gray"),
    ("colourful", "vivid"),
    ("happy", "cheerful"),
)
MIRRORED = {"left": "right", "right": "left"}


@dataclass(frozen=True, slots=True)
class Augmentation:
    """The changes to draw from. `keep`: words of captions that stay as they are, in front."""

    seed: int = 0
    flip: bool = True
    crop: bool = True
    brightness: bool = True
    contrast: bool = True
    synonyms: bool = True
    word_order: bool = True
    keep: str = ""


@dataclass(frozen=True, slots=True)
class Sample:
    """A changed image with its caption and mask, and the name of its source."""

    name: str
    source: str
    image: Image.Image
    caption: str | None
    mask: Image.Image | None = None


def augmented(entries: Sequence[Entry], count: int, augmentation: Augmentation) -> Iterator[Sample]:
    """`count` samples, from each image in turn. Raises `InvalidDataset`, `InvalidInput`."""
    if not 1 <= count <= SAMPLES_MAX:
        raise InvalidInput(
            f"{count} samples are not possible.", field="samples", fix=f"Give 1 to {SAMPLES_MAX}."
        )
    usable = [entry for entry in entries if entry.width and not entry.link]
    if not usable:
        raise InvalidDataset("The dataset has no image.", field="dataset", fix="Add images.")
    for number in range(count):
        yield _sample(usable[number % len(usable)], number, augmentation)


def rewritten(entry: Entry, folder: Path, write: Rewrite) -> Entry:
    """The entry with image and mask as PNG files in `folder`, which `write` decoded.

    Raises `BadUpload` for a damaged one.
    """
    path = folder / f"{entry.sha256}.png"
    write(entry.path, path, None)
    mask = entry.mask_path and path.with_name(f"{entry.sha256}_mask.png")
    if entry.mask_path and mask:
        write(entry.mask_path, mask, None)
    return replace(entry, path=path, mask_path=mask)


def write_samples(samples: Iterator[Sample], folder: Path) -> int:
    """Write images as PNG with `.txt` and `_mask.png` beside them into an empty folder.

    Returns their number. Raises `InvalidInput` where the folder is not empty.
    """
    if folder.exists() and any(folder.iterdir()):
        raise InvalidInput(
            f"The folder {str(folder)!r} is not empty.", field="output", fix="Choose another."
        )
    count = 0
    for sample in samples:
        atomic.write_bytes(folder / f"{sample.name}.png", _png(sample.image), mode=0o644)
        if sample.caption:
            atomic.write_text(folder / f"{sample.name}.txt", sample.caption + "\n", mode=0o644)
        if sample.mask is not None:
            atomic.write_bytes(folder / f"{sample.name}_mask.png", _png(sample.mask), mode=0o644)
        count += 1
    return count


def _sample(entry: Entry, number: int, augmentation: Augmentation) -> Sample:
    draw = random.Random(f"{augmentation.seed}/{number}")
    image = load_image(entry.path)
    mask = load_mask(entry.mask_path, image.size) if entry.mask_path else None
    caption = entry.caption
    if augmentation.flip and draw.random() < 0.5:
        image, mask = ImageOps.mirror(image), mask and ImageOps.mirror(mask)
        caption = caption and _replaced(caption, MIRRORED)
    if augmentation.crop:
        box = _box(image.size, draw)
        image, mask = image.crop(box), mask and mask.crop(box)
    if augmentation.brightness:
        image = _enhanced(image, ImageEnhance.Brightness, draw)
    if augmentation.contrast:
        image = _enhanced(image, ImageEnhance.Contrast, draw)
    if caption:
        caption = _reworded(caption, augmentation, draw)
    stem = re.sub(r"[^\w.-]+", "-", Path(entry.name).with_suffix("").as_posix())
    return Sample(f"{stem}-a{number + 1:04d}", entry.name, image, caption, mask)


def _box(size: tuple[int, int], draw: random.Random) -> tuple[int, int, int, int]:
    """A window that keeps the aspect ratio."""
    share = draw.uniform(CROP, 1)
    width, height = (max(1, round(side * share)) for side in size)
    left, top = draw.randint(0, size[0] - width), draw.randint(0, size[1] - height)
    return left, top, left + width, top + height


def _enhanced(
    image: Image.Image, kind: Callable[[Image.Image], ImageEnhance._Enhance], draw: random.Random
) -> Image.Image:
    """The image with another tone; its transparency stays."""
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    result = kind(image.convert("RGB")).enhance(draw.uniform(1 - TONE, 1 + TONE))
    if alpha is not None:
        result.putalpha(alpha)
    return result


def _reworded(caption: str, augmentation: Augmentation, draw: random.Random) -> str:
    """The caption with synonyms and another order of its parts; `keep` stays in front."""
    keep = augmentation.keep
    front = caption[: len(keep)] if keep and caption.lower().startswith(keep.lower()) else ""
    text = caption[len(front) :]
    if augmentation.synonyms:
        words: dict[str, str] = {}
        for group in SYNONYMS:
            words |= {word: draw.choice(group) for word in group if word.lower() != keep.lower()}
        text = _replaced(text, words)
    if augmentation.word_order:
        first, *parts = text.split(",")
        draw.shuffle(parts)
        text = ",".join([first, *parts])
    return front + text


def _replaced(text: str, words: dict[str, str]) -> str:
    """Whole words replaced in one pass, so that no replacement is replaced again."""
    pattern = "|".join(sorted(map(re.escape, words), key=len, reverse=True))

    def other(match: re.Match[str]) -> str:
        word = words[match[0].lower()]
        return word.capitalize() if match[0][0].isupper() else word

    return re.sub(rf"\b(?:{pattern})\b", other, text, flags=re.IGNORECASE)


def _png(image: Image.Image) -> bytes:
    stream = BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()
