"""List the model directories: folders of models, folders of parts, single files.

A tree is walked once; unchanged directories are not listed again. Links are followed, each
directory once. Only names are read, no contents.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from core.models.weights.file import EXTENSIONS

EntryKind = Literal["model", "part", "file", "lora"]

INDEX_NAME = "model_index.json"
MODULAR_INDEX_NAME = "modular_model_index.json"  # of pipelines of modular blocks
CONFIG_NAME = "config.json"
TOKENIZER_NAME = "tokenizer_config.json"
DEPTH = 8
ENTRIES = 50_000
# A directory that changed a moment ago may change again within the same tick of its clock.
SETTLED_NS = 2_000_000_000
LORA_FOLDERS = frozenset({"lora", "loras", "lycoris"})
# Scanned although most are pickles, so that they are refused with that reason.
ALSO_READ = frozenset({".bin", ".ckpt", ".pt", ".pth"})
# Folders of tokenizers that a program ships beside its models: those of ComfyUI.
PROGRAM_TOKENIZERS = ("comfy/sd1_tokenizer", "comfy/text_encoders/t5_tokenizer")
SKIPPED = frozenset(
    [
        "__pycache__",
        "companions",  # auxiliary models, which the catalogue lists
        "custom_nodes",
        "embeddings",
        "extensions",
        "node_modules",
        "outputs",
        "upscalers",
        "venv",
    ]
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One file or folder. `root` is its place, `held` are the names in a folder."""

    path: Path
    root: Path
    kind: EntryKind
    held: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Listing:
    """One listed directory: `changed` in ns, and `settled` where that is long ago."""

    changed: int
    settled: bool
    entries: tuple[Entry, ...]
    folders: tuple[str, ...]


class Tree:
    """The model directories; a place may also be a single file, or the root of another program."""

    def __init__(self, places: Sequence[Path]) -> None:
        roots = [Path(place).expanduser() for place in places]
        self.places = tuple(map(_inside, roots))
        self._tokenizers = [root / name for root in roots for name in PROGRAM_TOKENIZERS]
        self._listings: dict[str, _Listing] = {}

    def entries(self) -> Iterator[Entry]:
        """All entries, place by place, in the order of names."""
        seen: set[tuple[int, int]] = set()
        count = 0
        for place in (*self.places, *self._tokenizers):
            for entry in self._place(place, seen):
                count += 1
                if count > ENTRIES:
                    return
                yield entry

    def _place(self, place: Path, seen: set[tuple[int, int]]) -> Iterator[Entry]:
        if place.is_file():
            kind = _kind_of_file(place.name, lora=False)
            if kind is not None:
                yield Entry(place, place.parent, kind)
            return
        yield from self._folder(str(place), place, seen, 0, lora=_is_lora(place.name))

    def _folder(
        self, folder: str, root: Path, seen: set[tuple[int, int]], depth: int, *, lora: bool
    ) -> Iterator[Entry]:
        try:
            state = os.stat(folder)  # noqa: PTH116 (a Path per directory costs more than the call)
            if depth > DEPTH or (state.st_dev, state.st_ino) in seen:
                return
            seen.add((state.st_dev, state.st_ino))
            listing = self._listing(folder, root, state.st_mtime_ns, lora=lora)
        except OSError:
            return  # a directory that is not there, or may not be read, holds no models
        yield from listing.entries
        for name in listing.folders:
            inner = f"{folder}/{name}"
            yield from self._folder(inner, root, seen, depth + 1, lora=lora or _is_lora(name))

    def _listing(self, folder: str, root: Path, changed: int, *, lora: bool) -> _Listing:
        known = self._listings.get(folder)
        if known is None or not known.settled or known.changed != changed:
            settled = time.time_ns() - changed > SETTLED_NS
            known = self._listings[folder] = _list(folder, root, changed, settled, lora=lora)
        return known


def _inside(place: Path) -> Path:
    """The directory of models of a program whose root was named."""
    models = place / "models"
    program = any((place / name).is_file() for name in ("main.py", "webui.py", "launch.py"))
    return models if program and models.is_dir() else place


def _list(folder: str, root: Path, changed: int, settled: bool, *, lora: bool) -> _Listing:
    with os.scandir(folder) as scan:
        items = sorted((item for item in scan if item.name[0] != "."), key=lambda item: item.name)
    names = {item.name for item in items if not item.is_dir()}
    kind = _kind_of_folder(names)
    held = tuple(item.name for item in items)
    # A place itself is a part only when it holds nothing else: a stray config.json hides no model.
    if kind == "model" or (kind and (len(names) == len(items) or folder != str(root))):
        return _Listing(changed, settled, (Entry(Path(folder), root, kind, held),), ())
    entries = tuple(
        Entry(Path(item.path), root, own)
        for item in items
        if item.name in names and (own := _kind_of_file(item.name, lora=lora)) is not None
    )
    inner = tuple(i.name for i in items if i.name not in names and i.name.lower() not in SKIPPED)
    return _Listing(changed, settled, entries, inner)


def _kind_of_folder(names: set[str]) -> EntryKind | None:
    if not names.isdisjoint((INDEX_NAME, MODULAR_INDEX_NAME)):
        return "model"
    weighed = any(name.endswith(".safetensors") for name in names)
    if CONFIG_NAME in names and weighed:
        return "part"
    return "part" if TOKENIZER_NAME in names else None


def _kind_of_file(name: str, *, lora: bool) -> EntryKind | None:
    extension = os.path.splitext(name)[1].lower()  # noqa: PTH122 (called for every name)
    if extension not in EXTENSIONS and extension not in ALSO_READ:
        return None
    return "lora" if lora else "file"


def _is_lora(name: str) -> bool:
    return name.lower() in LORA_FOLDERS
