"""The files of a dataset folder as they are: good ones, broken ones and those in the way."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from PIL import Image

from core.errors import InvalidDataset, NotFound
from core.training.datasets.captions import caption_beside, exif_caption
from core.training.datasets.limits import DatasetLimits

ENDINGS = (".jpg", ".jpeg", ".png", ".webp")
CONVERTIBLE = (".bmp", ".gif", ".tif", ".tiff", ".avif", ".heic")
FORMATS = ("JPEG", "PNG", "WEBP")
MASK_SUFFIXES = ("_mask", "-masklabel")
MASK_FOLDER = "masks"
CONTROL_SUFFIX = "_control"
CONTROL_FOLDER = "control"
MAX_DEPTH = 8
_ORIENTATION = 0x0112
_SIDEWAYS = (5, 6, 7, 8)


@dataclass(frozen=True, slots=True)
class Entry:
    """One image file and its caption, good or bad.

    `problem` is the predicate of a file that cannot be read; then sides and hash are empty.
    `control_path` is the image before an edit whose result this one is. `turned`: its EXIF rotates
    it. `caption_path` is None for a caption in EXIF.
    """

    name: str
    path: Path
    size: int = 0
    sha256: str = ""
    width: int = 0
    height: int = 0
    caption: str | None = None
    caption_path: Path | None = None
    mask_path: Path | None = None
    control_path: Path | None = None
    turned: bool = False
    link: bool = False
    problem: str | None = None

    @property
    def ending(self) -> str:
        """The ending of its name, in lower case."""
        return PurePosixPath(self.name).suffix.lower()


def scan(root: Path, limits: DatasetLimits) -> list[Entry]:
    """The images below a folder, by name; masks and control images belong to their images.

    Raises `NotFound` for a missing folder, `InvalidDataset` for a link or too many files.
    """
    if root.is_symlink():
        raise InvalidDataset(
            f"{str(root)!r} is a symbolic link.",
            field="dataset",
            fix="Give the folder that it leads to.",
        )
    if not root.is_dir():
        raise NotFound(f"There is no folder {str(root)!r}.", field="dataset", fix="Check the path.")
    paths: list[Path] = []
    for path in _images(root, 0):
        paths.append(path)
        if len(paths) > limits.max_images:
            raise InvalidDataset(
                f"The folder has more than {limits.max_images} images.",
                field="dataset",
                fix="Split it into several datasets.",
            )
    stems = {path.with_suffix("") for path in paths}
    masks = {mask: path for path in paths if (mask := _masked(path)) in stems}
    controls = {image: path for path in paths if (image := _controlled(path)) in stems}
    beside = {*masks.values(), *controls.values()}
    return [
        replace(
            inspect(path, path.relative_to(root).as_posix(), limits, masks.get(stem)),
            control_path=controls.get(stem),
        )
        for path in paths
        for stem in [path.with_suffix("")]
        if path not in beside
    ]


def inspect(path: Path, name: str, limits: DatasetLimits, mask: Path | None = None) -> Entry:
    """One image file: its header, hash and caption. Errors become its `problem`."""
    if path.is_symlink():
        return Entry(name, path, link=True)
    size = path.stat().st_size
    beside = caption_beside(path)
    caption, caption_path = beside or (None, None)
    known = Entry(name, path, size, "", 0, 0, caption or None, caption_path, mask)
    if PurePosixPath(name).suffix.lower() not in ENDINGS or size > limits.max_bytes:
        return known
    try:
        width, height, turned, own_caption = _header(path, limits)
    except _Unreadable as error:
        return replace(known, problem=str(error))
    return replace(
        known,
        sha256=file_sha256(path),
        width=width,
        height=height,
        caption=(caption if beside else own_caption) or None,
        turned=turned,
    )


class _Unreadable(Exception):
    """The file is not an image that can be read."""


def _header(path: Path, limits: DatasetLimits) -> tuple[int, int, bool, str | None]:
    """Upright width and height, True if EXIF turns it, and its own caption."""
    try:
        with Image.open(path, formats=FORMATS) as image:
            width, height = image.size
            turn = image.getexif().get(_ORIENTATION, 1)
            caption = exif_caption(image)
    except Image.DecompressionBombError:
        raise _Unreadable("has too many pixels") from None
    except Exception as error:  # decoders fail in many ways on damaged bytes
        raise _Unreadable("cannot be read as a JPEG, PNG or WebP image") from error
    if width * height > limits.max_pixels:
        raise _Unreadable(f"has {width} × {height} pixels, more than {limits.max_pixels}")
    if turn in _SIDEWAYS:
        width, height = height, width
    return width, height, turn not in (0, 1), caption


def _images(folder: Path, depth: int) -> Iterator[Path]:
    """Images and links below a folder, in the order of their names; hidden files are left out."""
    if depth > MAX_DEPTH:
        raise InvalidDataset(
            f"The folder {folder.name!r} lies more than {MAX_DEPTH} folders deep.",
            field="dataset",
            fix="Use fewer levels.",
        )
    with os.scandir(folder) as listing:
        entries = sorted(listing, key=lambda entry: entry.name)
    for entry in entries:
        if entry.name.startswith(".") or entry.name == "__MACOSX":
            continue
        if entry.is_symlink():
            yield Path(entry.path)
        elif entry.is_dir():
            yield from _images(Path(entry.path), depth + 1)
        elif Path(entry.name).suffix.lower() in (*ENDINGS, *CONVERTIBLE):
            yield Path(entry.path)


def _masked(path: Path) -> Path | None:
    """The image, without its ending, that a file would be the mask of by its name."""
    for suffix in MASK_SUFFIXES:
        if path.stem.endswith(suffix):
            return path.with_name(path.stem.removesuffix(suffix))
    if path.parent.name == MASK_FOLDER:
        return path.parent.parent / path.stem
    return None


def _controlled(path: Path) -> Path | None:
    """The image, without its ending, that a file would be the control image of by its name."""
    if path.stem.endswith(CONTROL_SUFFIX):
        return path.with_name(path.stem.removesuffix(CONTROL_SUFFIX))
    return path.parent.parent / path.stem if path.parent.name == CONTROL_FOLDER else None


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
