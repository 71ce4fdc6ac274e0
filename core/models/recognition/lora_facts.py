"""Metadata of a LoRA: its alpha, its base model, its trigger words.

Metadata is untrusted text: it is read with limits and shown, never executed.
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
# Keys of the base model, the most specific first.
_BASES = ("ss_base_model_version", "modelspec.architecture", "base_model", "ss_sd_model_name")
# Keys of trigger words (comma-separated).
_TRIGGERS = ("modelspec.trigger_phrase", "trigger_phrase", "trigger_words", "instance_prompt")
_DECODERS = {"F64": "<d", "F32": "<f", "F16": "<e"}


def settings(metadata: Mapping[str, MetaValue]) -> dict[str, Any]:
    """PEFT's settings as diffusers saves them: by the component and a dot."""
    return _object(metadata.get("lora_adapter_metadata"))


def name_words(metadata: Mapping[str, MetaValue], name: str) -> str:
    """File name and metadata that may name the base model, in lower case."""
    bases = [str(metadata[key])[:200] for key in _BASES if key in metadata]
    return " ".join([name, *bases, ""]).lower()  # a space behind each


def base(metadata: Mapping[str, MetaValue]) -> str | None:
    """The base model of the metadata."""
    for key in _BASES:
        value = metadata.get(key)
        if isinstance(value, str) and value.strip():
            return value.strip()[:200]
    return None


def words(metadata: Mapping[str, MetaValue]) -> tuple[str, ...]:
    """The trigger words of the metadata, else its most frequent tags."""
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


def alpha(header: Header, modules: Sequence[Module[Tensor]], path: Path) -> float | None:
    """Its alpha: from the metadata, else from the first of its alpha tensors (a few bytes each)."""
    stated = _stated_alpha(header.metadata)
    if stated is not None:
        return stated
    tensors = [module.matrices["alpha"] for module in modules if "alpha" in module.matrices]
    if not tensors:
        return None
    values = _read(tensors[:_ALPHAS_READ], path)
    return max(values, default=None)


def _stated_alpha(metadata: Mapping[str, MetaValue]) -> float | None:
    number = _number(metadata.get("ss_network_alpha"))
    if number is not None:
        return number
    for key, value in settings(metadata).items():
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
    """A JSON object that a trainer put into a string; empty where it is not one."""
    if not isinstance(text, str) or len(text) > _TEXT_LIMIT:
        return {}
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _clean(raw: Sequence[str]) -> tuple[str, ...]:
    cleaned = (_printable(" ".join(word.split()))[:_WORD_LENGTH] for word in raw)
    return tuple(dict.fromkeys(word for word in cleaned if word))[:_WORDS]


def _printable(word: str) -> str:
    """Without what would move a terminal's cursor or turn the writing around."""
    return "".join(letter for letter in word if letter.isprintable())


def _read(tensors: Sequence[Tensor], path: Path) -> list[float]:
    values = []
    with path.open("rb") as file:
        for tensor in tensors:
            if tensor.count == 1 and tensor.size <= 8:
                file.seek(tensor.start)
                value = _decode(tensor.dtype, file.read(tensor.size))
                if value is not None:
                    values.append(value)
    return values


def _decode(dtype: str, raw: bytes) -> float | None:
    if dtype == "BF16":
        dtype, raw = "F32", b"\0\0" + raw  # the upper half of a float
    form = _DECODERS.get(dtype)
    if form is None or len(raw) != struct.calcsize(form):
        return None
    value = float(struct.unpack(form, raw)[0])
    return value if abs(value) < 1e6 else None  # NaN compares as false
