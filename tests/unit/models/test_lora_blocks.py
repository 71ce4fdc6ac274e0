"""Weights of a LoRA's layers by block, by pattern and by preset."""

import pytest

from core.errors import InvalidInput
from core.models.lora_blocks import BLOCKS, PRESETS, Key, block_of, layer_weights

KEYS: list[Key] = [
    *(("transformer", f"transformer_blocks.{n}.attn.to_q") for n in range(4)),
    *(("transformer", f"single_transformer_blocks.{n}.proj_mlp") for n in range(4)),
    ("text_encoder", "encoder.layers.3.mlp.fc1"),
    ("transformer", "x_embedder"),
]
UNET: list[Key] = [
    ("unet", "down_blocks.1.attentions.0.proj_in"),
    ("unet", "mid_block.attentions.0.proj_in"),
    ("unet", "up_blocks.2.attentions.0.proj_in"),
]


def weights(rules: str, keys: list[Key] = KEYS) -> list[float]:
    return list(layer_weights(rules, keys).values())


def test_every_layer_is_in_a_block() -> None:
    blocks = [block_of(key) for key in (*KEYS, *UNET)]
    assert blocks[:4] == [("double", number) for number in range(4)]
    assert blocks[4:8] == [("single", number) for number in range(4)]
    assert blocks[8:] == [("text", 3), ("other", 0), ("down", 1), ("mid", 0), ("up", 2)]
    assert {block for block, _ in blocks} == set(BLOCKS)


def test_later_rules_win_and_layers_without_a_rule_keep_their_weight() -> None:
    assert weights("") == [1] * 10
    assert weights("double=0.5, double.1-2=0, *.proj_mlp=2, text=-1") == [
        0.5, 0, 0, 0.5, 2, 2, 2, 2, -1, 1,
    ]  # fmt: skip
    assert weights("single.3=0")[4:8] == [1, 1, 1, 0]


def test_shares_are_of_the_depth_of_the_block() -> None:
    assert weights("double.50-100%=0")[:4] == [1, 1, 0, 0]
    assert weights("*=0, single.0-25%=1")[4:8] == [1, 0, 0, 0]


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_and_its_complement_add_up_to_one(name: str) -> None:
    for keys in (KEYS, UNET):
        pairs = zip(weights(name, keys), weights(f"complement of {name}", keys), strict=True)
        assert all(first + second == 1 for first, second in pairs)


@pytest.mark.parametrize(
    "rule", ["fcae", "double", "double=x", "double=9", "tripel=1", "up=1", "double.9=1", "=1"]
)
def test_a_rule_without_meaning_is_refused_with_the_way_to_write_it(rule: str) -> None:
    with pytest.raises(InvalidInput) as error:
        weights(rule)
    assert rule in error.value.detail
    assert "face" in (error.value.fix or "")
