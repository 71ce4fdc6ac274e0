"""Captions of images: in a text or JSON file beside the image, or in its EXIF."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from PIL import Image

from core.store.exif import decode_comment
from core.store.json_text import read_json

TEXT_ENDINGS = (".txt", ".caption")
CAPTION_ENDINGS = (*TEXT_ENDINGS, ".json")
MAX_FILE_BYTES = 1 << 20
_JSON_NAMES = ("caption", "text", "prompt", "description")
_DESCRIPTION, _EXIF_IFD, _USER_COMMENT = 0x010E, 0x8769, 0x9286


def caption_beside(image: Path) -> tuple[str, Path] | None:
    """The caption in a file beside an image, and that file; `.txt` precedes `.caption` and JSON."""
    for ending in CAPTION_ENDINGS:
        file = image.with_suffix(ending)
        if file.is_symlink() or not file.is_file() or file.stat().st_size > MAX_FILE_BYTES:
            continue
        text = file.read_text(encoding="utf-8-sig", errors="replace")
        caption = text if ending in TEXT_ENDINGS else json_caption(text)
        if caption is not None:
            return clean(caption), file
    return None


def json_caption(text: str) -> str | None:
    """The caption of a JSON text: a string, or an object with `caption`, `text` or `prompt`."""
    data = read_json(text)
    if isinstance(data, str):
        return data
    if not isinstance(data, dict):
        return None
    return next((data[name] for name in _JSON_NAMES if isinstance(data.get(name), str)), None)


def exif_caption(image: Image.Image) -> str | None:
    """The EXIF image description or user comment; JSON records of other tools do not count."""
    try:
        exif = image.getexif()
        values: list[Any] = [exif.get(_DESCRIPTION), exif.get_ifd(_EXIF_IFD).get(_USER_COMMENT)]
    except Exception:  # noqa: BLE001 (damaged EXIF is no reason to refuse an image)
        return None
    for value in values:
        text = clean(decode_comment(value))
        if text and not text.startswith("{"):
            return text
    return None


def clean(caption: str) -> str:
    """The caption on one line: no control characters, no spaces at the ends."""
    printable = "".join(c if c.isprintable() else " " for c in caption)
    return " ".join(printable.split())


def caption_json(caption: str) -> str:
    """A caption as the JSON file that `json_caption` reads."""
    return json.dumps({"caption": caption}, ensure_ascii=False) + "\n"
