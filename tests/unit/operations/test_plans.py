"""Plans in a snapshot: what is stored gives back every plan, and stores nothing twice."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from core.models.library.library import Library
from core.operations.declaration.fields import TEXT_MAX
from core.operations.declaration.library_context import LibraryContext
from core.operations.diffusion.lora_use import LoraUse
from core.operations.diffusion.plans import (
    Choice,
    ImagePlan,
    Plans,
    from_facts,
    plan_images,
    seed_of,
    to_facts,
)
from core.operations.generate import Generate
from core.prompts.merging import StyleTemplate
from core.settings import ROOT

LIBRARY = Library([ROOT / "models"])
words = st.sampled_from(["", "a", "a <lora:x:1>", "b"])
loras = st.lists(st.builds(LoraUse, name=st.sampled_from("xy"), weight=st.just(0.5)), max_size=2)


@st.composite
def planned(draw: st.DrawFn) -> tuple[Generate, Plans]:
    operation = Generate(
        prompt=draw(words), negative_prompt=draw(words), loras=tuple(draw(loras)), seed=5
    )
    plans = []
    for index in range(draw(st.integers(1, 6))):
        written = {"prompt": draw(words), "negative_prompt": draw(words)}
        own = tuple(draw(loras))
        metadata = {
            name: text for name, text in written.items() if text != getattr(operation, name)
        }
        if own != operation.loras:
            metadata["loras"] = [{"name": lora.name, "weight": lora.weight} for lora in own]
        plans.append(ImagePlan(draw(words), draw(words), own, seed_of(operation, index), metadata))
    return operation, Plans(tuple(plans), Choice(), varied=True)


@given(planned())
def test_plans_come_back_from_the_snapshot_as_they_were(
    made: tuple[Generate, Plans],
) -> None:
    operation, plans = made
    facts = json.loads(json.dumps(to_facts(operation, plans)))
    assert from_facts(operation, len(plans.images), facts) == plans.images


def test_many_images_of_one_long_prompt_store_it_once() -> None:
    operation = Generate(prompt="a house, " * (TEXT_MAX // 9), seed=1, model="nano")
    styled = StyleTemplate("ink drawing of {prompt}", "photo")
    plans = plan_images(operation, 64, styled, LibraryContext(LIBRARY))
    assert len({plan.seed for plan in plans.images}) == 64
    assert len(json.dumps(to_facts(operation, plans))) < 1.1 * TEXT_MAX


def test_a_plain_prompt_stores_no_text() -> None:
    operation = Generate(prompt="a house", seed=1, model="nano")
    plans = plan_images(operation, 64, StyleTemplate(), LibraryContext(LIBRARY))
    assert to_facts(operation, plans) == {"plans": []}
    assert plans.loras == Choice()
