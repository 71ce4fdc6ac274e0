"""Background removal masks by rembg's sessions over local files, without torch.

A session is given its file, so it never searches for one and never uses the network.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PIL import Image

from core.engine.cores import threads
from core.errors import ModelBroken
from core.models.library.removers import Remover

SMALLEST = 1024  # bytes; a Git LFS pointer is shorter
MODEL_START = 0x08  # an ONNX file begins with the number of its format: field 1, a whole number
CUSTOM = "u2net_custom"
SIDE = 320
MEANS, DEVIATIONS = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class MaskSession(Protocol):
    """The interface of rembg's sessions."""

    def predict(self, img: Image.Image) -> list[Image.Image]:
        """One mask, of the size of the RGB image: white is the foreground."""


def open_session(folder: Path, device: str, remover: Remover) -> MaskSession:
    """A session over the remover's file in `folder`; `device` is `cpu` or an accelerator's name.

    Raises `ModelBroken` for a file that is no network with a mask as output.
    """
    path = folder / remover.file
    _check(path)
    sessions, runtime = _libraries()
    options = runtime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads(), 1
    try:
        session = _with_file(sessions[remover.session], path)(
            remover.session, options, providers=_providers(runtime, device)
        )
        shape = session.inner_session.get_inputs()[0].shape
    except Exception as error:
        # The runtime raises many types of errors for broken files; all mean the same here.
        raise _broken(path, str(error).splitlines()[0][:200]) from error
    if len(shape) != 4 or shape[1] != 3:
        raise _broken(path, f"its input is {shape}, not an image")
    opened: MaskSession = session
    return opened


def _libraries() -> tuple[dict[str, type[Any]], Any]:
    """rembg's sessions by name, and the runtime; both take a second to import."""
    # Otherwise the runtime stores an identifier of this machine and reports its use.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    # Matting is compiled in another process (matting.py): it takes a minute.
    before = os.environ.get("NUMBA_DISABLE_JIT")
    os.environ["NUMBA_DISABLE_JIT"] = "1"
    try:
        from rembg.sessions import sessions
    finally:
        del os.environ["NUMBA_DISABLE_JIT"]
        if before is not None:
            os.environ["NUMBA_DISABLE_JIT"] = before
    onnxruntime.disable_telemetry_events()  # Windows ignores the variable
    return {**sessions, CUSTOM: _plain(sessions[CUSTOM])}, onnxruntime


def _with_file(kind: type[Any], path: Path) -> type[Any]:
    """The session's class with `path` in place of a download."""
    return type("Local", (kind,), {"download_models": classmethod(lambda _cls, **_: str(path))})


def _plain(kind: type[Any]) -> type[Any]:
    """rembg's custom session without normalisation of the mask.

    rembg stretches every mask to the full range, which turns the noise of an empty image into a
    subject.
    """

    class Plain(kind):  # type: ignore[misc]  # rembg has no types
        def __init__(self, name: str, options: Any, **more: Any) -> None:
            super().__init__(name, options, model_path="given", **more)

        def predict(self, img: Image.Image) -> list[Image.Image]:
            given = self.normalize(img, MEANS, DEVIATIONS, (SIDE, SIDE))
            answer = self.inner_session.run(None, given)[0][0, 0]
            mask = Image.fromarray((answer.clip(0, 1) * 255).round().astype(np.uint8))
            return [mask.resize(img.size, Image.Resampling.LANCZOS)]

    return Plain


def _providers(runtime: Any, device: str) -> list[str]:
    usual = ["CPUExecutionProvider"]
    cuda = "CUDAExecutionProvider"
    return (
        [cuda, *usual] if device == "cuda" and cuda in runtime.get_available_providers() else usual
    )


def _check(path: Path) -> None:
    """Check the file before a library reads it."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(1)
    except OSError as error:
        raise _broken(path, "it cannot be read") from error
    if size < SMALLEST or start[0] != MODEL_START:
        raise _broken(path, "it is no ONNX file")


def _broken(path: Path, why: str) -> ModelBroken:
    return ModelBroken(
        f"{path.name} cannot be used: {why}.", field="model", fix="Delete it and download it again."
    )
