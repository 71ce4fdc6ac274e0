"""The user's own upscalers: safetensors files in `upscalers` folders.

Names and places only. `core.engine.auxiliary.upscalers` loads them, with the package spandrel.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterable
from pathlib import Path

BUILT_IN = "nano"  # the model whose finisher is the default
FOLDER = "upscalers"
OPERATION = "upscale"
PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_. -]*")  # no path separators
SPANDREL = (
    ".venv/bin/pip install -c constraints.txt spandrel==0.4.2 torchvision==0.28.0 "
    "(without an NVIDIA GPU add --extra-index-url https://download.pytorch.org/whl/cpu)"
)


def own_files(places: Iterable[Path]) -> dict[str, Path]:
    """The files by name without ending; an earlier place hides a later one's same name."""
    files: dict[str, Path] = {}
    for place in places:
        for path in sorted((place / FOLDER).glob("*.safetensors")):
            if PLAIN.fullmatch(path.stem) and path.is_file():
                files.setdefault(path.stem, path)
    return files


def can_read() -> bool:
    """True where spandrel is installed; it is not imported."""
    return all(importlib.util.find_spec(name) for name in ("spandrel", "torchvision"))
