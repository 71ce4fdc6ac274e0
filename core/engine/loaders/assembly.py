"""Assemble a pipeline from parts in several places: a checkpoint, a network, shared encoders."""

from __future__ import annotations

import copy
import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import diffusers
import torch

from core.engine.loaders.folder import PROCESSOR, DTypes, load_tokenizer, processor_of
from core.engine.loaders.initialization import uninitialized
from core.engine.loaders.part import PartSource, load_part
from core.engine.pipeline_class import pipeline_class
from core.errors import ModelBroken

TOKENIZER = "tokenizer"  # in names: tokenizer_2 is beside text_encoder_2
# Networks whose weights several models may share, by what they were loaded from. Each model has a
# copy of the network around the same tensors, and only these copies keep the weights in memory.
Shared = WeakValueDictionary[tuple[Any, ...], Any]


@dataclass(frozen=True, slots=True)
class Assembly:
    """The source of each part.

    `files` are networks in single files. `folders` are parts in folders of their own, with their
    (library, class): networks, tokenizers, schedulers. `scheduler` is made from a configuration
    where no folder brings one. `settings` are the pipeline's own, such as `is_distilled`. Parts in
    `optional` may be absent. `padding` are the tokens that tokenizers pad with where not their own.
    `processor` is the class of one that is made from the tokenizer.
    """

    class_name: str
    files: Mapping[str, PartSource]
    folders: Mapping[str, tuple[tuple[str, str], Path]] = field(default_factory=dict)
    scheduler: tuple[str, Mapping[str, Any]] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()
    padding: Mapping[str, str] = field(default_factory=dict)
    processor: str = ""


def assemble(assembly: Assembly, dtypes: DTypes, shared: Shared | None = None) -> Any:
    """The pipeline, on the processor. Weights in `shared` are reused, others added to it.

    Raises `ModelBroken` naming the part that is missing or the file that cannot be loaded.
    """
    kind = pipeline_class(assembly.class_name)
    parts: dict[str, Any] = dict(assembly.settings)
    for name in assembly.files:
        parts[name] = _from_file(assembly.files[name], dtypes, shared)
    for name in assembly.folders:
        parts[name] = _from_folder(assembly, name, dtypes, shared)
    for name in assembly.folders:
        if TOKENIZER in name:
            _adapt_tokenizer(parts[name], assembly.padding.get(name), _encoder(parts, name))
    if assembly.processor:
        parts[PROCESSOR] = processor_of(assembly.processor, parts[TOKENIZER])
    if assembly.scheduler is not None and "scheduler" not in parts:
        class_name, config = assembly.scheduler
        parts["scheduler"] = getattr(diffusers, class_name).from_config(dict(config))
    return kind(**_complete(kind, parts, assembly.optional))


def _encoder(parts: Mapping[str, Any], tokenizer: str) -> Any:
    return parts.get(tokenizer.replace(TOKENIZER, "text_encoder"))


def _adapt_tokenizer(tokenizer: Any, padding: str | None, encoder: Any) -> None:
    """Adapt a tokenizer that models share to the text encoder beside it.

    Copies of one tokenizer differ in the length that they allow, and CLIP-G is padded with another
    token than CLIP-L.
    """
    if padding:
        tokenizer.pad_token = padding
    positions = getattr(getattr(encoder, "config", None), "max_position_embeddings", None)
    if positions is not None:
        tokenizer.model_max_length = min(tokenizer.model_max_length, positions)


def present(assembly: Assembly, dtypes: DTypes, shared: Shared) -> set[str]:
    """The parts whose weights are in `shared`, so that assembling loads them from no file."""
    keys = {name: _file_key(source, dtypes) for name, source in assembly.files.items()}
    for name in assembly.folders:
        keys[name] = _folder_key(assembly, name, dtypes)
    return {name for name, key in keys.items() if key in shared}


def _complete(
    kind: type[Any], parts: Mapping[str, Any], optional: frozenset[str]
) -> dict[str, Any]:
    """All required arguments of the pipeline; an absent optional part is None."""
    arguments = dict(parts)
    for name, parameter in list(inspect.signature(kind.__init__).parameters.items())[1:]:
        if name in parts or parameter.default is not inspect.Parameter.empty:
            continue
        if name not in optional:
            raise ModelBroken(
                f"The part {name!r} is missing.",
                field="model",
                fix="Put it into the models folder; the list of models names the file.",
            )
        arguments[name] = None
    return arguments


def _from_file(source: PartSource, dtypes: DTypes, shared: Shared | None) -> Any:
    dtype = dtypes.get(source.component, dtypes["default"])
    return _own_copy(shared, _file_key(source, dtypes), lambda: load_part(source, dtype))


def _file_key(source: PartSource, dtypes: DTypes) -> tuple[Any, ...]:
    dtype = dtypes.get(source.component, dtypes["default"])
    state = source.path.stat()
    return (source.path, state.st_mtime_ns, state.st_size, source.kind, source.prefixes, dtype)


def _folder_key(assembly: Assembly, name: str, dtypes: DTypes) -> tuple[Any, ...]:
    (_, class_name), folder = assembly.folders[name]
    dtype = dtypes.get(name, dtypes["default"])
    return (folder, folder.stat().st_mtime_ns, class_name, dtype)


def _own_copy(shared: Shared | None, key: tuple[Any, ...], load: Callable[[], Any]) -> Any:
    """A copy of a shared network around the same tensors, which `load` reads where none has yet.

    Adapters, hooks and tiling belong to the copy, so models that share weights share none of them.
    """
    if shared is None:
        return load()
    network = shared.get(key)
    if network is None:
        network = shared[key] = load()
    same = {id(tensor): tensor for tensor in (*network.parameters(), *network.buffers())}
    made = copy.deepcopy(network, same)
    vars(made)["_shared"] = network  # not as a module: it only keeps the entry alive
    return made


def _from_folder(assembly: Assembly, name: str, dtypes: DTypes, shared: Shared | None) -> Any:
    (library, class_name), folder = assembly.folders[name]
    if TOKENIZER in name:
        return load_tokenizer(folder)
    if name == PROCESSOR:
        return processor_of(class_name, load_tokenizer(folder))
    kind = getattr(importlib.import_module(library), class_name)
    if name == "scheduler":
        return kind.from_pretrained(str(folder), local_files_only=True)
    dtype = dtypes.get(name, dtypes["default"])
    key = _folder_key(assembly, name, dtypes)
    return _own_copy(shared, key, lambda: _pretrained(kind, folder, dtype))


def load_network(kind: tuple[str, str], folder: Path, dtype: torch.dtype) -> Any:
    """A network in a folder of its own; `kind` is its (library, class)."""
    return _pretrained(getattr(importlib.import_module(kind[0]), kind[1]), folder, dtype)


def _pretrained(kind: Any, folder: Path, dtype: torch.dtype) -> Any:
    with uninitialized():
        return kind.from_pretrained(
            str(folder), dtype=dtype, local_files_only=True, use_safetensors=True
        ).eval()
