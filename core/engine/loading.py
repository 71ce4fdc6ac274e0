"""Load a model's files as a pipeline: headers checked first, local files only, no pickles."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers

from core.engine.device import Device
from core.engine.loaders import vae_names
from core.engine.loaders.assembly import Shared, assemble, present
from core.engine.loaders.build import listed, surplus
from core.engine.loaders.folder import load_folder
from core.engine.loaders.single import (
    assembly_of,
    assembly_of_folder,
    is_fp8,
    load_shared_part,
)
from core.engine.pipeline_class import is_modular
from core.engine.placing import place
from core.errors import ModelBroken, OutOfMemory, StudioError
from core.models.fit.plans import MemoryPlan, plans
from core.models.library.model import Model
from core.models.weights.file import Weights, read_weights
from core.models.weights.precision import module_of

log = logging.getLogger(__name__)

_LEVELS = ("model", "language_model", "text_model")


def quiet() -> None:
    """No progress bars or advice from the libraries on a worker's log."""
    diffusers.utils.logging.set_verbosity_error()
    diffusers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    # It recommends a package of kernels for processors; 4-bit layers are used on GPUs only.
    logging.getLogger("bitsandbytes.backends.cpu.ops").setLevel(logging.ERROR)


def load_pipeline(
    model: Model,
    device: Device,
    plan: MemoryPlan | None = None,
    shared: Shared | None = None,
    *,
    trained: bool = False,
) -> Any:
    """The diffusers pipeline of `model`, held by `plan` on `device`.

    Layers may be trained in the network of one that is `trained`. Without a plan all of it is on
    the device. `shared` holds weights that other models loaded; those of this one are added. Raises
    `ModelBroken` naming file and tensor when a file is cut off, corrupt or incomplete, and
    `OutOfMemory`.
    """
    plan = plan or plans(device.kind)[0]
    weights = {name: _checked(files) for name, files in model.weights.items()}
    try:
        pipeline = _read(model, device, plan, shared)
        for name, files in _read_by_libraries(model, weights).items():
            _check_complete(getattr(pipeline, name), files)
        pipeline.set_progress_bar_config(disable=True)
        return place(pipeline, plan, device.kind, model.family.core if trained else "")
    except StudioError:
        raise
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise OutOfMemory(f"Not enough memory for {model.label}.", field="model") from error
    except Exception as error:
        # Loading runs three libraries over files of unknown origin: any error means broken files,
        # and the worker must continue.
        log.warning("loading %s failed", model.id, exc_info=True)
        raise ModelBroken(
            f"{model.label} cannot be loaded: {_short(error)}", field="model"
        ) from error


def present_parts(model: Model, device: Device, plan: MemoryPlan, shared: Shared) -> set[str]:
    """The parts of `model` that another loaded model shares with it under `plan`."""
    if not _can_share(model, plan):
        return set()
    try:
        return present(assembly_of(model), device.dtypes(model.family.precision), shared)
    except (OSError, ValueError):  # a file is gone or broken, which loading reports
        return set()


def _can_share(model: Model, plan: MemoryPlan) -> bool:
    """False for parts with hooks or in another format, and for folders."""
    return model.layout != "folder" and plan.placement == "device" and not plan.formats


def _read(model: Model, device: Device, plan: MemoryPlan, shared: Shared | None) -> Any:
    dtypes = device.dtypes(model.family.precision)
    if model.layout != "folder":
        return assemble(assembly_of(model), dtypes, shared if _can_share(model, plan) else None)
    class_name = next(iter(model.modes.values())).pipeline
    if is_modular(class_name):
        pipeline = assemble(assembly_of_folder(model), dtypes)
    else:
        pipeline = load_folder(model.path, class_name, model.family, dtypes)
    for name in model.sources:
        pipeline.register_modules(**{name: load_shared_part(model, name, dtypes)})
    return pipeline


def _read_by_libraries(
    model: Model, weights: Mapping[str, tuple[Weights, ...]]
) -> Mapping[str, tuple[Weights, ...]]:
    """The files of parts in folders; `loaders.build` checks those of single files."""
    if model.layout == "folder":
        return {name: files for name, files in weights.items() if name not in model.sources}
    return {
        name: source.weights
        for name, source in model.sources.items()
        if source.weights and source.path.is_dir() and not is_fp8(source)
    }


def _checked(files: tuple[Weights, ...]) -> tuple[Weights, ...]:
    """Read the headers again: the files may have changed since the scan."""
    try:
        return tuple(read_weights(file.path) for file in files)
    except OSError as error:
        raise ModelBroken(
            f"{_place(files[0].path)} cannot be read: {error}.", field="model"
        ) from error


def _check_complete(module: torch.nn.Module, files: tuple[Weights, ...]) -> None:
    """Require every tensor of the module in its files, because libraries initialise missing ones.

    Other tensors of the files must be known leftovers of training or quantizers.
    """
    present = {_plain(name) for file in files for name in file.shapes}
    known = {module_of(_plain(name)) for name in module.state_dict()}
    extra = [name for file in files for name in file.shapes if module_of(_plain(name)) not in known]
    if surplus(extra):
        raise ModelBroken(
            f"{_place(files[0].path)}: unexpected: {listed(surplus(extra))}.", field="model"
        )
    shared = {id(tensor) for name, tensor in module.named_parameters() if _plain(name) in present}
    for name, tensor in module.state_dict(keep_vars=True).items():
        if _plain(name) not in present and id(tensor) not in shared:
            raise ModelBroken(
                f"{_place(files[0].path)}: the tensor {name!r} is missing.", field="model"
            )


def _plain(name: str) -> str:
    """A name independent of library versions: without the levels that differ in transformers, and
    with diffusers' current names of a VAE's attention."""
    today = vae_names.rename(name, 0)
    return ".".join(level for level in today.split(".") if level not in _LEVELS)


def _place(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _short(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
