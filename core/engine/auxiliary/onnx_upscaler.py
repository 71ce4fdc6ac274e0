"""Upscaling networks in ONNX files, such as the finisher of the built-in model.

Their input is (1, 3, height, width) of 0..1 with free sides, their output the same, larger.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from core.engine.auxiliary import onnx_files

MULTIPLE = 8  # sides of the input are multiples of this
LEAST = 16  # pixels of a side, at least


@dataclass(frozen=True, slots=True)
class OnnxNetwork:
    """A network of drawings: RGB images, and masks as grey images."""

    session: Any
    scale: int
    for_masks: bool = True

    def __call__(self, picture: Image.Image) -> Image.Image:
        """The RGB image, `scale` times as large."""
        width, height = picture.size
        pixels = np.asarray(picture.convert("RGB"), np.float32) / 255
        missing = ((0, _missing(height)), (0, _missing(width)), (0, 0))
        given = np.pad(pixels, missing, "symmetric").transpose(2, 0, 1)[None]
        answer = _run(self.session, given)[0].transpose(1, 2, 0)
        answer = answer[: height * self.scale, : width * self.scale]
        return Image.fromarray((answer.clip(0, 1) * 255).round().astype(np.uint8))


def load(path: Path, device: str) -> OnnxNetwork:
    """The network of a file. Raises `ModelBroken` for one that does not enlarge images."""
    onnx_files.check(path)
    try:
        session = onnx_files.runtime().InferenceSession(
            path, onnx_files.session_options(), providers=onnx_files.providers(device)
        )
        shape = _run(session, np.zeros((1, 3, LEAST, LEAST), np.float32)).shape
    except Exception as error:
        # The runtime raises many types of errors for broken files; all mean the same here.
        raise onnx_files.broken(path, str(error).splitlines()[0][:200]) from error
    scale = shape[-1] // LEAST
    if scale < 2 or shape != (1, 3, scale * LEAST, scale * LEAST):
        raise onnx_files.broken(path, f"its output is {shape}, not a larger image")
    return OnnxNetwork(session, scale)


def _run(session: Any, given: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    answer: np.ndarray[Any, Any] = session.run(None, {session.get_inputs()[0].name: given})[0]
    return answer


def _missing(side: int) -> int:
    """The number of pixels to pad a side with."""
    return math.ceil(max(side, LEAST) / MULTIPLE) * MULTIPLE - side
