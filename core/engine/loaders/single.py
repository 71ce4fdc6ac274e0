"""What the library knows of a model in a single file, as the parts to assemble it from."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import diffusers

from core.engine.loaders.assembly import Assembly
from core.engine.loaders.configs import is_measured
from core.engine.loaders.folder import DTypes
from core.engine.loaders.part import Source, load_part
from core.models.families.parts import PARTS
from core.models.library.model import Model
from core.models.library.model import Source as PartOffer

# Of a folder's config: how its numbers are stored is read from the numbers themselves.
_STORAGE = ("quantization_config", "architectures", "torch_dtype", "dtype", "transformers_version")


def assembly_of(model: Model) -> Assembly:
    """Where each part of `model` comes from. The library has made sure that nothing is missing."""
    family, core = model.family, model.family.core
    files = {core: _core(model)}
    folders: dict[str, tuple[tuple[str, str], Path]] = {}
    for name, offered in model.sources.items():
        kind = family.components[name].classes[0]
        if name.startswith("tokenizer") or (offered.path.is_dir() and not is_fp8(offered)):
            folders[name] = (kind, offered.path)
        else:
            files[name] = _lent(name, kind, offered)
    class_name = next(iter(model.modes.values())).pipeline
    scheduler = family.components["scheduler"].classes[0][1]
    return Assembly(class_name, files, folders, (scheduler, _timing(model)), _settings(model))


def load_lent(model: Model, name: str, dtypes: DTypes) -> Any:
    """One part that something else in the library lends to a model."""
    offered = model.sources[name]
    kind = model.family.components[name].classes[0]
    return load_part(_lent(name, kind, offered), dtypes.get(name, dtypes["default"]))


def _core(model: Model) -> Source:
    family = model.family
    found, guides = model.finding, model.variant.traits.get("guidance") if model.variant else 0
    kind = family.components[family.core].classes[0]
    return Source(
        family.core,
        kind,
        model.path,
        prefixes=(found.prefix,) if found and found.prefix else (),
        config={} if is_measured(kind[1]) else family.network(model.measures),
        guided=guides == 1,
        shards=tuple(one.path for one in model.weights[family.core]),
    )


def _lent(name: str, kind: tuple[str, str], offered: PartOffer) -> Source:
    config: Mapping[str, Any] = {}
    if offered.path.is_dir():
        said = json.loads((offered.path / "config.json").read_bytes())
        config = {key: value for key, value in said.items() if key not in _STORAGE}
    return Source(
        name,
        kind,
        offered.path,
        prefixes=(offered.prefix,) if offered.prefix else (),
        config=config,
        usual=PARTS[offered.part].build,
        shards=tuple(one.path for one in offered.weights),
    )


def is_fp8(offered: PartOffer) -> bool:
    """transformers opens such folders on a GPU only; ours expands them anywhere."""
    return offered.precision.startswith("fp8")


def _timing(model: Model) -> dict[str, Any]:
    variant = model.variant.scheduler if model.variant else {}
    predicts = {"prediction_type": "v_prediction"} if model.measures.get("v_prediction") else {}
    return {**model.family.scheduler, **predicts, **variant}


def _settings(model: Model) -> dict[str, Any]:
    kind = getattr(diffusers, next(iter(model.modes.values())).pipeline)
    taken = inspect.signature(kind.__init__).parameters
    return {"is_distilled": model.distilled} if "is_distilled" in taken else {}
