"""ONNX files and the runtime that reads them, without torch and without a network connection."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from core.engine.cores import threads
from core.errors import ModelBroken

SMALLEST = 1024  # bytes; a Git LFS pointer is shorter
MODEL_START = 0x08  # an ONNX file begins with the number of its format: field 1, a whole number


def runtime() -> Any:
    """The module `onnxruntime`, which takes a second to import, without its reports of use."""
    # Otherwise the runtime stores an identifier of this machine and reports its use.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    onnxruntime.disable_telemetry_events()  # Windows ignores the variable
    return onnxruntime


def session_options() -> Any:
    """Options of a session, with the number of threads of a worker."""
    options = runtime().SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads(), 1
    return options


def providers(device: str) -> list[str]:
    """The devices of a session in order; `device` is `cpu` or an accelerator's name."""
    usual = ["CPUExecutionProvider"]
    cuda = "CUDAExecutionProvider"
    available = device == "cuda" and cuda in runtime().get_available_providers()
    return [cuda, *usual] if available else usual


def check(path: Path) -> None:
    """Check the file before a library reads it. Raises `ModelBroken`."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(1)
    except OSError as error:
        raise broken(path, "it cannot be read") from error
    if size < SMALLEST or start[0] != MODEL_START:
        raise broken(path, "it is no ONNX file")


def broken(path: Path, why: str) -> ModelBroken:
    """The error of a file that is no usable network."""
    return ModelBroken(
        f"{path.name} cannot be used: {why}.", field="model", fix="Delete it and download it again."
    )
