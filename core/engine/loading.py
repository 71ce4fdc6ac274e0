"""From a model's folder to a pipeline in memory: checked first, local only, safetensors only."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers

from core.engine.device import Device
from core.errors import ModelBroken, OutOfMemory
from core.models.model import Model
from core.models.weights import Weights, read_weights

log = logging.getLogger(__name__)


def quiet() -> None:
    """No progress bars or advice from the libraries on a worker's log."""
    diffusers.utils.logging.set_verbosity_error()
    diffusers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()


def load_pipeline(model: Model, device: Device) -> Any:
    """The diffusers pipeline of `model` on `device`, ready to draw.

    Raises `ModelBroken` naming file and tensor when a file is cut off, corrupt or incomplete.
    """
    weights = {name: _checked(files) for name, files in model.weights.items()}
    pipeline_class = getattr(diffusers, next(iter(model.modes.values())).pipeline)
    try:
        pipeline = pipeline_class.from_pretrained(
            str(model.path),
            dtype=device.dtype,
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
        )
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise OutOfMemory(f"There is no room for {model.label}.", field="model") from error
    except Exception as error:
        # Loading runs three libraries over files of unknown origin: whatever they raise means that
        # the files are not what they claim, and the worker must live on.
        log.warning("loading %s failed", model.id, exc_info=True)
        raise ModelBroken(
            f"{model.label} cannot be loaded: {_short(error)}", field="model"
        ) from error
    for name, files in weights.items():
        _check_complete(getattr(pipeline, name), files)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline.to(device.kind)


def _checked(files: tuple[Weights, ...]) -> tuple[Weights, ...]:
    """Read the headers again: the files may have changed since the library looked."""
    try:
        return tuple(read_weights(file.path) for file in files)
    except OSError as error:
        raise ModelBroken(
            f"{_place(files[0].path)} cannot be read: {error}.", field="model"
        ) from error


def _check_complete(module: torch.nn.Module, files: tuple[Weights, ...]) -> None:
    """Every tensor that the module has must be in its files; libraries would invent the rest."""
    present = {name for file in files for name in file.shapes}
    shared = {id(tensor) for name, tensor in module.named_parameters() if name in present}
    for name, tensor in module.state_dict(keep_vars=True).items():
        if name not in present and id(tensor) not in shared:
            raise ModelBroken(
                f"{_place(files[0].path)}: the tensor {name!r} is missing.", field="model"
            )


def _place(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _short(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
