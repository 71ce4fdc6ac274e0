"""`<lora:name:0.8>` in a prompt: an instruction, never a word that is drawn."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.prompts.lora_tags import LoraTag, taken_out


@pytest.mark.parametrize(
    ("text", "bare", "signs"),
    [
        ("a cat, <lora:soft:0.8>, in snow", "a cat, in snow", [LoraTag("soft", 0.8)]),
        ("a cat <lora:soft> in snow", "a cat in snow", [LoraTag("soft")]),
        ("<lora:soft:-1>, a cat", "a cat", [LoraTag("soft", -1)]),
        ("a cat<lora:a b.v2: .5 ><LyCO:c:2>", "a cat", [LoraTag("a b.v2", 0.5), LoraTag("c", 2)]),
        ("<lora:a:1> x <lora:a:2>", "x", [LoraTag("a", 1)]),
        ("a,, cat < lora:x > <b:1> (x:1.2)", "a,, cat < lora:x > <b:1> (x:1.2)", []),
    ],
)
def test_signs_are_taken_out_with_the_commas_that_held_them(
    text: str, bare: str, signs: list[LoraTag]
) -> None:
    assert taken_out(text) == (bare, signs)


@pytest.mark.parametrize("weight", ["", "much", "0.5:0.7", "1:lbw=x"])
def test_a_weight_that_is_no_number_is_refused_with_an_example(weight: str) -> None:
    with pytest.raises(InvalidInput, match="'soft'") as caught:
        taken_out(f"<lora:soft:{weight}>")
    assert "<lora:name:0.8>" in str(caught.value.fix)


@given(st.text(alphabet="ab <>:,lora01."))
def test_nothing_of_a_sign_is_left_and_taking_out_again_finds_none(text: str) -> None:
    try:
        bare, signs = taken_out(f"{text}<lora:x:1>")
    except InvalidInput:
        return
    assert signs
    assert "<lora:x:1>" not in bare
