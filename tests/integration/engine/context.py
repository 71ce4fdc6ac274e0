"""A context for operations without a worker process."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

from PIL.Image import Image

from core.models.library.library import Library
from core.operations.declaration.base import LoadedModel
from core.operations.declaration.library_context import LibraryContext


class Alone:
    """One loaded model, images by id; remembers what is made, said and noted."""

    task_id, attempt, cancelled = "T", 1, False
    log = logging.getLogger(__name__)

    def __init__(self, model: Any, **pictures: Image) -> None:
        self.models: Any = self
        self.downloads: Any = None
        self.made: list[Image] = []
        self.facts: dict[str, Any] = {}
        self.warnings: list[str] = []
        self._model = model
        self._pictures = pictures

    def get(self, _model_id: str, _vae: str | None = None) -> LoadedModel:
        result: LoadedModel = self._model
        return result

    def unload(self, _model_id: str) -> bool:
        return False

    def progress(
        self,
        phase: str,
        *,
        step: int = 0,
        steps: int = 0,
        image: int = 1,
        images: int = 1,
        preview: Callable[[], bytes] | None = None,
    ) -> None:
        pass

    def should_yield(self) -> bool:
        return False

    def checkpoint(self, path: Path) -> NoReturn:
        raise NotImplementedError

    def restored(self) -> Path | None:
        return None

    def image(self, asset_id: str) -> Image:
        return self._pictures[asset_id]

    @property
    def resolver(self) -> LibraryContext:
        return LibraryContext(Library([]))

    def add_image(self, image: Image, **_about: Any) -> None:
        self.made.append(image)

    def add_value(self, value: Any, *, port: str) -> None:
        raise NotImplementedError

    def warn(self, code: str, _detail: str, _field: str | None = None) -> None:
        self.warnings.append(code)

    def note(self, facts: Mapping[str, Any]) -> None:
        self.facts |= facts
