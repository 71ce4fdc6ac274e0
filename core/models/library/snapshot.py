"""A cached scan of the model directories. Only changed files are read again; unusable ones are kept
with the reason.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TypeVar

from core.errors import ModelBroken
from core.models.families import FAMILIES
from core.models.library import completion
from core.models.library.completion import PartOffer, offers_of
from core.models.library.control_file import ControlFile
from core.models.library.folder import inspect
from core.models.library.item import Item, of_file, of_folder
from core.models.library.library_file import LibraryFile
from core.models.library.lora_file import LoraFile
from core.models.library.model import Model, WeightsSource
from core.models.library.record import RECORD_NAME, Record, read_record
from core.models.library.reference_file import ReferenceFile
from core.models.library.walk import (
    CONFIG_NAME,
    INDEX_NAME,
    MODULAR_INDEX_NAME,
    TOKENIZER_NAME,
    Entry,
    EntryKind,
)
from core.models.recognition.finding import Finding

# (path, modification time in ns, size) of the files that an entry consists of.
Stamp = tuple[tuple[str, int, int], ...]
Scanned = TypeVar("Scanned")

PARTS = sorted({name for family in FAMILIES.values() for name in family.components})
WATCHED: Mapping[EntryKind, frozenset[str]] = {
    "model": frozenset({INDEX_NAME, MODULAR_INDEX_NAME, RECORD_NAME, *PARTS}),
    "part": frozenset({CONFIG_NAME, TOKENIZER_NAME}),
    "file": frozenset(),
    "lora": frozenset(),
}
WEIGHTS = (".safetensors",)
NETWORKS = frozenset({"checkpoint", "transformer"})
SHORT_HASH = 6


@dataclass(frozen=True, slots=True)
class LibrarySnapshot:
    """The model directories at one moment: models, LoRAs, ControlNets and reference adapters by id,
    refused files by name, and the sources of parts by part id, best first."""

    signature: tuple[Stamp, ...]
    models: Mapping[str, Model]
    refused: Mapping[str, ModelBroken]
    loras: Mapping[str, LoraFile]
    parts: Mapping[str, Sequence[WeightsSource]]
    controls: Mapping[str, ControlFile]
    references: Mapping[str, ReferenceFile]


@dataclass(frozen=True)
class _Folder:
    """A scanned diffusers folder with its control adapter; other models may use its parts."""

    model: Model
    root: Path
    control: Item | ModelBroken | None = None

    @cached_property
    def offers(self) -> tuple[PartOffer, ...]:
        """Its parts, scanned when a single file needs them."""
        return tuple(_offers_of_folder(self.model, self.root))


def stamp(entry: Entry) -> Stamp:
    """A value that changes with an entry's content; cheap enough for every request."""
    files, own = [], str(entry.path)
    watched = WATCHED[entry.kind]
    # A model's folder may hold an adapter beside its parts.
    ending = WEIGHTS if entry.kind == "model" else ()
    names = [name for name in entry.held if name in watched or name.endswith(ending)]
    for path in (own, *(f"{own}/{name}" for name in names)):
        try:
            state = os.stat(path)  # noqa: PTH116 (a Path per file costs more than the call)
        except OSError:
            continue
        files.append((path, state.st_mtime_ns, state.st_size))
    return tuple(files)


class Scanner:
    """Reads entries, each once as long as its stamp stays."""

    def __init__(self, words: Mapping[Path, str]) -> None:
        self._words = words
        self._items: dict[Path, tuple[Stamp, Item | ModelBroken]] = {}
        self._folders: dict[Path, tuple[Stamp, _Folder | ModelBroken]] = {}

    def scan(self, entries: Sequence[Entry], signature: tuple[Stamp, ...]) -> LibrarySnapshot:
        """Read what is new or changed; an earlier folder hides a later one of the same name."""
        stamped = list(zip(entries, signature, strict=True))
        refused: dict[str, ModelBroken] = {}
        folders = self._read_folders(stamped, refused)
        items = {
            entry.path: self._read_item(entry, stamp)
            for entry, stamp in stamped
            if entry.kind != "model"
        }
        good = [item for item in items.values() if isinstance(item, Item)]
        needed = any(item.finding.role in NETWORKS for item in good)
        parts = _parts(good, folders.values() if needed else ())
        models = {name: folder.model for name, folder in folders.items()}
        loras: dict[str, LoraFile] = {}
        controls: dict[str, ControlFile] = {}
        references: dict[str, ReferenceFile] = {}
        lora_entries = {entry.path: entry for entry in entries if entry.kind == "lora"}
        adapters = {
            folder.model.path / str(folder.model.record.control): folder.control
            for folder in folders.values()
            if folder.control is not None
        }
        for path, item in {**items, **adapters}.items():
            if path in lora_entries:
                _add_lora(_as_lora(lora_entries[path], item), loras)
            elif isinstance(item, ModelBroken):
                _refuse(refused, path, item)
            elif not _add_adapter(item, loras, controls, references):
                _sort(item, parts, models, refused)
        self._forget_others({entry.path for entry in entries})
        return LibrarySnapshot(signature, models, refused, loras, parts, controls, references)

    def _read_folders(
        self, stamped: Iterable[tuple[Entry, Stamp]], refused: dict[str, ModelBroken]
    ) -> dict[str, _Folder]:
        folders: dict[str, _Folder] = {}
        for entry, stamp in stamped:
            name = entry.path.name
            if entry.kind != "model" or name in folders or name in refused:
                continue
            folder = self._read_folder(entry, stamp)
            if isinstance(folder, ModelBroken):
                refused[name] = folder
            else:
                folders[name] = folder
        return folders

    def _read_folder(self, entry: Entry, stamp: Stamp) -> _Folder | ModelBroken:
        cached = self._folders.get(entry.path)
        if cached is None or cached[0] != stamp:
            cached = self._folders[entry.path] = (stamp, _read_or_error(partial(_folder, entry)))
        return cached[1]

    def _read_item(self, entry: Entry, stamp: Stamp) -> Item | ModelBroken:
        cached = self._items.get(entry.path)
        if cached is None or cached[0] != stamp:
            read = of_folder if entry.kind == "part" else of_file
            words = f"{entry.path.stem} {self._words.get(entry.path, '')}"
            item = _read_or_error(partial(read, entry.path, entry.root, words))
            cached = self._items[entry.path] = (stamp, item)
        return cached[1]

    def _forget_others(self, present: set[Path]) -> None:
        for path in self._items.keys() - present:
            self._items.pop(path, None)
        for path in self._folders.keys() - present:
            self._folders.pop(path, None)


def _read_or_error(read: Callable[[], Scanned]) -> Scanned | ModelBroken:
    """The result of `read`, or its error; a file that disappears meanwhile is refused too."""
    try:
        return read()
    except ModelBroken as error:
        return error
    except OSError as error:
        return ModelBroken(f"It cannot be read: {error.strerror}.", field="model")


def _folder(entry: Entry) -> _Folder:
    inspection = inspect(entry.path, entry.root)
    record = read_record(entry.path)
    model = completion.of_folder(entry.path.name, entry.path, inspection, record)
    return _Folder(model, entry.root, _control_of(entry, record))


def _control_of(entry: Entry, record: Record) -> Item | ModelBroken | None:
    """The control adapter that a model's record names; None without, or where it is not there."""
    if record.control is None or record.control not in entry.held:
        return None
    path = entry.path / record.control
    item = _read_or_error(partial(of_file, path, entry.root, path.stem))
    if isinstance(item, Item) and item.finding.role != "control":
        return ModelBroken(f"{record.control} of {entry.path.name} is no control.", field="model")
    return item


def _offers_of_folder(model: Model, root: Path) -> list[PartOffer]:
    """The parts of a diffusers folder, which may complete another model of its kind."""
    offers = []
    for name, component in model.family.components.items():
        folder = model.path / name
        if component.loaded and component.parts and folder.is_dir():
            item = _read_or_error(partial(of_folder, folder, root, model.path.name))
            if isinstance(item, Item):
                offers += offers_of(item)
    return offers


def _parts(items: Sequence[Item], folders: Iterable[_Folder]) -> dict[str, list[WeightsSource]]:
    """The sources of parts by part id, exact matches first."""
    offers = [offer for item in items for offer in offers_of(item)]
    offers += [offer for folder in folders for offer in folder.offers]
    parts: dict[str, list[WeightsSource]] = {}
    for offer in sorted(offers, key=lambda offer: not offer.certain):
        parts.setdefault(offer.source.part, []).append(offer.source)
    return parts


_MODEL = "It is a model or a part of one, not a LoRA."
_OTHERS = {"control": "It is a control, not a LoRA: put it into models/controlnet."}


def _as_lora(entry: Entry, item: Item | ModelBroken) -> Item:
    """A file of a folder of LoRAs; one that is broken or no LoRA has the reason as its problem."""
    if isinstance(item, ModelBroken):
        return Item(entry.path, entry.root, Finding("lora", problem=item.detail), ())
    if item.finding.role == "lora":
        return item
    role = item.finding.role if item.finding.problem is None else ""
    problem = item.finding.problem or _OTHERS.get(role, _MODEL)
    return replace(item, finding=replace(item.finding, role="lora", problem=problem))


def _add_lora(item: Item, loras: dict[str, LoraFile]) -> None:
    name = _free_id(item, loras)
    if name is not None:
        loras[name] = LoraFile(name, item)


def _add_adapter(
    item: Item,
    loras: dict[str, LoraFile],
    controls: dict[str, ControlFile],
    references: dict[str, ReferenceFile],
) -> bool:
    """Add a file that a model uses beside its own; False for any other."""
    role, problem = item.finding.role, item.finding.problem
    if role == "lora":
        _add_lora(item, loras)
    elif role == "control" and problem is None:
        if (name := _free_id(item, controls)) is not None:
            controls[name] = ControlFile(name, item)
    elif role == "reference":
        if (name := _free_id(item, references)) is not None:
            references[name] = ReferenceFile(name, item)
    else:
        return False
    return True


def _sort(
    item: Item,
    parts: Mapping[str, Sequence[WeightsSource]],
    models: dict[str, Model],
    refused: dict[str, ModelBroken],
) -> None:
    """Add a scanned model, or refuse it."""
    finding = item.finding
    if finding.problem is not None:
        _refuse(refused, item.path, ModelBroken(finding.problem, field="model"))
    elif finding.role in NETWORKS:
        name = _free_id(item, models)
        if name is not None:
            models[name] = completion.of_file(name, item, parts, Record())


def _refuse(refused: dict[str, ModelBroken], path: Path, error: ModelBroken) -> None:
    """Add an unusable file by its name, with its folder where another has the same name."""
    name = path.name if path.name not in refused else f"{path.parent.name}/{path.name}"
    refused.setdefault(name, error)


def _free_id(item: Item, taken: Mapping[str, Model | LibraryFile]) -> str | None:
    """An id for an item: its name, with the start of its fingerprint where the name is taken; None
    for a second copy of the same file."""
    other = taken.get(item.name)
    if other is None:
        return item.name
    if not item.weights:  # it could not be read, so its content distinguishes nothing
        names = (item.path.name, item.path.relative_to(item.root).as_posix())
        return next((name for name in names if name not in taken), None)
    if other.fingerprint == item.fingerprint:
        return None
    name = f"{item.name}~{item.fingerprint[:SHORT_HASH]}"
    return None if name in taken else name
