"""The folder of the library that trained LoRAs are written to."""

from __future__ import annotations

import re
from itertools import count
from pathlib import Path

from core.store import atomic

FOLDER = "loras"
_UNSAFE = re.compile(r"[^\w.()+-]+")
_LONGEST = 80


class LoraFolder:
    """`loras` in a folder of models. Files are added under free names, never replaced."""

    def __init__(self, models: Path) -> None:
        self._folder = models / FOLDER

    def add(self, name: str, data: bytes, thumbnail: bytes | None = None) -> str:
        """Write a LoRA and its thumbnail (PNG); return the name of the file without ending.

        A file with the same content stays as it is, and its name is returned.
        """
        stem = _UNSAFE.sub("-", name).strip("-.")[:_LONGEST] or "lora"
        for number in count(1):
            chosen = stem if number == 1 else f"{stem}-{number}"
            path = self._folder / f"{chosen}.safetensors"
            if not path.exists():
                if thumbnail is not None:
                    atomic.write_bytes(path.with_suffix(".png"), thumbnail)
                atomic.write_bytes(path, data)
                return chosen
            if path.stat().st_size == len(data) and path.read_bytes() == data:
                return chosen
        raise AssertionError("unreachable")
