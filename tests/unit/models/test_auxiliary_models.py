"""Auxiliary models: found when complete, else named with their download."""

from pathlib import Path

import pytest

from core.errors import InvalidInput, ModelMissing
from core.models.inventory.inventory import Inventory
from core.models.inventory.report import lines
from core.models.library import upscalers
from core.models.library.catalogue import AuxiliaryModel, Catalogue, Licence
from core.models.library.library import Library
from core.operations.declaration.library_context import LibraryContext
from core.operations.upscale import Upscale
from core.settings import ROOT
from core.worker.auxiliary_models import KEPT, WarmAuxiliaryModels

READER = AuxiliaryModel(
    id="reader",
    label="Reader",
    task="describe",
    repository="somebody/reader",
    licence="mit",
    files=("config.json", "*.safetensors"),
    megabytes=12,
    folder="describe/reader",
)


def library(*places: Path) -> Library:
    library = Library(places)
    others = [READER.model_copy(update={"id": f"other-{n}"}) for n in range(KEPT)]
    mit = Licence(label="MIT", commercial=True, url="https://example.org")
    library.__dict__["catalogue"] = Catalogue(
        licences={"mit": mit}, models=(), parts=(), auxiliary=(READER, *others)
    )
    return library


def put(place: Path, *names: str) -> Path:
    folder = place / "describe" / "reader"
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"x")
    return folder


def test_the_finisher_of_a_model_is_an_upscaler_for_drawings() -> None:
    here = library(ROOT / "models")
    inventory = Inventory(here, here.catalogue, ROOT / "models")
    entry = next(entry for entry in inventory.auxiliary_models() if entry.id == "nano")
    assert (entry.task, entry.missing) == ("upscale", ())
    assert entry.label.endswith("for drawings")


def test_a_missing_auxiliary_model_says_how_to_get_it_and_where_it_goes(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing) as missing:
        library(tmp_path).auxiliary("reader")
    assert "main.py models pull reader" in str(missing.value.fix)
    assert str(tmp_path / "describe" / "reader") in str(missing.value.fix)


def test_an_auxiliary_model_is_present_when_all_its_files_are(tmp_path: Path) -> None:
    put(tmp_path, "config.json", "model.safetensors.part")
    with pytest.raises(ModelMissing):
        library(tmp_path).auxiliary("reader")
    folder = put(tmp_path, "model.safetensors")
    assert library(tmp_path / "empty", tmp_path).auxiliary("reader") == folder


def test_an_unknown_auxiliary_model_is_refused_with_those_that_are_known(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as refused:
        library(tmp_path).auxiliary("../etc")
    assert "reader" in str(refused.value.fix)


def test_an_auxiliary_model_is_loaded_once_and_the_oldest_is_evicted(tmp_path: Path) -> None:
    put(tmp_path, "config.json", "model.safetensors")
    loaded: list[str] = []

    def load(folder: Path, device: str) -> list[str]:
        loaded.append(f"{folder.name} on {device}")
        return loaded

    warm = WarmAuxiliaryModels(library(tmp_path), "cpu")
    assert warm.get("reader", load) is warm.get("reader", load)
    assert loaded == ["reader on cpu"]
    for n in range(KEPT):
        warm.get(f"other-{n}", load)
    warm.get("reader", load)
    assert len(loaded) == KEPT + 2


def test_one_folder_gives_a_model_to_each_function_that_loads(tmp_path: Path) -> None:
    put(tmp_path, "config.json", "model.safetensors")

    def remover(folder: Path, device: str) -> str:
        return "remover"

    def upscaler(folder: Path, device: str) -> str:
        return "upscaler"

    warm = WarmAuxiliaryModels(library(tmp_path), "cpu")
    assert warm.get("reader", remover) == "remover"
    assert warm.get("reader", upscaler) == "upscaler"


def test_an_idle_auxiliary_model_is_unloaded(tmp_path: Path) -> None:
    put(tmp_path, "config.json", "model.safetensors")
    loaded: list[Path] = []
    warm = WarmAuxiliaryModels(library(tmp_path), "cpu")
    warm.get("reader", lambda folder, device: loaded.append(folder))
    warm.unload_idle(1000)
    warm.get("reader", lambda folder, device: loaded.append(folder))
    assert len(loaded) == 1
    warm.unload_idle(0)
    warm.get("reader", lambda folder, device: loaded.append(folder))
    assert len(loaded) == 2


@pytest.mark.parametrize("installed", [True, False])
def test_own_upscalers_are_listed_with_the_package_that_they_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installed: bool
) -> None:
    monkeypatch.setattr(upscalers, "can_read", lambda: installed)
    place = tmp_path / "upscalers"
    place.mkdir()
    for name in ("4x-mine.safetensors", "reader.safetensors", "old.pth", ".hidden.safetensors"):
        (place / name).write_bytes(b"123")
    here = library(tmp_path)
    inventory = Inventory(here, here.catalogue, tmp_path)
    (own,) = [model.public() for model in inventory.auxiliary_models() if model.task == "upscale"]
    assert (own["id"], own["label"], own["size_bytes"]) == ("4x-mine", "4x-mine", 3)
    assert own["present"] is installed
    needed = [(part["id"], part["command"]) for part in own["lacks"]]
    assert needed == ([] if installed else [(None, upscalers.SPANDREL)])
    text = list(lines([], {}, inventory.auxiliary_models()))
    assert any(line.startswith("4x-mine") for line in text)
    assert any("pip install" in line for line in text) is not installed
    asked = Upscale(image="A", method="model", upscaler="4x-mine")
    if installed:
        assert asked.resolve(LibraryContext(here)).warnings == ()
    else:
        with pytest.raises(InvalidInput, match="spandrel") as refused:
            asked.resolve(LibraryContext(here))
        assert (refused.value.field, "pip install" in str(refused.value.fix)) == ("upscaler", True)
