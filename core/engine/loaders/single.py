"""The assembly of a model in a single file, from its entry in the library."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open

from core.engine.loaders.assembly import TOKENIZER, Assembly, load_network
from core.engine.loaders.configs import is_measured
from core.engine.loaders.folder import PROCESSOR, DTypes
from core.engine.loaders.part import PartSource, load_part
from core.engine.pipeline_class import pipeline_class
from core.errors import ModelBroken
from core.models.families.parts import PARTS
from core.models.library.model import Model, WeightsSource

# Entries of a folder's config about storage, which is read from the tensors themselves.
_STORAGE = ("quantization_config", "architectures", "torch_dtype", "dtype", "transformers_version")


def assembly_of(model: Model) -> Assembly:
    """The source of each part of `model`, which must be complete."""
    family, core = model.family, model.family.core
    files = {core: _core(model)}
    folders: dict[str, tuple[tuple[str, str], Path]] = {}
    for name, offered in model.sources.items():
        kind = family.components[name].classes[0]
        if TOKENIZER in name or (offered.path.is_dir() and not is_fp8(offered)):
            folders[name] = (kind, offered.path)
        else:
            files[name] = _shared_part(name, kind, offered)
    class_name = next(iter(model.modes.values())).pipeline
    scheduler = family.components["scheduler"].classes[0][1]
    optional = frozenset(name for name, part in family.components.items() if part.optional)
    padding = {name: family.components[name].padding for name in folders}
    processor = family.components.get(PROCESSOR)
    return Assembly(
        class_name,
        files,
        folders,
        (scheduler, _timing(model)),
        _settings(model),
        optional,
        padding,
        processor.classes[0][1] if processor and not processor.loaded else "",
    )


def assembly_of_folder(model: Model) -> Assembly:
    """The parts of a modular folder, whose index names repositories that they come from: only those
    of the folder are read."""
    components = model.family.components
    parts = {
        name: part
        for name, part in components.items()
        if part.loaded and (model.path / name).is_dir()
    }
    folders = {name: (part.classes[0], model.path / name) for name, part in parts.items()}
    class_name = next(iter(model.modes.values())).pipeline
    scheduler = components["scheduler"].classes[0][1], _timing(model)
    return Assembly(class_name, {}, folders, scheduler)


def load_shared_part(model: Model, name: str, dtypes: DTypes) -> Any:
    """Load a part that the model takes from elsewhere in the library."""
    offered = model.sources[name]
    kind = model.family.components[name].classes[0]
    return load_part(_shared_part(name, kind, offered), dtypes.get(name, dtypes["default"]))


def load_core(model: Model, dtype: torch.dtype) -> Any:
    """The denoising network alone, on the processor, from a folder or a single file."""
    if model.layout != "folder":
        return load_part(_core(model), dtype)
    core = model.family.core
    return load_network(model.family.components[core].classes[0], model.path / core, dtype)


def _core(model: Model) -> PartSource:
    family, finding = model.family, model.finding
    component = family.components[family.core]
    kind = component.classes[0]
    return PartSource(
        family.core,
        kind,
        model.path,
        prefixes=(finding.prefix,) if finding and finding.prefix else (),
        config={} if is_measured(kind[1]) else family.network(model.measures),
        zeros=component.zeros,
        shards=tuple(file.path for file in model.weights[family.core]),
    )


def _shared_part(name: str, kind: tuple[str, str], offered: WeightsSource) -> PartSource:
    config: Mapping[str, Any] = {}
    if offered.path.is_dir():
        stored = json.loads((offered.path / "config.json").read_bytes())
        config = {key: value for key, value in stored.items() if key not in _STORAGE}
    return PartSource(
        name,
        kind,
        offered.path,
        prefixes=(offered.prefix,) if offered.prefix else (),
        config=config,
        usual={**PARTS[offered.part].build, **_held(offered)},
        shards=tuple(file.path for file in offered.weights),
    )


def _held(offered: WeightsSource) -> dict[str, list[float]]:
    """The entries of a part's configuration that are tensors of its checkpoint.

    Raises `ModelBroken` for a checkpoint without one of them.
    """
    held = {} if offered.path.is_dir() else PARTS[offered.part].held
    if not held:
        return {}
    with safe_open(str(offered.path), framework="pt") as file:
        lacking = set(held.values()) - set(file.keys())
        if lacking:
            raise ModelBroken(
                f"{offered.path.name} lacks {', '.join(sorted(lacking))}.",
                field="model",
                fix="Get this file again from where it came from.",
            )
        return {entry: file.get_tensor(name).flatten().tolist() for entry, name in held.items()}


def is_fp8(offered: WeightsSource) -> bool:
    """True for weights in FP8, which transformers reads on a GPU only and `load_part` anywhere."""
    return offered.precision.startswith("fp8")


def _timing(model: Model) -> dict[str, Any]:
    variant = model.variant.scheduler if model.variant else {}
    predicts = {"prediction_type": "v_prediction"} if model.measures.get("v_prediction") else {}
    return {**model.family.scheduler, **predicts, **variant}


def _settings(model: Model) -> dict[str, Any]:
    kind = pipeline_class(next(iter(model.modes.values())).pipeline)
    taken = inspect.signature(kind.__init__).parameters
    settings = {"is_distilled": model.distilled, **model.family.settings}
    return {name: value for name, value in settings.items() if name in taken}
