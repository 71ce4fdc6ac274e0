"""Attention weights of a request: parts of a plan where the family has them, else text."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core.models.families import FAMILIES
from core.models.families.family import Family
from core.models.library.model import Model
from core.models.library.record import Record
from core.operations.diffusion.plans import Plans, from_facts, plan_images, to_facts
from core.operations.generate import Generate
from core.prompts.attention import WeightedText
from core.prompts.merging import StyleTemplate

WEIGHTED = "a (red:1.2) house"
PARTS = (WeightedText("a "), WeightedText("red", 1.2), WeightedText(" house"))
WITH = [family for family in FAMILIES.values() if family.prompts.weights]
WITHOUT = [family for family in FAMILIES.values() if not family.prompts.weights]


def planned(family: Family, wrapping: StyleTemplate | None = None, **params: Any) -> Plans:
    model = Model("m", Path("m"), family, Record(), False, {})
    context: Any = SimpleNamespace(models=SimpleNamespace(get=lambda reference: model))
    operation = Generate(seed=1, model="m", **params)
    plans = plan_images(operation, 2, wrapping or StyleTemplate(), context)
    facts = json.loads(json.dumps(to_facts(operation, plans)))
    assert from_facts(operation, 2, facts) == plans.images
    return plans


@pytest.mark.parametrize("family", WITH, ids=lambda family: family.id)
def test_weights_are_parts_of_the_plan_and_the_metadata_keeps_the_text(family: Family) -> None:
    plans = planned(family, prompt=WEIGHTED, negative_prompt="[dogs]")
    for plan in plans.images:
        assert plan.prompt == PARTS
        assert plan.negative_prompt == (WeightedText("dogs", 1 / 1.1),)
        assert not plan.metadata, "the parameters say it"
    assert not plans.warnings


@pytest.mark.parametrize("family", WITH, ids=lambda family: family.id)
def test_escaped_brackets_are_text(family: Family) -> None:
    (plan, _) = planned(family, prompt=r"a house \(old\)").images
    assert plan.prompt == "a house (old)"


@pytest.mark.parametrize("family", WITH, ids=lambda family: family.id)
def test_weights_hold_for_styles_and_choices_within_them(family: Family) -> None:
    wrapping = StyleTemplate("[ink] {prompt}", "")
    plans = planned(family, wrapping, prompt="({red|red} house:1.2)")
    expected = (WeightedText("ink", 1 / 1.1), WeightedText(" "), WeightedText("red house", 1.2))
    assert {plan.prompt for plan in plans.images} == {expected}


@pytest.mark.parametrize("family", WITHOUT, ids=lambda family: family.id)
def test_a_family_without_weights_reads_them_as_text_and_says_so(family: Family) -> None:
    plans = planned(family, prompt=WEIGHTED, negative_prompt="(dogs:2)")
    assert {plan.prompt for plan in plans.images} == {WEIGHTED}
    codes = [(warning.code, warning.field) for warning in plans.warnings]
    assert codes == [("weights_ignored", "prompt"), ("weights_ignored", "negative_prompt")]
    assert "(red:1.2)" in plans.warnings[0].detail


@pytest.mark.parametrize("family", WITHOUT, ids=lambda family: family.id)
def test_brackets_of_a_sentence_are_no_reason_to_warn(family: Family) -> None:
    plans = planned(family, prompt=r"a house (old) [small] \(red\)")
    assert {plan.prompt for plan in plans.images} == {r"a house (old) [small] \(red\)"}
    assert not plans.warnings


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.id)
def test_a_prompt_without_brackets_needs_no_model(family: Family) -> None:
    context: Any = SimpleNamespace()
    operation = Generate(seed=1, prompt="a house", model="m")
    (plan,) = plan_images(operation, 1, StyleTemplate(), context).images
    assert plan.prompt == "a house"
