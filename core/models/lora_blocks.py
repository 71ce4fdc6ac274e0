"""Weights by block and layer: rules such as `double.0-7=0.5, *.to_q=0`, and presets of them.

A block is `double`, `single` (transformers), `down`, `mid`, `up` (UNets), `text` (text encoders) or
`other`. Numbers are places in it, with `%` a share of its depth. A rule with `*` is a pattern of
diffusers' layer names. Later rules win; layers without a rule keep the weight 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from core.errors import InvalidInput
from core.suggestion import suggest

WEIGHT_MAX = 4.0
COMPLEMENT = "complement of "
_BLOCKS = (
    ("single", re.compile(r"single_transformer_blocks\.(\d+)\.")),
    ("double", re.compile(r"transformer_blocks\.(\d+)\.")),
    ("down", re.compile(r"down_blocks\.(\d+)\.")),
    ("up", re.compile(r"up_blocks\.(\d+)\.")),
    ("mid", re.compile(r"mid_block\.()")),
)
_TEXT = re.compile(r"(?:layers|block)\.(\d+)\.")
_RULE = re.compile(r"(?P<block>[a-z]+)(?:\.(?P<first>\d+)(?P<unit>%?)(?:-(?P<last>\d+)%?)?)?")
BLOCKS = ("double", "single", "down", "mid", "up", "text", "other")

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class BlockPreset:
    """Rules with a name. They are conventions of users, not measurements."""

    title: str
    rules: str


PRESETS: Mapping[str, BlockPreset] = {
    "all": BlockPreset("All layers", ""),
    "network": BlockPreset("Without text encoders", "text=0"),
    "face": BlockPreset(
        "Face: the middle of the network",
        "*=0, double.35-100%=1, single.0-50%=1, mid=1, up.0-50%=1, text=1",
    ),
    "style": BlockPreset(
        "Style: the end of the network",
        "*=0, double.0-35%=1, single.50-100%=1, down.0-35%=1, up.50-100%=1",
    ),
    "aggressive": BlockPreset(
        "Face, and half of the rest",
        "*=0.5, double.35-100%=1, single.0-50%=1, mid=1, up.0-50%=1, text=1",
    ),
    "inverted": BlockPreset(
        "Face inverted: all but the middle",
        "double.35-100%=0, single.0-50%=0, mid=0, up.0-50%=0, text=0",
    ),
}


def block_of(key: Key) -> tuple[str, int]:
    """The block of a layer, and its place in it."""
    component, name = key
    if component.startswith("text_encoder"):
        match = _TEXT.search(f"{name}.")
        return "text", int(match[1]) if match else 0
    for block, pattern in _BLOCKS:
        if match := pattern.match(name):
            return block, int(match[1] or 0)
    return "other", 0


def layer_weights(rules: str, keys: Iterable[Key]) -> dict[Key, float]:
    """The weight of each layer by rules or the name of a preset, which `complement of` inverts.

    Raises `InvalidInput` for a rule that cannot be read, or that names no layer.
    """
    keys = list(keys)
    text = rules.strip()
    inverted = text.startswith(COMPLEMENT)
    text = text.removeprefix(COMPLEMENT).strip()
    preset = PRESETS.get(text)
    weights = dict.fromkeys(keys, 1.0)
    depths: dict[str, int] = {}
    for block, place in map(block_of, keys):
        depths[block] = max(depths.get(block, 0), place + 1)
    written = preset.rules if preset else text
    for rule in filter(None, (part.strip() for part in written.split(","))):
        chosen, weight = _chosen(rule, keys, depths)
        if not chosen and preset is None:
            raise _wrong(rule, "names no layer of the LoRA")
        weights |= dict.fromkeys(chosen, weight)
    return {key: 1 - weight for key, weight in weights.items()} if inverted else weights


def _chosen(rule: str, keys: list[Key], depths: Mapping[str, int]) -> tuple[list[Key], float]:
    """The layers of a rule, and its weight."""
    selector, equals, value = (part.strip() for part in rule.partition("="))
    try:
        weight = float(value)
    except ValueError:
        weight = WEIGHT_MAX + 1
    if not equals or not abs(weight) <= WEIGHT_MAX:
        raise _wrong(rule, f"is no `block=weight` with a weight of at most {WEIGHT_MAX:g}")
    if "*" in selector:
        return [key for key in keys if fnmatchcase(key[1], selector)], weight
    match = _RULE.fullmatch(selector)
    if match is None or match["block"] not in BLOCKS:
        near = suggest(selector.partition(".")[0], (*BLOCKS, *PRESETS)) or ""
        raise _wrong(rule, f"names no block of {', '.join(BLOCKS)}. {near}".rstrip(" ."))
    block = match["block"]
    depth = depths.get(block, 1) / 100 if match["unit"] or "%" in selector else 1
    first = float(match["first"] or 0) * depth
    last = float(match["last"] or match["first"] or 1 << 30)
    last = last * depth if "%" in selector else last + 1
    own = [key for key in keys if block_of(key)[0] == block]
    return [key for key in own if first <= block_of(key)[1] < last], weight


def _wrong(rule: str, why: str) -> InvalidInput:
    return InvalidInput(
        f"The rule {rule[:80]!r} {why}.",
        field="blocks",
        fix="Write `double.0-7=0.5, single=1, *.to_q=0`, or a preset: " + ", ".join(PRESETS) + ".",
    )
