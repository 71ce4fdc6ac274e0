"""The naming schemes of LoRA keys: every layout and algorithm, as tables.

Sources: kohya's sd-scripts, LyCORIS, PEFT, the converters of diffusers 0.42.1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Generic, TypeVar

from core.models.weights.header import Shaped

AnyTensor = TypeVar("AnyTensor", bound=Shaped, covariant=True)


@dataclass(frozen=True, slots=True)
class Algorithm:
    """A LoRA algorithm. `loads` is true where the engine can use it."""

    name: str
    loads: bool = True


LORA = Algorithm("LoRA")
DORA = Algorithm("DoRA")
LOKR = Algorithm("LoKr")
LOHA = Algorithm("LoHa")
OFT = Algorithm("OFT", loads=False)
GLORA = Algorithm("GLoRA", loads=False)
IA3 = Algorithm("(IA)³", loads=False)
FULL = Algorithm("full difference", loads=False)

# Ending behind a module's name → the algorithm and the matrix. The first match counts.
_LEAVES: tuple[tuple[str, Algorithm | None, str], ...] = (
    (r"\.lora_A(?:\.\w+)?\.weight", LORA, "down"),
    (r"\.lora_B(?:\.\w+)?\.weight", LORA, "up"),
    (r"\.lora_down\.weight", LORA, "down"),
    (r"\.lora_up\.weight", LORA, "up"),
    (r"\.lora_mid\.weight", LORA, "mid"),
    (r"\.lora\.down\.weight", LORA, "down"),
    (r"\.lora\.up\.weight", LORA, "up"),
    (r"\.lora_linear_layer\.down\.weight", LORA, "down"),
    (r"\.lora_linear_layer\.up\.weight", LORA, "up"),
    (r"_lora\d?\.down\.weight", LORA, "down"),
    (r"_lora\d?\.up\.weight", LORA, "up"),
    (r"\.lora_B(?:\.\w+)?\.bias", None, "bias"),
    (r"\.(?:dora_scale|lora_magnitude_vector(?:\.\w+)?)", DORA, "magnitude"),
    (r"\.hada_(w1_a|w1_b|w2_a|w2_b|t1|t2)", LOHA, ""),
    (r"\.lokr_(w1|w2|w1_a|w1_b|w2_a|w2_b|t2)", LOKR, ""),
    (r"\.oft_(?:blocks|diag|R)(?:\.\w+)?", OFT, "blocks"),
    (r"\.(?:a1|a2|b1|b2|bm|cm)\.weight", GLORA, "matrix"),
    (r"\.on_input", IA3, "side"),
    (r"\.diff(?:_b)?", FULL, "difference"),
    (r"\.alpha", None, "alpha"),
)
# Beginning of a key → the layout. The first match counts.
_LAYOUTS = (
    (re.compile(r".*\.processor\.\w+_lora\d\."), "xlabs"),
    (re.compile(r"lycoris_"), "lycoris"),
    (re.compile(r"lora_(?:unet|te\d?|transformer|prior)_"), "kohya"),
    (re.compile(r"diffusion_model\.|model\.diffusion_model\."), "ai-toolkit"),
    (re.compile(r"base_model\.model\."), "peft"),
    (re.compile(r"(?:transformer|unet|text_encoder(?:_\d)?)\."), "diffusers"),
    (re.compile(r"(?:double|single|joint|input|output|middle)_blocks?\."), "bfl"),
)
_PREFIX = re.compile(
    r"^(?:base_model\.model\.)?(?:model\.diffusion_model\.|diffusion_model\.|transformer\.|unet\."
    r"|lora_unet_|lora_transformer_|lycoris_|model\.(?!embed))?"
)
_XLABS = {"qkv_lora1": "img_attn_qkv", "qkv_lora2": "txt_attn_qkv", "proj_lora1": "img_attn_proj",
          "proj_lora2": "txt_attn_proj"}  # fmt: skip
_XLABS_NAME = re.compile(r"(?:qkv|proj)_lora[12]$")


@cache  # compiled with the first file, not when the server starts
def _compiled() -> tuple[tuple[re.Pattern[str], Algorithm | None, str], ...]:
    return tuple((re.compile(pattern + "$"), kind, leaf) for pattern, kind, leaf in _LEAVES)


@cache
def _lora_endings() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern}$)" for pattern, kind, _ in _LEAVES if kind))


def is_lora_key(name: str) -> bool:
    """True for a tensor name that only LoRAs have."""
    return _lora_endings().search(name) is not None


def layout_of(names: list[str]) -> str:
    """The naming scheme of the keys."""
    for pattern, layout in _LAYOUTS:
        if any(pattern.match(name) for name in names):
            return layout
    return "peft"


@dataclass(slots=True)
class Module(Generic[AnyTensor]):
    """One trained module: its name in the file, and its matrices by role."""

    name: str
    algorithm: Algorithm | None
    matrices: dict[str, AnyTensor]

    @property
    def flat(self) -> str:
        """Its name without the layout's prefix, with `_` for every dot: equal in every layout."""
        flat = _PREFIX.sub("", self.name).replace(".processor.", ".").replace(".", "_")
        old = _XLABS_NAME.search(flat)
        return flat[: old.start()] + _XLABS[old[0]] if old else flat

    @property
    def sides(self) -> tuple[int | None, int | None]:
        """The sizes of its input and output; None where the matrices do not determine them."""
        if "down" in self.matrices and "up" in self.matrices:
            return _side(self.matrices["down"], 1), _side(self.matrices["up"], 0)
        first, second = self._factor("w1"), self._factor("w2")
        if first is None or second is None:
            return None, None
        if self.algorithm is LOHA:
            return first[1], first[0]
        return first[1] * second[1], first[0] * second[0]

    @property
    def usable(self) -> bool:
        """True where its matrices determine a change that the engine can apply."""
        if self.algorithm is None or not self.algorithm.loads or None in self.sides:
            return False
        magnitude = self.matrices.get("magnitude")
        # LyCORIS also trains magnitudes of inputs, and of its other algorithms.
        return magnitude is None or ("up" in self.matrices and _of_rows(magnitude, self.sides[1]))

    @property
    def rank(self) -> int | None:
        """The inner size of its matrices; None where they are not factored."""
        for name in ("down", "w1_b", "w2_b"):
            if name in self.matrices:
                return _side(self.matrices[name], 0)
        return None

    def _factor(self, name: str) -> tuple[int, int] | None:
        """The sides of a matrix, which may be stored as two factors."""
        whole = self.matrices.get(name)
        tall = whole if whole is not None else self.matrices.get(f"{name}_a")
        wide = whole if whole is not None else self.matrices.get(f"{name}_b")
        if tall is None or wide is None or len(tall.shape) < 2 or len(wide.shape) < 2:
            return None
        core = name.replace("w", "t") in self.matrices and whole is None
        return tall.shape[1 if core else 0], wide.shape[1]


def modules_of(tensors: Mapping[str, AnyTensor]) -> tuple[list[Module[AnyTensor]], int]:
    """The trained modules, and the number of tensors that belong to none."""
    modules: dict[str, Module[AnyTensor]] = {}
    unassigned = 0
    for name, tensor in tensors.items():
        split = _split(name)
        if split is None:
            unassigned += 1
            continue
        base, algorithm, matrix = split
        module = modules.setdefault(base, Module(base, None, {}))
        module.matrices[matrix] = tensor
        if algorithm is not None and module.algorithm is not DORA:
            module.algorithm = algorithm
    return list(modules.values()), unassigned


def _split(name: str) -> tuple[str, Algorithm | None, str] | None:
    """The module's name, the algorithm and the matrix of a tensor."""
    for pattern, algorithm, matrix in _compiled():
        hit = pattern.search(name)
        if hit:
            inner = hit[1] if pattern.groups else matrix
            return _base(name, hit.start(), hit[0]), algorithm, inner
    return None


def _base(name: str, end: int, leaf: str) -> str:
    """Old diffusers wrote `to_q_lora.down`, xlabs `qkv_lora1.down`, where the number counts."""
    number = re.match(r"_lora(\d)", leaf)
    return name[:end] + (f"_lora{number[1]}" if number else "")


def _of_rows(magnitude: Shaped, rows: int | None) -> bool:
    return magnitude.shape[:1] == (rows,) and all(side == 1 for side in magnitude.shape[1:])


def _side(tensor: Shaped, axis: int) -> int | None:
    return tensor.shape[axis] if len(tensor.shape) > axis else None
