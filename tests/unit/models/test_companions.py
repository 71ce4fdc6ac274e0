"""Small models beside the diffusion models: found when whole, named with the way to get them."""

from pathlib import Path

import pytest

from core.errors import InvalidInput, ModelMissing
from core.models.catalogue import Catalogue, Companion, Licence
from core.models.library import Library
from core.worker.companions import KEPT, WarmCompanions

READER = Companion(
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
    found = Library(places)
    others = [READER.model_copy(update={"id": f"other-{n}"}) for n in range(KEPT)]
    mit = Licence(label="MIT", commercial=True, url="https://example.org")
    found.__dict__["catalogue"] = Catalogue(
        licences={"mit": mit}, models=(), parts=(), companions=(READER, *others)
    )
    return found


def put(place: Path, *names: str) -> Path:
    folder = place / "describe" / "reader"
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"x")
    return folder


def test_a_missing_companion_says_how_to_get_it_and_where_it_goes(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing) as missing:
        library(tmp_path).companion("reader")
    assert "main.py models pull reader" in str(missing.value.fix)
    assert str(tmp_path / "describe" / "reader") in str(missing.value.fix)


def test_a_companion_counts_when_every_file_of_it_is_there(tmp_path: Path) -> None:
    put(tmp_path, "config.json", "model.safetensors.part")
    with pytest.raises(ModelMissing):
        library(tmp_path).companion("reader")
    folder = put(tmp_path, "model.safetensors")
    assert library(tmp_path / "empty", tmp_path).companion("reader") == folder


def test_an_unknown_companion_is_refused_with_those_that_are_known(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as refused:
        library(tmp_path).companion("../etc")
    assert "reader" in str(refused.value.fix)


def test_a_companion_is_loaded_once_and_the_oldest_makes_room(tmp_path: Path) -> None:
    put(tmp_path, "config.json", "model.safetensors")
    loaded: list[str] = []

    def load(folder: Path, device: str) -> list[str]:
        loaded.append(f"{folder.name} on {device}")
        return loaded

    warm = WarmCompanions(library(tmp_path), "cpu")
    assert warm.get("reader", load) is warm.get("reader", load)
    assert loaded == ["reader on cpu"]
    for n in range(KEPT):
        warm.get(f"other-{n}", load)
    warm.get("reader", load)
    assert len(loaded) == KEPT + 2


def test_a_companion_that_was_idle_is_let_go(tmp_path: Path) -> None:
    put(tmp_path, "config.json", "model.safetensors")
    loaded: list[Path] = []
    warm = WarmCompanions(library(tmp_path), "cpu")
    warm.get("reader", lambda folder, device: loaded.append(folder))
    warm.unload_idle(1000)
    warm.get("reader", lambda folder, device: loaded.append(folder))
    assert len(loaded) == 1
    warm.unload_idle(0)
    warm.get("reader", lambda folder, device: loaded.append(folder))
    assert len(loaded) == 2
