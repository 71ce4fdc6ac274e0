"""LoRAs by path and weight on the command line, as card-set studios take them."""

from __future__ import annotations

from typing import Any

import pytest

from core.cli.lora_options import DEFAULT_WEIGHT, spread, take_loras
from core.errors import InvalidInput


def taken(paths: list[str] | None, weights: list[str] | None, **more: Any) -> dict[str, Any]:
    given = {"lora_paths": paths, "lora_weights": weights, **more}
    take_loras(given)
    return given


def test_a_path_stands_for_the_name_of_its_file() -> None:
    paths = ["/a/ink.safetensors", r"C:\loras\robot 1.5.safetensors", "plain"]
    loras = taken(paths, ["0.2", "-1,.5"])["loras"]
    assert loras == [
        {"name": "ink", "weight": 0.2},
        {"name": "robot 1.5", "weight": -1},
        {"name": "plain", "weight": 0.5},
    ]


def test_paths_without_weights_have_the_default_and_no_path_changes_nothing() -> None:
    assert taken(["ink, robot"], None)["loras"] == [
        {"name": name, "weight": DEFAULT_WEIGHT} for name in ("ink", "robot")
    ]
    assert taken(None, None, prompt="a") == {"prompt": "a"}


@pytest.mark.parametrize(
    ("paths", "weights", "more"),
    [
        (["a", "b"], ["1"], {}),
        (["a"], ["1", "2"], {}),
        (None, ["1"], {}),
        (["a"], ["much"], {}),
        (["a"], None, {"loras": "b:1"}),
    ],
)
def test_a_different_count_is_an_error(
    paths: list[str] | None, weights: list[str] | None, more: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInput):
        taken(paths, weights, **more)


def test_several_values_behind_one_option_are_spread() -> None:
    line = "generate --lora-paths a.safetensors b.safetensors --lora-weights .5 -1 --steps 3"
    assert spread(line.split()) == [
        *("generate", "--lora-paths", "a.safetensors", "--lora-paths", "b.safetensors"),
        *("--lora-weights", ".5", "--lora-weights", "-1", "--steps", "3"),
    ]


def test_the_prompt_behind_an_option_is_not_taken_for_a_value() -> None:
    line = ["generate", "--lora-paths", "ink", "a cat", "--lora-weights", "1", "a dog", "2"]
    assert spread(line) == line
