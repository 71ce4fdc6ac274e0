"""One look at the model directories: what each thing is, kept until its file changes.

Only what changed is read again; what cannot be used is kept with the reason.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TypeVar

from core.errors import ModelBroken
from core.models.families import FAMILIES
from core.models.library import completion
from core.models.library.completion import PartOffer, sources_of
from core.models.library.folder import INDEX_NAME, inspect
from core.models.library.item import Item, of_file, of_folder
from core.models.library.model import Model, WeightsSource
from core.models.library.record import RECORD_NAME, Record, read_record
from core.models.library.walk import CONFIG_NAME, TOKENIZER_NAME, Entry, Kind

Marks = tuple[tuple[str, int, int], ...]
Found = TypeVar("Found")

PARTS = sorted({name for family in FAMILIES.values() for name in family.components})
WATCHED: Mapping[Kind, frozenset[str]] = {
    "model": frozenset({INDEX_NAME, RECORD_NAME, *PARTS}),
    "part": frozenset({CONFIG_NAME, TOKENIZER_NAME}),
    "file": frozenset(),
    "lora": frozenset(),
}
NETWORKS = frozenset({"checkpoint", "transformer"})
SHORT = 6


@dataclass(frozen=True, slots=True)
class LibrarySnapshot:
    """One look at the disk: models by id, what was refused by name, LoRAs, and parts by what."""

    signature: tuple[Marks, ...]
    models: Mapping[str, Model]
    refused: Mapping[str, ModelBroken]
    loras: Mapping[str, Item]
    parts: Mapping[str, Sequence[WeightsSource]]


@dataclass(frozen=True)
class _Folder:
    """A diffusers folder that was looked at; it can lend its parts."""

    model: Model
    root: Path

    @cached_property
    def offered(self) -> tuple[PartOffer, ...]:
        """Its parts, looked at when a single file needs them."""
        return tuple(_lent_by(self.model, self.root))


def marks(entry: Entry) -> Marks:
    """What changes when an entry's content does: cheap enough to ask for at every look."""
    found, own = [], str(entry.path)
    watched = WATCHED[entry.kind]
    for path in (own, *(f"{own}/{name}" for name in entry.held if name in watched)):
        try:
            state = os.stat(path)  # noqa: PTH116 (a Path per file costs more than asking)
        except OSError:
            continue
        found.append((path, state.st_mtime_ns, state.st_size))
    return tuple(found)


class Scanner:
    """Reads entries, each once as long as its marks stay."""

    def __init__(self, words: Mapping[Path, str]) -> None:
        self._words = words
        self._items: dict[Path, tuple[Marks, Item | ModelBroken]] = {}
        self._folders: dict[Path, tuple[Marks, _Folder | ModelBroken | None]] = {}

    def shelf(self, entries: Sequence[Entry], signature: tuple[Marks, ...]) -> LibrarySnapshot:
        """Everything looked at; an earlier folder hides a later one of the same name."""
        marked = list(zip(entries, signature, strict=True))
        folders: dict[str, _Folder] = {}
        refused: dict[str, ModelBroken] = {}
        for entry, mark in marked:
            name = entry.path.name
            if entry.kind == "model" and name not in folders and name not in refused:
                self._put(self._folder(entry, mark), name, folders, refused)
        items = [(one, self._item(one, mark)) for one, mark in marked if one.kind != "model"]
        good = [item for _, item in items if isinstance(item, Item)]
        lenders = folders.values() if any(one.finding.role in NETWORKS for one in good) else ()
        parts = _parts(good, lenders)
        models = {name: folder.model for name, folder in folders.items()}
        loras: dict[str, Item] = {}
        for entry, item in items:
            if isinstance(item, ModelBroken):
                refused.setdefault(entry.path.name, item)
            else:
                _shelve(item, parts, models, refused, loras)
        self._forget({entry.path for entry in entries})
        return LibrarySnapshot(signature, models, refused, loras, parts)

    @staticmethod
    def _put(
        found: _Folder | ModelBroken | None,
        name: str,
        folders: dict[str, _Folder],
        refused: dict[str, ModelBroken],
    ) -> None:
        if isinstance(found, ModelBroken):
            refused[name] = found
        elif found is not None:
            folders[name] = found

    def _folder(self, entry: Entry, mark: Marks) -> _Folder | ModelBroken | None:
        known = self._folders.get(entry.path)
        if known is None or known[0] != mark:
            known = self._folders[entry.path] = (mark, _tried(partial(_read_folder, entry)))
        return known[1]

    def _item(self, entry: Entry, mark: Marks) -> Item | ModelBroken:
        known = self._items.get(entry.path)
        if known is None or known[0] != mark:
            read = of_folder if entry.kind == "part" else of_file
            words = f"{entry.path.stem} {self._words.get(entry.path, '')}"
            item = _tried(partial(read, entry.path, entry.root, words))
            known = self._items[entry.path] = (mark, item)
        return known[1]

    def _forget(self, present: set[Path]) -> None:
        for path in self._items.keys() - present:
            self._items.pop(path, None)
        for path in self._folders.keys() - present:
            self._folders.pop(path, None)


def _tried(read: Callable[[], Found]) -> Found | ModelBroken:
    """What `read` gives, or why it does not. A file that goes away meanwhile is refused too."""
    try:
        return read()
    except ModelBroken as error:
        return error
    except OSError as error:
        return ModelBroken(f"It cannot be read: {error.strerror}.", field="model")


def _read_folder(entry: Entry) -> _Folder | None:
    found = inspect(entry.path, entry.root)
    if found is None:
        return None
    model = completion.of_folder(entry.path.name, entry.path, found, read_record(entry.path))
    return _Folder(model, entry.root)


def _lent_by(model: Model, root: Path) -> list[PartOffer]:
    """The parts of a diffusers folder, which may complete another model of its kind."""
    offered = []
    for name, component in model.family.components.items():
        folder = model.path / name
        if component.loaded and component.parts and folder.is_dir():
            item = _tried(partial(of_folder, folder, root, model.path.name))
            if isinstance(item, Item):
                offered += sources_of(item)
    return offered


def _parts(items: Sequence[Item], folders: Iterable[_Folder]) -> dict[str, list[WeightsSource]]:
    """What can complete a model, by part, what is certain first."""
    offered = [one for item in items for one in sources_of(item)]
    offered += [one for folder in folders for one in folder.offered]
    found: dict[str, list[WeightsSource]] = {}
    for one in sorted(offered, key=lambda offered: not offered.certain):
        found.setdefault(one.source.part, []).append(one.source)
    return found


def _shelve(
    item: Item,
    parts: Mapping[str, Sequence[WeightsSource]],
    models: dict[str, Model],
    refused: dict[str, ModelBroken],
    loras: dict[str, Item],
) -> None:
    """Put a file or a folder of one part where it belongs."""
    found = item.finding
    if found.role == "lora":
        name = _free(item, loras)
        if name is not None:
            loras[name] = item
    elif found.problem is not None:
        refused.setdefault(item.path.name, ModelBroken(found.problem, field="model"))
    elif found.role in NETWORKS:
        name = _free(item, models)
        if name is not None:
            models[name] = completion.of_file(name, item, parts, Record())


def _free(item: Item, taken: Mapping[str, Model | Item]) -> str | None:
    """An id for an item: its name, with the start of its fingerprint where another has the name;
    None for a second copy of the same file."""
    other = taken.get(item.name)
    if other is None:
        return item.name
    if other.fingerprint == item.fingerprint:
        return None
    name = f"{item.name}~{item.fingerprint[:SHORT]}"
    return None if name in taken else name
