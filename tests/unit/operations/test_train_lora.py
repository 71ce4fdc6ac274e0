"""The training of a LoRA as an operation: its configuration, resolved before it is queued."""

from pathlib import Path
from typing import Any

import pytest

from core.errors import InvalidInput, NotFound, Refused
from core.models.library.library import Library
from core.operations.declaration.base import Resolved
from core.operations.declaration.library_context import LibraryContext
from core.operations.train_lora import TrainLora
from core.settings import ROOT
from core.training.lookup import TrainingLibrary
from tests.trainings import dataset


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return dataset(tmp_path_factory.mktemp("datasets") / "tin robots")


@pytest.fixture(scope="module")
def library() -> Library:
    return Library([ROOT / "models"], presets_dir=ROOT / "presets")


def resolved(library: Library, folder: Path, **params: Any) -> Resolved:
    training = TrainingLibrary(ROOT / "presets", None, params.pop("allowed", None))
    operation = TrainLora(**{"dataset": str(folder), **params})
    return operation.resolve(LibraryContext(library, training=training))


def config_of(result: Resolved) -> dict[str, Any]:
    return dict(result.facts["training"]["config"])


def test_fields_go_before_sections_and_sections_before_the_preset(
    library: Library, folder: Path
) -> None:
    preset = config_of(resolved(library, folder))
    sections = {"training": {"max_steps": 70, "learning_rate": 2e-4}, "lora": {"rank": 12}}
    config = config_of(resolved(library, folder, config=sections, max_steps=90))
    assert config["training"]["max_steps"] == 90
    assert config["training"]["learning_rate"] == 2e-4
    assert config["lora"]["rank"] == 12
    assert config["training"]["batch_size"] == preset["training"]["batch_size"]


def test_the_lora_is_named_after_its_dataset_and_the_model_by_its_id(
    library: Library, folder: Path
) -> None:
    result = resolved(library, folder)
    assert config_of(result)["output"]["name"] == "tin robots"
    assert config_of(resolved(library, folder, lora_name="anna"))["output"]["name"] == "anna"
    assert config_of(result)["model"]["path"] == result.facts["model"]["id"] == "nano"


def test_an_equal_dataset_has_an_equal_fingerprint_and_a_changed_one_another(
    library: Library, tmp_path: Path
) -> None:
    data = dataset(tmp_path / "robots")
    before = resolved(library, data).fingerprints
    assert resolved(library, data).fingerprints == before
    (data / "0.txt").write_text("another caption", encoding="utf-8")
    assert resolved(library, data).fingerprints != before


@pytest.mark.parametrize("config", ["{", "[1]", "7"])
def test_a_configuration_that_is_no_sections_is_refused(
    library: Library, folder: Path, config: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        resolved(library, folder, config=config)
    assert refused.value.field == "config"
    assert "max_steps" in str(refused.value.fix)


def test_a_dataset_must_exist_and_lie_where_it_may_be_named(
    library: Library, folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(NotFound):
        resolved(library, folder, dataset="no such dataset")
    assert resolved(library, folder, allowed=[folder.parent]).facts
    for allowed in ([], [tmp_path]):
        with pytest.raises(Refused):
            resolved(library, folder, allowed=allowed)
