"""A dataset analysed by a task of the canvas."""

from pathlib import Path
from typing import Any

import pytest

from core.errors import InvalidInput, NotFound
from core.models.library.library import Library
from core.operations.analyze_dataset import AnalyzeDataset
from core.operations.declaration.library_context import LibraryContext
from core.prompts.presets import PromptPresets
from core.settings import ROOT
from core.training.datasets.importing import import_folder
from core.training.datasets.versions import DatasetStore
from core.training.lookup import TrainingLibrary
from tests.trainings import dataset


class Canvas:
    """A context of a worker whose outputs stay in memory."""

    def __init__(self, data_dir: Path) -> None:
        training = TrainingLibrary(ROOT / "presets", data_dir)
        library = Library([ROOT / "models"])
        self.resolver = LibraryContext(library, PromptPresets(ROOT / "presets"), training=training)
        self.facts: Any = {}
        self.values: dict[str, Any] = {}

    def progress(self, phase: str, *, step: int = 0, steps: int = 0) -> None:
        assert (phase, step < steps) == ("measuring", True)

    def add_file(self, data: bytes, *, media_type: str, port: str) -> None:
        self.values[port] = (media_type, data)

    def add_value(self, value: Any, *, port: str) -> None:
        self.values[port] = value

    def run(self, operation: AnalyzeDataset) -> dict[str, Any]:
        """The outputs by port."""
        resolved = operation.resolve(self.resolver)
        self.facts = resolved.facts
        resolved.operation.run(self)  # type: ignore[arg-type]
        return self.values


@pytest.fixture
def canvas(tmp_path: Path) -> Canvas:
    store = DatasetStore(tmp_path / "datasets")
    import_folder(store, store.create("robots"), dataset(tmp_path / "images", 5), "robots")
    store.create("empty")
    return Canvas(tmp_path)


def test_the_report_is_a_text_a_page_and_figures(canvas: Canvas) -> None:
    values = canvas.run(AnalyzeDataset(dataset="robots"))
    assert values.keys() == {port.name for port in AnalyzeDataset.outputs}
    assert values["summary"].startswith("5 images at ")
    media_type, page = values["report"]
    assert (media_type, page[:15]) == ("text/html", b"<!doctype html>")
    assert page.count(b"data:image/webp") == 5
    assert len(values["analysis"]["images"]) == 5


def test_a_dataset_without_images_or_of_an_unknown_name_is_refused(canvas: Canvas) -> None:
    with pytest.raises(InvalidInput, match="'empty' has no images"):
        canvas.run(AnalyzeDataset(dataset="empty"))
    with pytest.raises(NotFound):
        canvas.run(AnalyzeDataset(dataset="nothing"))
