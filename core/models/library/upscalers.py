"""Networks that enlarge and that people bring themselves: safetensors files in `upscalers` folders.

Names and places only. `core.engine.auxiliary.upscalers` loads them, with the package spandrel.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterable
from pathlib import Path

FOLDER = "upscalers"
PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_. -]*")  # a file's name that leads nowhere else
SPANDREL = (
    ".venv/bin/pip install -c constraints.txt spandrel==0.4.2 torchvision==0.28.0 "
    "(without an NVIDIA GPU add --extra-index-url https://download.pytorch.org/whl/cpu)"
)


def brought(places: Iterable[Path]) -> dict[str, Path]:
    """The files by name without ending; an earlier place hides a later one's same name."""
    found: dict[str, Path] = {}
    for place in places:
        for path in sorted((place / FOLDER).glob("*.safetensors")):
            if PLAIN.fullmatch(path.stem) and path.is_file():
                found.setdefault(path.stem, path)
    return found


def can_read() -> bool:
    """Whether spandrel is installed; nothing is imported for the answer."""
    return all(importlib.util.find_spec(name) for name in ("spandrel", "torchvision"))
