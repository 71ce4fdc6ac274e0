"""Configurations of trainings: layers, presets and the sentences for mistakes."""

from pathlib import Path

import pytest

from core.errors import InvalidInput
from core.models.families import FAMILIES
from core.settings import ROOT
from core.training.configuration.layers import SHORT, overrides, read_yaml
from core.training.configuration.merging import merged
from core.training.configuration.schema import TrainingConfig, field_of, keys, parse
from core.training.presets import find, presets

PRESETS = ROOT / "presets" / "training"


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("preset", [preset.id for preset in presets(PRESETS)])
def test_every_preset_is_valid_for_every_family(preset: str, family: str) -> None:
    assert parse(find(PRESETS, preset).for_model("some-model", family))


def test_the_users_presets_exist_by_name() -> None:
    assert {preset.id for preset in presets(PRESETS)} == {
        "character",
        "style",
        "concept",
        "sd15-mini",
    }
    assert not find(PRESETS, "sd15-mini").suits("flux1")


@pytest.mark.parametrize("preset", ["character", "style", "concept"])
def test_the_recipe_of_the_built_in_model_wins_over_every_preset(preset: str) -> None:
    config = parse(find(PRESETS, preset).for_model("nano", "flux2-klein"))
    assert (config.lora.rank, config.lora.target_modules) == (8, "blocks")
    assert (config.data.prior_share, config.data.prior_images) == (0.5, 128)
    assert len(config.data.prior_prompts) == 128


def test_the_sections_are_those_that_users_know() -> None:
    assert list(TrainingConfig.model_fields) == [
        "model",
        "lora",
        "training",
        "data",
        "validation",
        "output",
        "logging",
        "callbacks",
    ]


def test_every_short_flag_stands_for_a_setting() -> None:
    assert all(field_of(key) for key in SHORT.values())
    assert not [key for key in keys() if not (field_of(key) and field_of(key).description)]  # type: ignore[union-attr]


def test_later_layers_win_key_by_key() -> None:
    base = {"lora": {"rank": 4, "dropout": 0.1}}
    config = parse(merged(base, overrides(["rank=32", "training.learning_rate=2e-4", "steps=7"])))
    assert (config.lora.rank, config.lora.dropout) == (32, 0.1)
    assert (config.training.learning_rate, config.training.max_steps) == (2e-4, 7)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"lora": {"rank": 256}}, ["`lora.rank`", "256", "128"]),
        ({"training": {"optimizer": "sgd"}}, ["`training.optimizer`", "'sgd'", "'prodigy'"]),
        ({"lora": {"ranks": 8}}, ["`lora.ranks`", "lora.rank", "lora.alpha"]),
        ({"lora": 3}, ["`lora`", "3"]),
        ({"network": {}}, ["`network`", "lora", "callbacks"]),
        ({"data": {"resolution": [500]}}, ["`data.resolution`", "500", "16"]),
    ],
)
def test_a_mistake_names_key_value_and_what_is_allowed(
    values: dict[str, object], words: list[str]
) -> None:
    with pytest.raises(InvalidInput) as raised:
        parse(values)
    assert all(word in raised.value.detail for word in words), raised.value.detail


def test_all_mistakes_are_reported_at_once() -> None:
    with pytest.raises(InvalidInput) as raised:
        parse({"lora": {"rank": 0}, "training": {"batch_size": 0}})
    assert [error.field for error in raised.value.errors] == ["lora.rank", "training.batch_size"]


@pytest.mark.parametrize(
    ("text", "word"),
    [("rank", "no assignment"), ("lora.rnk=3", "lora.rank"), ("max_steps=3", "training.max_steps")],
)
def test_a_wrong_override_is_refused_with_the_right_key(text: str, word: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        overrides([text])
    assert word in f"{raised.value.detail} {raised.value.fix}"


def test_numbers_in_scientific_notation_are_numbers(tmp_path: Path) -> None:
    file = tmp_path / "run.yaml"
    file.write_text("training: {learning_rate: 1e-4}\n", encoding="utf-8")
    assert parse(read_yaml(file)).training.learning_rate == 1e-4


@pytest.mark.parametrize("text", ["a: [", "- 1", "\x80"])
def test_a_malformed_file_is_refused_with_its_name(tmp_path: Path, text: str) -> None:
    file = tmp_path / "run.yaml"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(InvalidInput, match=r"run\.yaml"):
        read_yaml(file)


def test_an_unknown_preset_names_the_known_ones() -> None:
    with pytest.raises(InvalidInput) as raised:
        find(PRESETS, "charakter")
    assert "character" in str(raised.value.fix)


def test_the_number_of_steps_follows_the_images() -> None:
    config = TrainingConfig()
    assert [config.steps(images) for images in (5, 24, 100)] == [500, 720, 1500]
