"""Inspect a diffusers folder before anything is loaded from it.

Only known component classes of a known family, only safetensors weights, only files inside the
models directory, and no configuration key that could make a library fetch or run code. Other
folders are refused with the reason; nothing of the folder is executed, and torch is not imported.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import ModelBroken
from core.models.families import FAMILIES, of_pipeline
from core.models.families.family import Family
from core.models.library.walk import INDEX_NAME, MODULAR_INDEX_NAME
from core.models.weights.file import Weights, read_weights

CONFIG_LIMIT = 32 << 20  # a large tokenizer.json is 11 MB
PICKLES = frozenset({".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".msgpack", ".h5"})
# Keys that make transformers or diffusers import foreign code. Private keys are refused too unless
# they are on the second list.
CODE_KEYS = frozenset({"auto_map", "custom_pipelines", "custom_pipeline", "trust_remote_code"})
PRIVATE_KEYS = frozenset(
    [
        "_class_name",
        "_diffusers_version",
        "_name_or_path",
        "_commit_hash",
        "_from_model_config",
        "_attn_implementation_autoset",
        "_valid_processor_keys",
    ]
)
WEIGHTLESS = re.compile(r"(scheduler|(\w+_)?tokenizer|processor|feature_extractor)(_\d)?")
# `model.fp16.safetensors` and `model.fp16-00001-of-00002.safetensors`: a copy in another format.
VARIANT = re.compile(r"\.(fp16|bf16|fp32|non_ema)((?:-\d+-of-\d+)?\.safetensors)$")
ABSENT = [None, None]  # an index entry of a part that the model does not have


@dataclass(frozen=True, slots=True)
class Inspection:
    """The contents of an accepted folder."""

    family: Family
    distilled: bool | None  # None where the index does not say
    weights: Mapping[str, tuple[Weights, ...]]


def inspect(folder: Path, root: Path) -> Inspection:
    """Check a folder under `root`.

    Raises `ModelBroken` for one of another pipeline, or that cannot or must not be loaded.
    """
    index = _index(folder)
    family = _family(index, folder)
    check_inside(folder, root)
    _check_index(index, family, folder)
    weights = {}
    for name in _parts(index, family):
        part = folder / name
        if not part.is_dir():
            raise _refused(folder, f"the part {name!r} is missing")
        check_configs(part)
        if not WEIGHTLESS.fullmatch(name):
            weights[name] = _read_all(weight_files(part), family)
    distilled = index.get("is_distilled")
    return Inspection(family, distilled if isinstance(distilled, bool) else None, weights)


def _index(folder: Path) -> dict[str, Any]:
    """The index of a folder: its class, and the (library, class) of each part.

    That of a modular pipeline also says where each part is published, which is not followed: the
    folder must hold it.
    """
    if (folder / INDEX_NAME).is_file():
        return read_json(folder / INDEX_NAME, folder)
    index = read_json(folder / MODULAR_INDEX_NAME, folder)
    index.pop("_blocks_class_name", None)
    return {name: _published(value) for name, value in index.items()}


def _published(value: Any) -> Any:
    """The (library, class) of an entry of a modular index; a part that was saved without being
    loaded has it as the type to load."""
    match value:
        case [None, None, {"type_hint": [str() as library, str() as name]}]:
            return [library, name]
        case [library, name, dict()]:
            return [library, name]
    return value


def _family(index: Mapping[str, Any], folder: Path) -> Family:
    name = str(index.get("_class_name"))[:100]
    family = of_pipeline(name, index)
    if family is None:
        labels = dict.fromkeys(family.label for family in FAMILIES.values())
        raise _refused(
            folder,
            f"its pipeline {name!r} is not one that the studio uses",
            f"Use a model of: {', '.join(labels)}.",
        )
    return family


def _read_all(files: Iterable[Path], family: Family) -> tuple[Weights, ...]:
    """The files of a part. The error for a broken one names the family of its folder."""
    try:
        return tuple(map(read_weights, files))
    except ModelBroken as error:
        detail = f"{error.detail} Its folder is that of {family.label}."
        raise ModelBroken(detail, field=error.field, fix=error.fix) from error


def _parts(index: Mapping[str, Any], family: Family) -> list[str]:
    """The parts that are loaded from the folder."""
    return [
        name
        for name, component in family.components.items()
        if component.loaded and index.get(name, ABSENT) != ABSENT
    ]


def check_inside(folder: Path, root: Path) -> None:
    """Refuse a folder with a link that leads out of `root`."""
    top = root.resolve()
    for path in (folder, *folder.rglob("*")):
        if not path.resolve().is_relative_to(top):
            raise _refused(folder, f"{path.name!r} leads outside the models folder")


def _check_index(index: Mapping[str, Any], family: Family, folder: Path) -> None:
    """Component entries must be pairs that the family lists; other entries plain settings."""
    for key, value in index.items():
        if key in family.components:
            component = family.components[key]
            if value == ABSENT and component.optional:
                continue
            if not isinstance(value, list) or tuple(value) not in component.classes:
                known = ", ".join(name for _, name in component.classes)
                raise _refused(folder, f"the part {key!r} must be {known}")
        elif key in PRIVATE_KEYS:
            continue
        elif key.startswith("_") or not _is_setting(value):
            raise _refused(folder, f"{INDEX_NAME} has the unknown entry {key!r}")
    for name, component in family.components.items():
        if name not in index and not component.optional:
            raise _refused(folder, f"{INDEX_NAME} does not name the part {name!r}")


def _is_setting(value: Any) -> bool:
    """True for plain values and lists of numbers, which name no class."""
    if isinstance(value, list):
        return all(isinstance(item, int | float) for item in value)
    return not isinstance(value, dict)


def check_configs(part: Path) -> None:
    """Refuse a part whose configuration could make a library run code that is not its own."""
    for path in sorted(part.glob("*.json")):
        if path.name in {"tokenizer.json", "vocab.json", "merges.json"}:
            continue  # vocabularies: their keys are words, not settings, and there are megabytes
        bad = next(_code_keys(read_json(path, part)), None)
        if bad is not None:
            raise _refused(part, f"{path.name} has the entry {bad!r}, which can run foreign code")


def _code_keys(content: Any) -> Iterator[str]:
    waiting = [content]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            for key, value in item.items():
                if key in CODE_KEYS or (key.startswith("_") and key not in PRIVATE_KEYS):
                    yield key
                waiting.append(value)
        elif isinstance(item, list):
            waiting.extend(item)


def weight_files(part: Path) -> list[Path]:
    """The weights of a part, complete. Raises `ModelBroken` when they are missing or pickled."""
    files = sorted(part.glob("*.safetensors"))
    if files:
        _check_shards(part, {path.name for path in files})
        return _without_copies(files)
    if any(path.suffix in PICKLES for path in part.iterdir()):
        raise _refused(part, "its weights are pickles, which can run foreign code", PICKLE_FIX)
    raise _refused(part, "its weights are missing")


def _without_copies(files: list[Path]) -> list[Path]:
    """The files without a second copy in another format, such as `model.fp16.safetensors`."""
    names = {path.name for path in files}
    return [path for path in files if VARIANT.sub(r"\2", path.name) not in names - {path.name}]


def _check_shards(part: Path, present: set[str]) -> None:
    for path in part.glob("*.safetensors.index.json"):
        named = read_json(path, part).get("weight_map")
        if not isinstance(named, dict):
            raise _refused(part, f"{path.name} has no weight map")
        missing = sorted({str(value) for value in named.values()} - present)
        if missing:
            raise _refused(part, f"the file {missing[0][:200]!r} is missing")


def read_json(path: Path, folder: Path) -> dict[str, Any]:
    """A JSON object from a model's folder. Raises `ModelBroken`."""
    try:
        if path.stat().st_size > CONFIG_LIMIT:
            raise _refused(folder, f"{path.name} is too large")
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise _refused(folder, f"{path.name} cannot be read") from error
    if not isinstance(content, dict):
        raise _refused(folder, f"{path.name} is not an object")
    return content


PICKLE_FIX = "Get the model with safetensors weights."


def _refused(
    folder: Path, what: str, fix: str = "Get the model again from its maker."
) -> ModelBroken:
    return ModelBroken(f"{folder.name}: {what}.", field="model", fix=fix)
