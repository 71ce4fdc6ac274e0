"""People, their bodies, hands and faces by ONNX networks: a detector, then RTMPose on each person.

The detector is YOLOX: (1, 3, side, side) of 0..255 in BGR, letterboxed. Its output is the grid of
predictions (1, cells, 5 + classes), or boxes after suppression (1, boxes, 5) with labels.
The other is a whole-body RTMPose (DWPose, RTMW): (1, 3, height, width) in RGB, normalized, to
distributions along x and y of 133 points (SimCC). Both follow the deployment of OpenMMLab.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.engine.auxiliary import onnx_files
from core.pictures.control.grey import opaque
from core.pictures.control.skeleton import WHOLE_BODY, Person, from_whole_body

if TYPE_CHECKING:
    from core.engine.auxiliary.pose import PersonDetector, PoseEstimator

Floats = NDArray[np.float32]
Box = tuple[float, float, float, float]  # left, top, width, height in pixels

MAX_PEOPLE = 20  # the surest ones
STRIDES = (8, 16, 32)  # pixels of a cell on each level of the grid
PERSON = 0  # the class
SAME = 0.45  # intersection over union of two boxes of one person
PAD = (114, 114, 114)
AROUND = 1.25  # sides of what the pose network sees, by those of the box
MEAN = np.array((123.675, 116.28, 103.53), np.float32)
DEVIATION = np.array((58.395, 57.12, 57.375), np.float32)


@dataclass(frozen=True, slots=True)
class BoxDetector:
    """A loaded network that finds people."""

    session: Any
    side: int

    @classmethod
    def load(cls, path: Path, device: str) -> BoxDetector:
        """From a file. Raises `ModelBroken`."""
        session, (height, width) = _open(path, device)
        if height != width or height % STRIDES[-1]:
            raise onnx_files.broken(path, f"its input has {width}×{height} pixels")
        detector = cls(session, height)
        shapes = [answer.shape for answer in detector._answers(Image.new("RGB", (1, 1)))]
        cells = sum((height // stride) ** 2 for stride in STRIDES)
        raw = len(shapes) == 1 and shapes[0][:2] == (1, cells) and shapes[0][2] > 5
        if not raw and [len(shape) for shape in shapes] != [3, 2]:
            raise onnx_files.broken(path, f"its outputs are {shapes}, not boxes")
        return detector

    def people(self, picture: Image.Image, threshold: float) -> list[Box]:
        """The boxes of the people with at least this confidence, the surest first."""
        answers = self._answers(picture)
        if len(answers) == 1:
            corners, scores = _decoded(answers[0][0], self.side)
        else:
            corners, scores = answers[0][0, :, :4], answers[0][0, :, 4]
            scores = np.where(answers[1][0] == PERSON, scores, 0)
        corners = corners / self._scale(picture)
        corners = corners.clip(0, np.tile(picture.size, 2))
        kept: list[NDArray[np.floating[Any]]] = []
        for index in np.argsort(-scores, kind="stable").tolist():
            left, top, right, bottom = corners[index]
            if scores[index] < threshold or len(kept) == MAX_PEOPLE:
                break
            new = all(_overlap(corners[index], other) <= SAME for other in kept)
            if new and right > left and bottom > top:
                kept.append(corners[index])
        return [(float(a), float(b), float(c - a), float(d - b)) for a, b, c, d in kept]

    def _scale(self, picture: Image.Image) -> float:
        return self.side / max(picture.size)

    def _answers(self, picture: Image.Image) -> list[Floats]:
        """The outputs for the picture in the upper left of a grey square."""
        scale = self._scale(picture)
        width, height = (max(1, round(side * scale)) for side in picture.size)
        square = Image.new("RGB", (self.side, self.side), PAD)
        square.paste(opaque(picture).resize((width, height), Image.Resampling.BILINEAR), (0, 0))
        pixels = np.asarray(square, np.float32)[..., ::-1].transpose(2, 0, 1)[None]
        return _run(self.session, np.ascontiguousarray(pixels))


@dataclass(frozen=True, slots=True)
class WholeBodyEstimator:
    """A loaded network that finds the 133 points of COCO-WholeBody of a person within a box."""

    session: Any
    size: tuple[int, int]  # width, height

    @classmethod
    def load(cls, path: Path, device: str) -> WholeBodyEstimator:
        """From a file. Raises `ModelBroken`."""
        session, (height, width) = _open(path, device)
        estimator = cls(session, (width, height))
        names = [output.name for output in session.get_outputs()]
        shapes = [a.shape[:2] for a in _run(session, np.zeros((1, 3, height, width), np.float32))]
        if shapes != [(1, WHOLE_BODY)] * 2:
            raise onnx_files.broken(path, f"its outputs {names} are not {WHOLE_BODY} points")
        return estimator

    def joints(self, picture: Image.Image, boxes: Sequence[Box], threshold: float) -> list[Person]:
        """Body, hands and face of each person, in pixels; None for a point below the threshold."""
        return [self._person(opaque(picture), box, threshold) for box in boxes]

    def _person(self, picture: Image.Image, box: Box, threshold: float) -> Person:
        left, top, width, height = self._area(box)
        wide, tall = self.size
        matrix = (width / wide, 0, left, 0, height / tall, top)
        seen = picture.transform(
            self.size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR
        )
        pixels = (np.asarray(seen, np.float32) - MEAN) / DEVIATION
        across, down = _run(self.session, pixels.transpose(2, 0, 1)[None])
        scores = np.minimum(across[0].max(1), down[0].max(1))
        x = across[0].argmax(1) / across.shape[2] * width + left
        y = down[0].argmax(1) / down.shape[2] * height + top
        return from_whole_body(np.stack([x, y], 1).tolist(), scores.tolist(), threshold)

    def _area(self, box: Box) -> Box:
        """The part of the picture that is seen: the box, widened, in the shape of the input."""
        left, top, width, height = box
        ratio = self.size[0] / self.size[1]
        wide = AROUND * max(width, height * ratio)
        tall = wide / ratio
        return left + (width - wide) / 2, top + (height - tall) / 2, wide, tall


def load_detector(folder: Path, device: str) -> PersonDetector | BoxDetector:
    """The network of a folder that finds people. Raises `ModelBroken`."""
    if file := _onnx_file(folder):
        return BoxDetector.load(file, device)
    from core.engine.auxiliary.pose import PersonDetector

    return PersonDetector.load(folder, device)


def load_pose(folder: Path, device: str) -> PoseEstimator | WholeBodyEstimator:
    """The network of a folder that finds the joints of a person. Raises `ModelBroken`."""
    if file := _onnx_file(folder):
        return WholeBodyEstimator.load(file, device)
    from core.engine.auxiliary.pose import PoseEstimator

    return PoseEstimator.load(folder, device)


def _onnx_file(folder: Path) -> Path | None:
    return next(iter(sorted(folder.glob("*.onnx"))), None)


def _open(path: Path, device: str) -> tuple[Any, tuple[int, int]]:
    """A session and the height and width of its input. Raises `ModelBroken`."""
    onnx_files.check(path)
    try:
        session = onnx_files.runtime().InferenceSession(
            path, onnx_files.session_options(), providers=onnx_files.providers(device)
        )
    except Exception as error:
        # The runtime raises many types of errors for broken files; all mean the same here.
        raise onnx_files.broken(path, str(error).splitlines()[0][:200]) from error
    shape = session.get_inputs()[0].shape
    if len(shape) != 4 or shape[1] != 3 or not all(isinstance(side, int) for side in shape[2:]):
        raise onnx_files.broken(path, f"its input is {shape}, not an image of one size")
    return session, (shape[2], shape[3])


def _run(session: Any, given: Floats) -> list[Floats]:
    answers: list[Floats] = session.run(None, {session.get_inputs()[0].name: given})
    return answers


def _decoded(cells: Floats, side: int) -> tuple[Floats, Floats]:
    """Corners [cells, 4] in pixels of the input, and confidences of a person, of YOLOX's grid."""
    places, strides = [], []
    for stride in STRIDES:
        count = side // stride
        rows, columns = np.divmod(np.arange(count * count), count)
        places.append(np.stack([columns, rows], 1))
        strides.append(np.full((count * count, 1), stride))
    pixels = np.concatenate(strides)
    center = (cells[:, :2] + np.concatenate(places)) * pixels
    half = np.exp(cells[:, 2:4]) * pixels / 2
    corners = np.concatenate([center - half, center + half], 1).astype(np.float32)
    return corners, cells[:, 4] * cells[:, 5 + PERSON]


def _overlap(a: NDArray[Any], b: NDArray[Any]) -> float:
    """Intersection over union of two boxes given by their corners."""
    sides = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    both = float(np.prod(sides.clip(0)))
    return both / (float(np.prod(a[2:] - a[:2])) + float(np.prod(b[2:] - b[:2])) - both)
