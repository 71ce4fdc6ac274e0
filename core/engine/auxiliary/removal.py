"""Background removal masks by rembg's sessions over local files, without torch.

A session is given its file, so it never searches for one and never uses the network.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PIL import Image

from core.engine.auxiliary import onnx_files
from core.models.library.removers import Remover

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
    onnx_files.check(path)
    sessions, options = _sessions(), onnx_files.session_options()
    try:
        session = _with_file(sessions[remover.session], path)(
            remover.session, options, providers=onnx_files.providers(device)
        )
        shape = session.inner_session.get_inputs()[0].shape
    except Exception as error:
        # The runtime raises many types of errors for broken files; all mean the same here.
        raise onnx_files.broken(path, str(error).splitlines()[0][:200]) from error
    if len(shape) != 4 or shape[1] != 3:
        raise onnx_files.broken(path, f"its input is {shape}, not an image")
    opened: MaskSession = session
    return opened


def _sessions() -> dict[str, type[Any]]:
    """rembg's sessions by name; they take a second to import."""
    onnx_files.runtime()  # with its telemetry off, before rembg imports it
    # Matting is compiled in another process (matting.py): it takes a minute.
    before = os.environ.get("NUMBA_DISABLE_JIT")
    os.environ["NUMBA_DISABLE_JIT"] = "1"
    try:
        from rembg.sessions import sessions
    finally:
        del os.environ["NUMBA_DISABLE_JIT"]
        if before is not None:
            os.environ["NUMBA_DISABLE_JIT"] = before
    return {**sessions, CUSTOM: _plain(sessions[CUSTOM])}


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
