"""Every file of a folder of LoRAs is listed; one that cannot be used with the reason."""

import pickle
from pathlib import Path

import pytest

from core.models.library.library import Library
from tests.unit.models import headers
from tests.unit.models.crafting import safetensors
from tests.unit.models.test_lora import kohya, unet


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "loras" / "old").mkdir(parents=True)
    return tmp_path / "loras"


def reasons(folder: Path) -> dict[str, str | None]:
    loras = Library([folder.parent]).loras()
    return {name: lora.public()["refusal"] for name, lora in loras.items()}


def test_files_that_cannot_be_used_are_listed_with_the_reason(folder: Path) -> None:
    good = safetensors(folder / "good.safetensors", kohya("lora_unet_", unet(768)))
    (folder / "half.safetensors").write_bytes(good.read_bytes()[:-9])
    (folder / "empty.safetensors").write_bytes(b"")
    (folder / "page.safetensors").write_bytes(b"<!DOCTYPE html><html>Not found</html>")
    (folder / "pickle.pt").write_bytes(pickle.dumps({"evil": 1}))
    safetensors(folder / "model.safetensors", headers.SD15_CHECKPOINT)
    safetensors(folder / "other.safetensors", kohya("lora_unet_", {"blocks.0.q": (5120, 5120)}))
    listed = reasons(folder)
    assert listed.keys() == {"good", "half", "empty", "page", "pickle", "model", "other"}
    assert listed.pop("good") is None
    for name, reason in listed.items():
        assert reason, name
    assert "pickle" in (listed["pickle"] or "")
    assert "not a LoRA" in (listed["model"] or "")


def test_broken_files_of_one_name_are_all_listed(folder: Path) -> None:
    for name in ("a.safetensors", "a.pt", "old/a.safetensors"):
        (folder / name).write_bytes(b"broken")
    assert len(reasons(folder)) == 3


def test_a_broken_file_is_used_by_no_model_and_says_why(folder: Path) -> None:
    (folder / "half.safetensors").write_bytes(b"broken")
    safetensors(folder.parent / "v1-5.safetensors", headers.SD15_CHECKPOINT)
    library = Library([folder.parent])
    lora = library.lora("half")
    (model,) = [*library.models(), *library.incomplete()]
    assert lora.families == ()
    assert lora.refusal(model) == lora.public()["refusal"]
