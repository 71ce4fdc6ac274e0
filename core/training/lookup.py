"""Presets and datasets by the names that requests give them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import NotFound
from core.store.named_folders import allowed_folder, granted

if TYPE_CHECKING:
    from core.training.datasets.folder import Folder
    from core.training.datasets.limits import DatasetLimits
    from core.training.datasets.versions import DatasetStore
    from core.training.evaluation.suites import Suite
    from core.training.presets import Preset


@dataclass(frozen=True, slots=True)
class NamedDataset:
    """The images of a dataset. `reference` finds this very version again."""

    reference: str
    name: str
    folder: Folder


class TrainingLibrary:
    """The presets of a folder, and datasets of the data directory or any folder by its path."""

    def __init__(
        self,
        presets_dir: Path | None,
        data_dir: Path | None,
        allowed: Sequence[Path] | None = None,
    ) -> None:
        """Without a folder there is nothing of its kind. `allowed`: the folders whose datasets may
        be named by path, beside those in the data directory; None for all."""
        self._presets_dir = presets_dir or Path()
        self._presets = self._presets_dir / "training"
        self._data_dir = data_dir
        self._allowed = allowed

    def presets(self) -> tuple[Preset, ...]:
        """All presets by name."""
        from core.training.presets import presets  # not on the way to the first answer

        return presets(self._presets)

    def preset(self, name: str) -> Preset:
        """A preset by its id. Raises `InvalidInput`."""
        from core.training.presets import find

        return find(self._presets, name)

    def suite(self, name: str, model_id: str) -> Suite:
        """A suite of test prompts by its id; without a name that of the model, else the general.

        Raises `InvalidInput`.
        """
        from core.training.evaluation.suites import find_suite

        return find_suite(self._presets_dir, name, model_id)

    def dataset(self, reference: str, limits: DatasetLimits) -> NamedDataset:
        """A dataset by its name or id, also `name@version`, or a folder of images by its path.

        Raises `NotFound`, `Refused`, or `InvalidDataset` with the first files that are refused.
        """
        from core.training.datasets.folder import read_folder

        path = Path(reference).expanduser()
        if os.sep in reference or "/" in reference or path.is_dir():
            folder = read_folder(self._checked(path), limits)
            return NamedDataset(reference, folder.path.name, folder)
        return self._stored(reference, limits)

    def _checked(self, path: Path) -> Path:
        """The folder, if it may be named. Raises `Refused`."""
        if self._allowed is None:
            return path
        own = [self._data_dir, *granted(self._data_dir)] if self._data_dir else []
        folders = [*own, *self._allowed]
        return allowed_folder(
            str(path), folders, field="dataset", command="main.py train lora --data"
        )

    def stored_datasets(self) -> DatasetStore:
        """The datasets of the data directory. Raises `NotFound` without one."""
        from core.training.datasets.versions import DatasetStore

        if self._data_dir is None:
            raise NotFound(
                "There are no datasets here.", field="dataset", fix="Import images first."
            )
        return DatasetStore(self._data_dir / "datasets")

    def _stored(self, reference: str, limits: DatasetLimits) -> NamedDataset:
        store = self.stored_datasets()
        name, _, number = reference.rpartition("@")
        pinned = bool(name) and number.isdecimal()
        dataset = store.get(name if pinned else reference)
        version = store.version(dataset, int(number) if pinned else None).number
        folder = store.folder(dataset, version, limits)
        return NamedDataset(f"{dataset.id}@{version}", dataset.name, folder)
