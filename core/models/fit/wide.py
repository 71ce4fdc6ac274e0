"""Parameters that keep their width in a part stored as FP8 or NF4, by the names of its tensors.

The engine leaves embeddings, heads and norms wide, and diffusers leaves wide what has `norm` in its
name, which in FLUX.1 and SD3.5 includes the modulation: a quarter of the network. The rules cover
the names of diffusers, of transformers, of GGUF and of the original files.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from core.models.weights.header import Tensor

Kind = Literal["network", "text_encoder"]

_EMBEDDING = r"embed_tokens|embedding\.|embd|shared|lm_head|^output\.|relative_attention_bias|rel_b"
_FP8: Mapping[Kind, re.Pattern[str]] = {
    "network": re.compile(
        r"norm|pos_embed|patch_embed|^proj_(in|out)\.|^x_embedder\.proj|^final_layer\.linear"
        r"|adaLN_modulation|(img|txt)_mod\.|\.modulation\.|\.ln_[qk]\."
    ),
    "text_encoder": re.compile(r"embed|embd|norm|shared|lm_head|vision|visual|^output\."),
}
BLOCK = 64  # weights that share a scale in NF4; smaller layers stay wide
# NF4 packs every other linear layer: a matrix that is no embedding.
_NF4 = re.compile(rf"{_EMBEDDING}|pos_embed")


def wide_parameters(
    tensors: Mapping[str, Tensor],
    prefix: str,
    format: str,
    kind: Kind = "network",
    pattern: str = "",
) -> int:
    """The number of parameters behind `prefix` that stay wide in `format` (`fp8` or `nf4`).

    `pattern` is `Family.wide` of a network.
    """
    in_fp8 = re.compile(pattern) if pattern else _FP8[kind]
    count = 0
    for name, tensor in tensors.items():
        if name.startswith(prefix) and _is_wide(name.removeprefix(prefix), tensor, format, in_fp8):
            count += tensor.count
    return count


def _is_wide(name: str, tensor: Tensor, format: str, in_fp8: re.Pattern[str]) -> bool:
    if format == "fp8":
        return in_fp8.search(name) is not None
    small = len(tensor.shape) != 2 or tensor.count < BLOCK or not name.endswith(".weight")
    return small or bool(_NF4.search(name))
