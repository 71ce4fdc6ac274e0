"""The commands about the machine: figures for people and as JSON."""

import json

from typer.testing import CliRunner, Result

import main


def invoked(*words: str) -> Result:
    return CliRunner().invoke(main.app, ["system", *words])


def test_the_facts_of_the_machine_are_printed() -> None:
    facts = json.loads(invoked("info", "--json").stdout)
    assert facts["cores"] >= 1
    assert 0 < facts["memory"]["free_gb"] <= facts["memory"]["total_gb"]
    assert facts["packages"]["optuna"]
    text = invoked("info").stdout
    assert all(name in text for name in facts)


def test_a_machine_without_a_gpu_has_a_sentence() -> None:
    gpus = json.loads(invoked("gpu", "--json").stdout)
    text = invoked("gpu").stdout
    assert ("No GPU" in text) == (not gpus)


def test_the_presets_are_those_of_trainings() -> None:
    names = {line.split()[0] for line in invoked("presets").stdout.splitlines()}
    assert {"character", "style", "concept", "sd15-mini"} <= names


def test_suggestions_name_the_plan_of_images_and_of_each_preset_that_suits() -> None:
    suggestions = json.loads(invoked("optimize", "--json").stdout)
    assert suggestions["model"]
    assert "GB" in suggestions["images"]
    assert "for 240 steps" in suggestions["training concept"]
    assert "training sd15-mini" not in suggestions
