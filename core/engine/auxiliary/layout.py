"""Parts and depth of drawings, by the layout network of a model: an ONNX file of its folder.

Its input is (1, 3, height, width) of 0..1, sides multiples of `MULTIPLE`; its outputs are the
probabilities of the parts (1, parts, height, width) and the depth (1, 1, height, width) of 0..1.
The metadata `parts` holds the class of ADE20K whose colour each part takes, by its name, as JSON.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.engine.auxiliary import onnx_files
from core.models.library.record import read_record
from core.pictures.control.grey import opaque, spread, to_image

if TYPE_CHECKING:
    from core.engine.auxiliary.depth import DepthEstimator
    from core.engine.auxiliary.scenes import SceneSegmenter

SIDE = 192  # pixels of the shorter side, as the network sees it
MULTIPLE = 32
PARTS = "parts"  # key of the metadata


@dataclass(frozen=True, slots=True)
class LayoutNetwork:
    """A loaded network; `labels` are the classes by the names of the parts."""

    session: Any
    labels: dict[str, int]

    @classmethod
    def load(cls, path: Path, device: str) -> LayoutNetwork:
        """From a file. Raises `ModelBroken`."""
        onnx_files.check(path)
        try:
            session = onnx_files.runtime().InferenceSession(
                path, onnx_files.session_options(), providers=onnx_files.providers(device)
            )
            labels = json.loads(session.get_modelmeta().custom_metadata_map[PARTS])
            network = cls(session, {str(name): int(number) for name, number in labels.items()})
            shapes = [answer.shape for answer in network._answers(Image.new("RGB", (1, 1)))]
        except Exception as error:
            # The runtime raises many types of errors for broken files; all mean the same here.
            raise onnx_files.broken(path, str(error).splitlines()[0][:200]) from error
        if shapes != [(len(labels), SIDE, SIDE), (1, SIDE, SIDE)]:
            raise onnx_files.broken(path, f"its outputs are {shapes}, not parts and depth")
        return network

    def depth(self, picture: Image.Image) -> Image.Image:
        """The depth map of an image as RGB of its size: the nearest part white, the farthest
        black. Transparency becomes white."""
        _, depth = self._answers(picture)
        return to_image(spread(_enlarged(depth[0], picture.size)))

    def classes(self, picture: Image.Image) -> NDArray[np.integer]:
        """The class of each pixel, rows × columns. Transparency becomes white."""
        parts, _ = self._answers(picture)
        best = _enlarged(parts[0], picture.size)
        numbers = [*self.labels.values()]
        classes: NDArray[np.integer] = np.full(best.shape, numbers[0], np.int64)
        for number, part in zip(numbers[1:], parts[1:], strict=True):
            sure = _enlarged(part, picture.size)
            classes[sure > best] = number
            best = np.maximum(best, sure)
        return classes

    def _answers(self, picture: Image.Image) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Probabilities [parts, height, width] and depth [1, height, width] at a small size."""
        scale = SIDE / min(picture.size)
        width, height = (
            max(MULTIPLE, round(side * scale / MULTIPLE) * MULTIPLE) for side in picture.size
        )
        small = opaque(picture).resize((width, height), Image.Resampling.LANCZOS)
        given = (np.asarray(small, np.float32) / 255).transpose(2, 0, 1)[None]
        name = self.session.get_inputs()[0].name
        parts, depth = self.session.run(None, {name: given})
        return parts[0], depth[0]


def load_depth(folder: Path, device: str) -> DepthEstimator | LayoutNetwork:
    """The network of a folder that estimates depth. Raises `ModelBroken`."""
    if name := read_record(folder).layout:
        return LayoutNetwork.load(folder / name, device)
    from core.engine.auxiliary.depth import DepthEstimator

    return DepthEstimator.load(folder, device)


def load_scene(folder: Path, device: str) -> SceneSegmenter | LayoutNetwork:
    """The network of a folder that gives every pixel a class. Raises `ModelBroken`."""
    if name := read_record(folder).layout:
        return LayoutNetwork.load(folder / name, device)
    from core.engine.auxiliary.scenes import SceneSegmenter

    return SceneSegmenter.load(folder, device)


def _enlarged(values: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """Rows × columns of another size (width, height)."""
    image = Image.fromarray(values).resize(size, Image.Resampling.BILINEAR)
    return np.asarray(image, np.float32)
