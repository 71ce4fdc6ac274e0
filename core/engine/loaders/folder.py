"""A pipeline from a diffusers folder, inspected by the library before."""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import diffusers
import torch

from core.engine.placing import quantizer
from core.models.families.family import Family

DTypes = Mapping[str, torch.dtype]
# Processors of pictures and text. Only the text half is used, and the other needs torchvision.
_PROCESSORS = ("PixtralProcessor", "AutoProcessor")


def load_folder(
    folder: Path, class_name: str, family: Family, dtypes: DTypes, formats: Mapping[str, str]
) -> Any:
    """The pipeline, on the processor. `formats` are the parts to store smaller while loading.

    Raises whatever the libraries raise.
    """
    kind = getattr(diffusers, class_name)
    left_out = _left_out(kind, family)
    plain = _plain_tokenizers(folder, kind)
    more: dict[str, Any] = {**left_out, **dict.fromkeys(plain)}
    small = quantizer(formats, dtypes["default"])
    if small:
        more["quantization_config"] = diffusers.PipelineQuantizationConfig(quant_mapping=small)
    if any(folder.glob("*/*.fp16.safetensors")):
        more["variant"] = "fp16"  # parts that have plain files only are loaded from those
    pipeline = kind.from_pretrained(
        str(folder),
        dtype=dict(dtypes) if len(dtypes) > 1 else dtypes["default"],
        local_files_only=True,
        use_safetensors=True,
        trust_remote_code=False,
        **more,
    )
    for name in plain:
        setattr(pipeline, name, load_tokenizer(folder / name))
    return pipeline


def load_tokenizer(folder: Path) -> Any:
    """The text tokenizer of a folder. Raises whatever the library raises."""
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(
        str(folder), local_files_only=True, trust_remote_code=False
    )


def _left_out(kind: type[Any], family: Family) -> dict[str, Any]:
    """Parts that folders name and nothing here uses, such as a checker of pictures."""
    taken = inspect.signature(kind.__init__).parameters
    names = [name for name, one in family.components.items() if not one.loaded and name in taken]
    found: dict[str, Any] = dict.fromkeys(names)
    if "safety_checker" in found and "requires_safety_checker" in taken:
        found["requires_safety_checker"] = False
    return found


def _plain_tokenizers(folder: Path, kind: type[Any]) -> list[str]:
    if importlib.util.find_spec("torchvision") is not None:
        return []
    index = kind.load_config(str(folder), local_files_only=True)
    return [
        name
        for name, value in index.items()
        if isinstance(value, list) and value[-1:] and value[-1] in _PROCESSORS
    ]
