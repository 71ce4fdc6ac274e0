"""Styles and choices of a request: settled per picture before it is stored, kept in the facts."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from core.errors import InvalidInput
from core.models.library import Library
from core.operations.fields import SEED_MAX, TextOutput
from core.operations.generate import Generate
from core.settings import ROOT
from core.tasks.inputs import cache_key
from tests.unit.models.crafting import safetensors
from tests.unit.models.test_lora import peft

LIBRARY = Library([ROOT / "models"], presets_dir=ROOT / "presets")
SIDES = {f"transformer_blocks.{block}.attn.to_q": (192, 192) for block in range(2)}


def resolve(library: Library = LIBRARY, **params: Any) -> Any:
    return Generate.model_validate({"prompt": "a house", **params}).resolve(library)


def test_a_plain_prompt_leaves_nothing_to_tell() -> None:
    assert not {"prompts", "styles"} & resolve().facts.keys()


def test_each_picture_has_the_prompt_of_its_own_seed() -> None:
    text = "a {red|blue|green} __animal__"
    whole = resolve(prompt=text, seed=SEED_MAX - 1, num_images=4)
    assert whole.operation.prompt == text
    for index in range(4):
        seed = (SEED_MAX - 1 + index) % (SEED_MAX + 1)
        alone = resolve(prompt=text, seed=seed).facts["prompts"]
        assert whole.facts["prompts"][index] == alone[0]
    assert len({texts["prompt"] for texts in whole.facts["prompts"]}) > 1


def test_styles_stand_around_the_prompt_that_the_user_keeps() -> None:
    found = resolve(prompt="a {x|x}", styles="blueprint, ink-drawing", negative_prompt="dogs")
    assert found.operation.prompt == "a {x|x}"
    assert found.operation.styles == ("blueprint", "ink-drawing")
    assert [style["name"] for style in found.facts["styles"]["used"]] == [
        "Blueprint",
        "Ink drawing",
    ]
    (texts,) = found.facts["prompts"]
    assert texts["prompt"].startswith("an ink drawing of a blueprint of a x, white lines")
    assert texts["negative_prompt"].startswith("dogs, ")
    again = found.operation.resolve(LIBRARY)
    assert (again.operation, again.facts["prompts"]) == (found.operation, found.facts["prompts"])


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("prompt", {"prompt": "__nothing__"}),
        ("negative_prompt", {"negative_prompt": "__../settings__ __nothing__"}),
        ("styles", {"styles": ["nothing"]}),
        ("prompt", {"prompt": "{1$$" * 20 + "}" * 20}),
    ],
)
def test_what_cannot_be_drawn_is_refused_by_its_field(field: str, bad: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as caught:
        resolve(**bad)
    assert caught.value.field == field


def test_a_text_that_is_still_to_come_is_settled_later_and_the_other_one_checked_now() -> None:
    later = TextOutput(task="T")
    assert "prompts" not in resolve(prompt=later, styles=["blueprint"]).facts
    with pytest.raises(InvalidInput):
        resolve(prompt=later, negative_prompt="__nothing__")


def test_a_changed_list_is_another_task(tmp_path: Path) -> None:
    lists = tmp_path / "lists"
    lists.mkdir()
    library = Library([ROOT / "models"], presets_dir=ROOT / "presets", wildcards_dir=lists)
    keys = set()
    for word in ("cat", "dog"):
        (lists / "pet.txt").write_text(word, encoding="utf-8")
        found = resolve(library, prompt="a __pet__", seed=1)
        keys.add(cache_key("generate", found.operation.model_dump(mode="json"), found.facts))
    assert len(keys) == 2


@pytest.fixture
def styled(tmp_path: Path) -> Library:
    """A library with a style that brings a LoRA under another name, and one that is not here."""
    shutil.copytree(ROOT / "models" / "nano", tmp_path / "models" / "nano")
    (tmp_path / "models" / "loras").mkdir()
    safetensors(tmp_path / "models" / "loras" / "small.safetensors", peft("transformer.", SIDES))
    (tmp_path / "styles").mkdir()
    (tmp_path / "styles" / "a.yaml").write_text(
        "category: A\nstyles:\n  - id: soft\n    name: Soft\n    prompt: soft {prompt}\n"
        "    loras: [{name: small.safetensors, weight: 0.3}, {name: gone}]\n",
        encoding="utf-8",
    )
    return Library([tmp_path / "models"], presets_dir=tmp_path)


def test_a_style_brings_its_loras_where_they_are_here(styled: Library) -> None:
    found = resolve(styled, styles=["soft"])
    assert [(use.name, use.weight) for use in found.operation.loras] == [("small", 0.3)]
    assert [warning.code for warning in found.warnings] == ["lora_skipped"]
    assert found.facts["loras"][0]["weight"] == 0.3


@pytest.mark.parametrize(("weight", "expected"), [(0.9, [("small", 0.9)]), (0, [])])
def test_the_users_weight_of_a_lora_stands(
    styled: Library, weight: float, expected: list[Any]
) -> None:
    found = resolve(styled, styles=["soft"], loras=[{"name": "small", "weight": weight}])
    assert [(use.name, use.weight) for use in found.operation.loras] == expected
