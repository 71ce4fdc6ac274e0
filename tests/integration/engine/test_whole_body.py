"""Whole-body poses by ONNX networks made on the fly, whose boxes and points are known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.engine.auxiliary.whole_body import STRIDES, BoxDetector, WholeBodyEstimator
from core.errors import ModelBroken
from core.models.library.library import Library
from core.operations.pose import Pose
from core.pictures.control.skeleton import FACE, HAND, WHOLE_BODY, Person, draw_skeletons
from core.settings import ROOT
from tests.integration.engine.running import Running

onnx = pytest.importorskip("onnx")
SIDE, WIDE, TALL, RATIO = 64, 48, 64, 2
LEFT_WRIST, NOSE = 9, 0  # of COCO
FACE_POINT, LEFT_TIP, RIGHT_TIP = 23 + 30, 91 + 8, 112 + 8
POINTS = {NOSE: (24, 8), LEFT_WRIST: (40, 32), FACE_POINT: (24, 10), LEFT_TIP: (44, 40)}


def save(path: Path, shape: list[int], outputs: dict[str, np.ndarray[Any, Any]]) -> Path:
    """A network that answers `outputs`, whatever it is given."""
    make, kind = onnx.helper, onnx.TensorProto.FLOAT
    nodes, kept = [], []
    for name, values in outputs.items():
        kept.append(onnx.numpy_helper.from_array(values.astype(np.float32), f"{name} values"))
        nodes += [make.make_node("Add", [f"{name} values", "nothing"], [name])]
    kept.append(onnx.numpy_helper.from_array(np.zeros(1, np.float32), "none"))
    sums = [
        make.make_node("ReduceMean", ["input"], ["mean"], keepdims=0),
        make.make_node("Mul", ["mean", "none"], ["nothing"]),
    ]
    graph = make.make_graph(
        [*sums, *nodes],
        "known" * 300,
        [make.make_tensor_value_info("input", kind, shape)],
        [make.make_tensor_value_info(name, kind, list(v.shape)) for name, v in outputs.items()],
        kept,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(make.make_model(graph, opset_imports=[make.make_opsetid("", 17)], ir_version=8), path)
    return path


def grid(boxes: list[tuple[float, float, float, float, float]]) -> np.ndarray[Any, Any]:
    """YOLOX's predictions of boxes (center x, y, width, height, confidence) on its first level."""
    cells = sum((SIDE // stride) ** 2 for stride in STRIDES)
    predictions = np.zeros((1, cells, 5 + 2))
    stride, count = STRIDES[0], SIDE // STRIDES[0]
    for x, y, width, height, score in boxes:
        column, row = int(x // stride), int(y // stride)
        sizes = np.log([width / stride, height / stride])
        values = [x / stride - column, y / stride - row, *sizes, score, 1.0, 0.0]
        predictions[0, row * count + column] = values
    return predictions


def distributions() -> dict[str, np.ndarray[Any, Any]]:
    """Peaks of POINTS, in pixels of the pose network's input; the others are unsure."""
    across = np.full((1, WHOLE_BODY, WIDE * RATIO), 0.01)
    down = np.full((1, WHOLE_BODY, TALL * RATIO), 0.01)
    for point, (x, y) in POINTS.items():
        across[0, point, x * RATIO], down[0, point, y * RATIO] = 0.9, 0.8
    return {"simcc_x": across, "simcc_y": down}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("models")
    boxes = [
        (20, 16, 24, 32, 0.9),
        (25, 16, 24, 30, 0.8),
        (50, 16, 12, 16, 0.7),
        (40, 50, 8, 8, 0.1),
    ]
    folder = root / "companions"
    save(folder / "yolox-l" / "yolox_l.onnx", [1, 3, SIDE, SIDE], {"output": grid(boxes)})
    shape = [1, 3, TALL, WIDE]
    save(folder / "dwpose" / "dw-ll_ucoco_384.onnx", shape, distributions())
    return root


def test_boxes_of_the_grid_come_back_in_pixels_each_person_once(models: Path) -> None:
    detector = BoxDetector.load(models / "companions" / "yolox-l" / "yolox_l.onnx", "cpu")
    picture = Image.new("RGB", (128, 64), "white")  # half as large in the network
    people = detector.people(picture, 0.3)
    assert people == [pytest.approx((16, 0, 48, 64), abs=1e-3), pytest.approx((88, 16, 24, 32))]
    assert len(detector.people(picture, 0.75)) == 1


def test_boxes_after_suppression_are_read_too(tmp_path: Path) -> None:
    outputs = {
        "dets": np.array([[[8, 8, 24, 40, 0.9], [0, 0, 64, 64, 0.8]]]),
        "labels": np.array([[0, 1]]),
    }
    detector = BoxDetector.load(save(tmp_path / "n.onnx", [1, 3, SIDE, SIDE], outputs), "cpu")
    assert detector.people(Image.new("RGB", (64, 64)), 0.3) == [pytest.approx((8, 8, 16, 32))]


def test_peaks_become_points_of_the_picture_with_hands_and_face(models: Path) -> None:
    file = models / "companions" / "dwpose" / "dw-ll_ucoco_384.onnx"
    estimator = WholeBodyEstimator.load(file, "cpu")
    # Widened by a quarter the box is 60 × 80 pixels from (20, 10): 1.25 of a pixel of the input.
    (person,) = estimator.joints(Image.new("RGB", (128, 128)), [(26, 18, 48, 64)], 0.3)
    assert person.body[0] == pytest.approx((20 + 24 * 1.25, 10 + 8 * 1.25))
    assert person.body[7] == pytest.approx((20 + 40 * 1.25, 10 + 32 * 1.25))
    assert [joint for joint in person.body if joint] == [person.body[0], person.body[7]]
    assert (len(person.left), person.right, len(person.face)) == (HAND, [], FACE)
    assert person.left[8] == pytest.approx((20 + 44 * 1.25, 10 + 40 * 1.25))
    assert person.face[30] == pytest.approx((20 + 24 * 1.25, 10 + 10 * 1.25))


def test_pose_draws_hands_and_faces_and_gives_openposes_json(models: Path) -> None:
    library = Library([models], presets_dir=ROOT / "presets")
    run = Running(library, pictures={"A": Image.new("RGB", (128, 64), "white")})
    asked = Pose(image="A", model="dwpose", detector="yolox-l", person_threshold=0.75)
    drawn = run.run(asked)["image"]
    pose = run.values["pose"]
    (person,) = pose["people"]
    assert (pose["canvas_width"], pose["canvas_height"]) == (128, 64)
    assert {key: len(value) for key, value in person.items()} == {
        "pose_keypoints_2d": 54,
        "hand_left_keypoints_2d": 63,
        "hand_right_keypoints_2d": 0,
        "face_keypoints_2d": 210,
    }
    tip = tuple(round(value) for value in person["hand_left_keypoints_2d"][24:26])
    assert drawn.getpixel(tip) == (0, 0, 255)
    bare = asked.model_copy(update={"hands": False, "face": False})
    assert run.run(bare)["image"].getpixel(tip) == (0, 0, 0)
    assert run.values["pose"]["people"][0]["face_keypoints_2d"] == []


def test_a_hand_has_coloured_bones_and_a_face_white_points() -> None:
    hand: list[tuple[float, float] | None] = [None] * HAND
    hand[0], hand[1], hand[5] = (100.0, 100.0), (300.0, 100.0), (100.0, 300.0)
    person = Person([None] * 18, left=hand, face=[(400.0, 400.0)])
    image = draw_skeletons([person], (512, 512))
    assert image.getpixel((200, 100)) == (255, 0, 0)
    assert image.getpixel((100, 200)) == (204, 255, 0)
    assert image.getpixel((100, 100)) == (0, 0, 255)
    assert image.getpixel((400, 400)) == (255, 255, 255)


def test_other_networks_are_refused(models: Path, tmp_path: Path) -> None:
    folder = models / "companions"
    with pytest.raises(ModelBroken):
        WholeBodyEstimator.load(folder / "yolox-l" / "yolox_l.onnx", "cpu")
    with pytest.raises(ModelBroken):
        BoxDetector.load(folder / "dwpose" / "dw-ll_ucoco_384.onnx", "cpu")
    body = {name: values[:, :17] for name, values in distributions().items()}
    with pytest.raises(ModelBroken, match="133 points"):
        WholeBodyEstimator.load(save(tmp_path / "b.onnx", [1, 3, TALL, WIDE], body), "cpu")
