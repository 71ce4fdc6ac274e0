"""Presets and datasets by the names that requests give them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import NotFound

if TYPE_CHECKING:
    from core.training.datasets.folder import Folder
    from core.training.datasets.limits import DatasetLimits
    from core.training.presets import Preset


class TrainingLibrary:
    """The presets of a folder, and datasets of the data directory or any folder by its path."""

    def __init__(self, presets_dir: Path | None, data_dir: Path | None) -> None:
        """Without a folder there is nothing of its kind."""
        self._presets = (presets_dir or Path()) / "training"
        self._data_dir = data_dir

    def presets(self) -> tuple[Preset, ...]:
        """All presets by name."""
        from core.training.presets import presets  # not on the way to the first answer

        return presets(self._presets)

    def preset(self, name: str) -> Preset:
        """A preset by its id. Raises `InvalidInput`."""
        from core.training.presets import find

        return find(self._presets, name)

    def dataset(self, reference: str, limits: DatasetLimits) -> Folder:
        """The images of a dataset: a folder by its path, else a dataset by id or name.

        Raises `NotFound`, or `InvalidDataset` with the first files that are refused.
        """
        from core.training.datasets.folder import read_folder

        path = Path(reference).expanduser()
        if os.sep in reference or "/" in reference or path.is_dir():
            return read_folder(path, limits)
        raise NotFound(
            f"There is no dataset {reference[:80]!r}.",
            field="dataset",
            fix="Give the path of a folder of images with captions.",
        )
