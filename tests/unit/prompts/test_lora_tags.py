"""LoRA tags such as `<lora:name:0.8>`: instructions, and no part of the text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.prompts.lora_tags import LoraTag, extract_tags


@pytest.mark.parametrize(
    ("text", "bare", "tags"),
    [
        ("a cat, <lora:soft:0.8>, in snow", "a cat, in snow", [LoraTag("soft", 0.8)]),
        ("a cat <lora:soft> in snow", "a cat in snow", [LoraTag("soft")]),
        ("<lora:soft:-1>, a cat", "a cat", [LoraTag("soft", -1)]),
        ("a cat<lora:a b.v2: .5 ><LyCO:c:2>", "a cat", [LoraTag("a b.v2", 0.5), LoraTag("c", 2)]),
        ("<lora:a:1> x <lora:a:2>", "x", [LoraTag("a", 1)]),
        ("a,, cat < lora:x > <b:1> (x:1.2)", "a,, cat < lora:x > <b:1> (x:1.2)", []),
    ],
)
def test_tags_are_removed_with_the_commas_around_them(
    text: str, bare: str, tags: list[LoraTag]
) -> None:
    assert extract_tags(text) == (bare, tags)


@pytest.mark.parametrize("weight", ["", "much", "0.5:0.7", "1:lbw=x"])
def test_a_weight_that_is_no_number_is_refused_with_an_example(weight: str) -> None:
    with pytest.raises(InvalidInput, match="'soft'") as caught:
        extract_tags(f"<lora:soft:{weight}>")
    assert "<lora:name:0.8>" in str(caught.value.fix)


@given(st.text(alphabet="ab <>:,lora01."))
def test_no_part_of_a_tag_is_left(text: str) -> None:
    try:
        bare, tags = extract_tags(f"{text}<lora:x:1>")
    except InvalidInput:
        return
    assert tags
    assert "<lora:x:1>" not in bare
