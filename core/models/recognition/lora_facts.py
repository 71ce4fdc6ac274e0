"""What a LoRA says about itself: its alpha, its base model, its trigger words.

Metadata is a stranger's text: read with limits, shown, never obeyed.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from core.models.recognition.lora_keys import Module
from core.models.weights.header import Header, MetaValue, Tensor

_TEXT_LIMIT = 4 << 20
_ALPHAS_READ = 8
_WORDS = 12
_WORD_LENGTH = 80
# Where trainers write the base model, the most telling first.
_BASES = ("ss_base_model_version", "modelspec.architecture", "base_model", "ss_sd_model_name")
# Where they write trigger words (comma-separated).
_TRIGGERS = ("modelspec.trigger_phrase", "trigger_phrase", "trigger_words", "instance_prompt")
_DECODERS = {"F64": "<d", "F32": "<f", "F16": "<e"}


def spoken(metadata: Mapping[str, MetaValue], name: str) -> str:
    """Everything that may name its base model, in lower case."""
    said = [str(metadata[key])[:200] for key in _BASES if key in metadata]
    return " ".join([name, *said, ""]).lower()  # a space behind each


def base(metadata: Mapping[str, MetaValue]) -> str | None:
    """The base model it names."""
    for key in _BASES:
        value = metadata.get(key)
        if isinstance(value, str) and value.strip():
            return value.strip()[:200]
    return None


def words(metadata: Mapping[str, MetaValue]) -> tuple[str, ...]:
    """The trigger words it names, else the tags it saw most."""
    for key in _TRIGGERS:
        value = metadata.get(key)
        if isinstance(value, str) and value.strip():
            return _clean(value[:2000].split(","))
    counts: dict[str, int] = {}
    for folder in _object(metadata.get("ss_tag_frequency")).values():
        for tag, count in folder.items() if isinstance(folder, dict) else ():
            if type(count) is int:
                counts[str(tag)] = counts.get(str(tag), 0) + count
    return _clean(sorted(counts, key=lambda tag: -counts[tag])[:_WORDS])


def alpha(header: Header, modules: Sequence[Module], path: Path) -> float | None:
    """Its alpha: from the metadata, else from the first of its alpha tensors (a few bytes each)."""
    told = _told(header.metadata)
    if told is not None:
        return told
    tensors = [module.matrices["alpha"] for module in modules if "alpha" in module.matrices]
    if not tensors:
        return None
    values = _read(tensors[:_ALPHAS_READ], path)
    return max(values, default=None)


def _told(metadata: Mapping[str, MetaValue]) -> float | None:
    number = _number(metadata.get("ss_network_alpha"))
    if number is not None:
        return number
    for key, value in _object(metadata.get("lora_adapter_metadata")).items():
        if key.rpartition(".")[2] == "lora_alpha":
            return _number(value)
    return None


def _number(value: Any) -> float | None:
    try:
        number = float(value) if isinstance(value, str | int | float) else None
    except ValueError:
        return None
    return number if number is not None and abs(number) < 1e6 else None


def _object(text: MetaValue | None) -> dict[str, Any]:
    """A JSON object that a trainer put into a string; empty where it is none."""
    if not isinstance(text, str) or len(text) > _TEXT_LIMIT:
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _clean(found: Sequence[str]) -> tuple[str, ...]:
    named = (_printable(" ".join(word.split()))[:_WORD_LENGTH] for word in found)
    return tuple(dict.fromkeys(word for word in named if word))[:_WORDS]


def _printable(word: str) -> str:
    """Without what would move a terminal's cursor or turn the writing around."""
    return "".join(letter for letter in word if letter.isprintable())


def _read(tensors: Sequence[Tensor], path: Path) -> list[float]:
    found = []
    with path.open("rb") as file:
        for tensor in tensors:
            if tensor.count == 1 and tensor.size <= 8:
                file.seek(tensor.start)
                value = _decode(tensor.dtype, file.read(tensor.size))
                if value is not None:
                    found.append(value)
    return found


def _decode(dtype: str, raw: bytes) -> float | None:
    if dtype == "BF16":
        dtype, raw = "F32", b"\0\0" + raw  # the upper half of a float
    form = _DECODERS.get(dtype)
    if form is None or len(raw) != struct.calcsize(form):
        return None
    value = float(struct.unpack(form, raw)[0])
    return value if abs(value) < 1e6 else None  # NaN compares as false
