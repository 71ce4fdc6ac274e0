"""The catalogue that ships: it hangs together, and its patterns take what is meant and no more."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest
from pydantic import ValidationError

from core.errors import NotFound
from core.models.catalogue import Catalogue, Entry, read_catalogue
from core.models.families import FAMILIES
from core.settings import ROOT

CATALOGUE = read_catalogue(ROOT / "presets")


def test_every_variant_that_a_family_knows_can_be_brought_by_name() -> None:
    offered = {entry.stands_for for entry in CATALOGUE.models}
    known = {variant.id for family in FAMILIES.values() for variant in family.variants}
    assert known == offered


def test_every_part_that_a_model_takes_from_the_library_can_be_brought_too() -> None:
    for entry in CATALOGUE.models:
        assert [need.id for need in CATALOGUE.with_needs(entry.id)[:-1]] == list(entry.needs)


@pytest.mark.parametrize("entry", [*CATALOGUE], ids=lambda entry: entry.id)
def test_nothing_of_an_entry_leaves_the_models_folder(entry: Entry) -> None:
    for take in entry.files:
        place = take.place(take.take, entry.id)
        assert not place.is_absolute()
        assert ".." not in place.parts


SDXL = [
    "model_index.json",
    "README.md",
    "sd_xl_base_1.0.safetensors",
    "scheduler/scheduler_config.json",
    "tokenizer/vocab.json",
    "tokenizer_2/merges.txt",
    "text_encoder/config.json",
    "text_encoder/model.safetensors",
    "text_encoder/model.fp16.safetensors",
    "text_encoder_2/model.fp16.safetensors",
    "unet/config.json",
    "unet/diffusion_pytorch_model.bin",
    "unet/diffusion_pytorch_model.fp16.safetensors",
    "vae/config.json",
    "vae/diffusion_pytorch_model.fp16.safetensors",
    "vae_1_0/diffusion_pytorch_model.fp16.safetensors",
]


def test_a_diffusers_folder_is_taken_in_half_precision_without_pickles() -> None:
    places = CATALOGUE.get("sdxl-base").places(SDXL)
    assert sorted(str(place) for place in places.values()) == [
        "sdxl-base/model_index.json",
        "sdxl-base/scheduler/scheduler_config.json",
        "sdxl-base/text_encoder/config.json",
        "sdxl-base/text_encoder/model.safetensors",
        "sdxl-base/text_encoder_2/model.safetensors",
        "sdxl-base/tokenizer/vocab.json",
        "sdxl-base/tokenizer_2/merges.txt",
        "sdxl-base/unet/config.json",
        "sdxl-base/unet/diffusion_pytorch_model.safetensors",
        "sdxl-base/vae/config.json",
        "sdxl-base/vae/diffusion_pytorch_model.safetensors",
    ]


def test_weights_and_tokenizer_of_a_text_encoder_lie_side_by_side() -> None:
    files = ["text_encoder_2/model-00001-of-00002.safetensors", "tokenizer_2/tokenizer.json"]
    places = CATALOGUE.get("t5-xxl").places(files)
    assert list(places.values()) == [
        PurePosixPath("text_encoder/t5-xxl/model-00001-of-00002.safetensors"),
        PurePosixPath("text_encoder/t5-xxl/tokenizer.json"),
    ]


def test_a_pickle_is_never_taken() -> None:
    places = CATALOGUE.get("clip-l").places(["text_encoder/pytorch_model.bin"])
    assert places == {}


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(NotFound) as caught:
        CATALOGUE.get("flux9")
    assert "flux1-dev" in (caught.value.fix or "")


def test_no_file_means_an_empty_catalogue(tmp_path: Path) -> None:
    assert list(read_catalogue(tmp_path)) == []


@pytest.mark.parametrize(
    "change",
    [
        {"is": "nothing"},
        {"needs": ["nothing"]},
        {"repository": "../etc"},
        {"surprise": 1},
    ],
)
def test_an_entry_that_does_not_hold_together_is_refused(change: dict[str, object]) -> None:
    entry = {
        "id": "one",
        "label": "One",
        "is": "sd15",
        "repository": "a/b",
        "files": [{"take": "x", "to": "x"}],
        "gigabytes": 1,
        "licence": "MIT",
        "commercial": True,
        "gated": False,
    }
    Catalogue.model_validate({"models": [entry]})
    with pytest.raises(ValidationError):
        Catalogue.model_validate({"models": [{**entry, **change}]})
