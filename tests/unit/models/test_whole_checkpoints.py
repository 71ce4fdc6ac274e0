"""Whole checkpoints dropped into the models folder: only tokenizers are not in them."""

import json
from pathlib import Path

import pytest

from core.errors import Download, ModelMissing
from core.models.library.library import Library
from core.settings import ROOT
from tests.unit.models import headers
from tests.unit.models.test_single_files import put

CHECKPOINTS = {
    "sd15": (headers.SD15_CHECKPOINT, ["tokenizer-clip"]),
    "sdxl": (headers.SDXL_CHECKPOINT, ["tokenizer-clip"]),
    "sdxl-refiner": (headers.SDXL_REFINER_CHECKPOINT, ["tokenizer-clip"]),
    "playground": ({**headers.SDXL_CHECKPOINT, **headers.EDM}, ["tokenizer-clip"]),
    "flux1": (headers.FLUX1_CHECKPOINT, ["tokenizer-clip", "tokenizer-t5"]),
}
LABELS = {"tokenizer-clip": "CLIP tokenizer", "tokenizer-t5": "T5 tokenizer"}


def library_of(*places: Path) -> Library:
    return Library(places, presets_dir=ROOT / "presets")


def tokenizer(folder: Path, class_name: str, vocabulary: str) -> None:
    folder.mkdir(parents=True)
    config = json.dumps({"tokenizer_class": class_name})
    (folder / "tokenizer_config.json").write_text(config, encoding="utf-8")
    (folder / vocabulary).write_bytes(b" " * 600_000)


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_a_whole_checkpoint_names_each_tokenizer_once_and_one_download(
    tmp_path: Path, name: str
) -> None:
    shapes, parts = CHECKPOINTS[name]
    put(tmp_path / "my model.safetensors", shapes)
    library = library_of(tmp_path)
    offers = library.offers("my model")
    assert [offer.id for offer in offers] == parts
    with pytest.raises(ModelMissing) as missing:
        library.get("my model")
    labels = ", ".join(LABELS[part] for part in parts)
    assert missing.value.detail == f"my model is not complete: {labels} missing."
    assert "main.py models pull 'my model'" in str(missing.value.fix)
    size = sum(offer.bytes for offer in offers)
    assert list(missing.value.pull) == [Download("my model", labels, size)]
    assert size < 10_000_000


def test_a_file_with_the_name_of_a_catalogue_model_gets_its_missing_parts_only(
    tmp_path: Path,
) -> None:
    put(tmp_path / "sd15.safetensors", headers.SD15_CHECKPOINT)
    assert [offer.id for offer in library_of(tmp_path).offers("sd15")] == ["tokenizer-clip"]
    assert [offer.id for offer in library_of(tmp_path / "empty").offers("sd15")] == ["sd15"]


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_the_tokenizers_of_comfyui_complete_whole_checkpoints(tmp_path: Path, name: str) -> None:
    (tmp_path / "main.py").write_text("", encoding="utf-8")
    put(tmp_path / "models" / "checkpoints" / "mine.safetensors", CHECKPOINTS[name][0])
    comfy = tmp_path / "comfy"
    tokenizer(comfy / "sd1_tokenizer", "CLIPTokenizer", "vocab.json")
    tokenizer(comfy / "text_encoders" / "t5_tokenizer", "T5Tokenizer", "tokenizer.json")
    model = library_of(tmp_path).get("mine")
    assert {source.part for source in model.sources.values()} >= set(CHECKPOINTS[name][1])


def test_a_model_that_the_catalogue_cannot_complete_offers_no_download(tmp_path: Path) -> None:
    put(tmp_path / "mine.safetensors", headers.SD15_CHECKPOINT)
    with pytest.raises(ModelMissing) as missing:
        Library([tmp_path]).get("mine")
    assert list(missing.value.pull) == []
    assert "models list" in str(missing.value.fix)
