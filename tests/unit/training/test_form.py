"""The configuration as a form, and a training as a command."""

import shlex

from typer.testing import CliRunner

from core.operations.train_lora import SETTINGS, TrainLora
from core.training.command import OPTIONS, command_of
from core.training.configuration.form import form_sections, title
from core.training.configuration.layers import overrides
from core.training.configuration.schema import TrainingConfig, field_of, keys, parse


def test_every_setting_is_a_field_of_the_form_or_of_the_operation() -> None:
    sections = form_sections(TrainingConfig(), frozenset(SETTINGS.values()))
    shown = {
        f"{section['name']}.{key}"
        for section in sections
        for key in section["schema"]["properties"]
    }
    assert shown | set(SETTINGS.values()) == set(keys())
    assert not shown & set(SETTINGS.values())


def test_settings_of_the_operation_name_fields_and_keys_that_exist() -> None:
    assert SETTINGS.keys() <= TrainLora.model_fields.keys()
    assert all(field_of(key) is not None for key in SETTINGS.values())


def test_fields_have_a_label_and_the_value_of_the_preset() -> None:
    config = parse(
        {"data": {"resolution": [128]}, "callbacks": {"early_stopping": {"patience": 7}}}
    )
    sections = {section["name"]: section for section in form_sections(config)}
    data = sections["data"]["schema"]["properties"]
    assert data["resolution"]["default"] == [128]
    assert data["resolution"]["ui"] == {"widget": "list"}
    patience = sections["callbacks"]["schema"]["properties"]["early_stopping.patience"]
    assert (patience["default"], patience["title"]) == (7, "Early stopping: patience")
    assert title("min_lr_ratio") == "Min learning rate ratio"


def test_the_command_of_a_training_gives_the_same_parameters() -> None:
    params = {
        "dataset": "0123@2",
        "preset": "style",
        "trigger_word": "blue robot",
        "max_steps": 40,
        "rank": None,
        "config": '{"training": {"batch_size": 2}, "data": {"resolution": [64, 96]}}',
    }
    words = shlex.split(command_of("Tin robots@2", params))
    assert words[:4] == ["python", "main.py", "train", "lora"]
    options = dict(zip(words[4::2], words[5::2], strict=True))
    assert options["--data"] == "Tin robots@2"
    assert (options["--preset"], options["--trigger"]) == ("style", "blue robot")
    sets = [
        value for option, value in zip(words[4::2], words[5::2], strict=True) if option == "--set"
    ]
    expected = {"training": {"batch_size": 2}, "data": {"resolution": [64, 96]}}
    assert overrides(sets) == expected


def test_the_command_names_options_that_exist() -> None:
    from core.cli.training import train

    shown = CliRunner().invoke(train, ["lora", "--help"], env={"COLUMNS": "200"}).output
    assert all(option in shown for option in OPTIONS.values())
    assert OPTIONS.keys() <= TrainLora.model_fields.keys()
