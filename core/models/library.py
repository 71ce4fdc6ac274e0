"""The models on this machine: the folders of the model directories that a family recognises.

Reading never runs or loads anything. A folder is looked at again when its index, its record or the
list of its files changes, so a model that was copied in appears without a restart.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import ModelBroken, ModelMissing
from core.models.families import FAMILIES
from core.models.folder import INDEX_NAME, inspect
from core.models.model import Model
from core.models.record import RECORD_NAME, read_record

if TYPE_CHECKING:
    from core.models.catalogue import Catalogue

__all__ = ["Library", "Model"]

Signature = tuple[tuple[str, int, int], ...]
PARTS = sorted({name for family in FAMILIES.values() for name in family.components})
WATCHED = ("", INDEX_NAME, RECORD_NAME, *PARTS)  # in a model's folder, itself included


@dataclass(frozen=True, slots=True)
class _Shelf:
    """One look at the disk."""

    signature: Signature
    models: Mapping[str, Model]
    refused: Mapping[str, ModelBroken]


class Library:
    """Models by id (a folder's name). An earlier directory hides a later one's same name."""

    def __init__(
        self,
        model_dirs: Sequence[Path],
        presets_dir: Path | None = None,
        *,
        offline: bool = False,
    ) -> None:
        self.offline = offline
        self._presets_dir = presets_dir
        self._directories = tuple(Path(path) for path in model_dirs)
        self._shelf: _Shelf | None = None

    @cached_property
    def catalogue(self) -> Catalogue:
        """What can be downloaded; read when it is first asked for."""
        from core.models import catalogue

        if self._presets_dir is None:
            return catalogue.Catalogue()
        return catalogue.read_catalogue(self._presets_dir)

    def models(self) -> Sequence[Model]:
        """All usable models, the default first, then by label."""
        found = self._look().models.values()
        return sorted(found, key=lambda model: (not model.record.default, model.label.lower()))

    def refused(self) -> Mapping[str, ModelBroken]:
        """Folders that claim to be models but are not used, by id, with the reason."""
        return self._look().refused

    def get(self, model_id: str) -> Model:
        """The model. Raises `ModelMissing`, or `ModelBroken` when its folder was refused."""
        shelf = self._look()
        if model_id in shelf.models:
            return shelf.models[model_id]
        if model_id in shelf.refused:
            broken = shelf.refused[model_id]
            raise ModelBroken(broken.detail, field="model", fix=broken.fix)
        raise self._missing(f"There is no model {model_id[:200]!r} on this machine.")

    def default(self, mode: str) -> Model:
        """The model used in `mode` when none is named. Raises `ModelMissing`."""
        for model in self.models():
            if mode in model.modes:
                return model
        raise self._missing(f"There is no model for {mode!r} on this machine.")

    def _missing(self, detail: str) -> ModelMissing:
        known = ", ".join(model.id for model in self.models())
        places = ", ".join(str(path) for path in self._directories)
        fix = f"Choose one of: {known}." if known else f"Put a diffusers folder into {places}."
        return ModelMissing(detail, field="model", fix=fix)

    def _look(self) -> _Shelf:
        folders = list(self._folders())
        signature = tuple(mark for folder, _ in folders for mark in _marks(folder))
        shelf = self._shelf
        if shelf is None or shelf.signature != signature:
            # Assigned whole: another thread sees the old shelf or the new one, never a half.
            shelf = self._shelf = _read(folders, signature)
        return shelf

    def _folders(self) -> Iterator[tuple[Path, Path]]:
        for directory in self._directories:
            try:
                entries = sorted(directory.iterdir())
            except OSError:
                continue  # a directory that is not there holds no models
            for folder in entries:
                if not folder.name.startswith(".") and (folder / INDEX_NAME).is_file():
                    yield folder, directory


def _marks(folder: Path) -> Iterator[tuple[str, int, int]]:
    """What changes when a folder's content does: cheap enough to ask for at every look."""
    for name in WATCHED:
        path = f"{folder}/{name}"
        try:
            state = os.stat(path)  # noqa: PTH116 (a Path per file costs more than asking)
        except OSError:
            continue
        yield path, state.st_mtime_ns, state.st_size


def _read(folders: Sequence[tuple[Path, Path]], signature: Signature) -> _Shelf:
    models: dict[str, Model] = {}
    refused: dict[str, ModelBroken] = {}
    for folder, root in folders:
        if folder.name in models or folder.name in refused:
            continue
        try:
            found = inspect(folder, root)
            if found is not None:
                models[folder.name] = Model.of(folder, found, read_record(folder))
        except ModelBroken as error:
            refused[folder.name] = error
    return _Shelf(signature, models, refused)
