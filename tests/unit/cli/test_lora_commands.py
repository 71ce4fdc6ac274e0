"""Mistakes in the commands `lora`."""

from typer.testing import CliRunner

from core.cli.loras import lora


def test_weights_of_a_sweep_that_are_no_numbers_are_named() -> None:
    result = CliRunner().invoke(lora, ["sweep", "a robot", "--lora", "anna", "--weights", "0,half"])
    assert result.exit_code == 2
    assert "'0,half' is no list of numbers" in result.output.replace("\n", " ")
    assert CliRunner().invoke(lora, ["sweep", "a robot"]).exit_code == 2  # no LoRA is named
