"""Load a pipeline from a diffusers folder that the library has inspected."""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from core.engine.loaders.initialization import uninitialized
from core.engine.pipeline_class import pipeline_class
from core.models.families.family import Family

DTypes = Mapping[str, torch.dtype]
# Processors of images and text. Only the text half is used; the other needs torchvision.
_PROCESSORS = ("PixtralProcessor", "AutoProcessor")
PROCESSOR = "processor"  # made from the tokenizer in its own folder, else from the one beside it


def load_folder(folder: Path, class_name: str, family: Family, dtypes: DTypes) -> Any:
    """The pipeline, on the processor. Raises whatever the libraries raise."""
    kind = pipeline_class(class_name)
    tokenizers = _plain_tokenizers(folder, kind)
    arguments: dict[str, Any] = {**_left_out(kind, family), **dict.fromkeys(tokenizers)}
    if PROCESSOR in family.components:
        part = family.components[PROCESSOR]
        tokenizer = load_tokenizer(folder / (PROCESSOR if part.loaded else "tokenizer"))
        arguments[PROCESSOR] = processor_of(part.classes[0][1], tokenizer)
    if any(folder.glob("*/*.fp16.safetensors")):
        arguments["variant"] = "fp16"  # parts that have plain files only are loaded from those
    with uninitialized():
        pipeline = kind.from_pretrained(
            str(folder),
            dtype=dict(dtypes) if len(dtypes) > 1 else dtypes["default"],
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
            **arguments,
        )
    for name in tokenizers:
        setattr(pipeline, name, load_tokenizer(folder / name))
    return pipeline


def load_tokenizer(folder: Path) -> Any:
    """The text tokenizer of a folder. Raises whatever the library raises."""
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(
        str(folder), local_files_only=True, trust_remote_code=False
    )


def processor_of(class_name: str, tokenizer: Any) -> Any:
    """The processor of images and text of this class around a tokenizer of Qwen."""
    from core.engine.loaders.processor import image_text_processor  # for few models only

    return image_text_processor(class_name, tokenizer)


def _left_out(kind: type[Any], family: Family) -> dict[str, Any]:
    """Arguments that leave out the parts that are not loaded, such as the safety checker."""
    taken = inspect.signature(kind.__init__).parameters
    unused = [name for name, part in family.components.items() if not part.loaded]
    settings = {**dict.fromkeys(unused), **family.settings}
    return {name: value for name, value in settings.items() if name in taken}


def _plain_tokenizers(folder: Path, kind: type[Any]) -> list[str]:
    if importlib.util.find_spec("torchvision") is not None:
        return []
    index = kind.load_config(str(folder), local_files_only=True)
    return [
        name
        for name, value in index.items()
        if isinstance(value, list) and value[-1:] and value[-1] in _PROCESSORS
    ]
