"""The geometry score over drawn images."""

import json
from io import BytesIO
from typing import Any

import pytest
from PIL import Image, ImageDraw

from core.errors import InvalidInput
from core.models.library.library import Library
from core.operations.declaration.library_context import LibraryContext
from core.operations.geometry_score import GeometryScore


def square(left: int, size: tuple[int, int] = (64, 64)) -> Image.Image:
    """A black square of half the image from `left` on white."""
    image = Image.new("RGB", size, "white")
    side = size[0] // 2
    ImageDraw.Draw(image).rectangle((left, 16, left + side - 1, 16 + side - 1), fill="black")
    return image


class Recorder:
    """The part of a run's context that the score uses."""

    def __init__(self, **images: Image.Image) -> None:
        self._images = images
        self.values: dict[str, list[Any]] = {}
        self.files: list[dict[str, Any]] = []
        self.facts: dict[str, Any] = {}

    def image(self, asset: str) -> Image.Image:
        return self._images[asset]

    def file(self, asset: str) -> bytes:
        data = BytesIO()
        self._images[asset].save(data, "PNG")
        return data.getvalue()

    def progress(self, *_args: Any, **_kwargs: Any) -> None: ...

    def note(self, facts: dict[str, Any]) -> None:
        self.facts |= facts

    def add_value(self, value: Any, *, port: str) -> None:
        self.values.setdefault(port, []).append(value)

    def add_file(self, data: bytes, **more: Any) -> None:
        self.files.append({"data": data, **more})


def scored(recorder: Recorder, **parameters: Any) -> dict[str, Any]:
    asked = {"control": "control", "control_type": "image", **parameters}
    GeometryScore(**asked).run(recorder)  # type: ignore[arg-type]
    report: dict[str, Any] = recorder.values["report"][0]
    return report


def test_the_best_of_a_batch_is_the_one_with_the_outline_of_the_control() -> None:
    recorder = Recorder(control=square(16), far=square(28), near=square(17), same=square(16))
    report = scored(recorder, image=["far", "near", "same"], tolerance=0)
    assert report["best"] == 2
    scores = [score["boundary_f"] for score in report["scores"]]
    assert scores[2] == 1
    assert scores[0] < scores[1] <= 1
    assert report["scores"][2] == {
        "image": "same",
        "edge_iou": 1,
        "boundary_f": 1,
        "precision": 1,
        "recall": 1,
        "score": 1,
    }
    assert recorder.values["score"][2] == "Image 3: edge IoU 1.00, boundary F 1.00 (best)"
    assert recorder.files[0]["data"] == recorder.file("same"), "unchanged, with its own metadata"
    assert recorder.facts["geometry"] == report


def test_an_image_is_compared_at_the_size_of_the_control() -> None:
    large = square(16).resize((256, 256), Image.Resampling.NEAREST)
    report = scored(Recorder(control=square(16), large=large), image="large", tolerance=2)
    assert report["scores"][0]["boundary_f"] > 0.95


def test_white_lines_are_taken_as_they_are() -> None:
    lines = Image.new("L", (64, 64))
    ImageDraw.Draw(lines).rectangle((16, 16, 48, 48), outline="white")
    recorder = Recorder(control=lines.convert("RGB"), same=square(16))
    report = scored(recorder, image="same", control_type="edges", tolerance=1)
    assert report["scores"][0]["boundary_f"] > 0.99
    assert json.dumps(report)


def test_depth_counts_as_much_as_edges() -> None:
    ramp = Image.linear_gradient("L").resize((64, 64)).convert("RGB")
    turned = ramp.rotate(180)
    recorder = Recorder(control=square(16), a=square(16), near=ramp, down=turned)
    report = scored(recorder, image=["a", "a"], control_depth="near", depth=["down", "near"])
    assert [score["depth_correlation"] for score in report["scores"]] == [-1, 1]
    assert report["best"] == 1
    assert [score["score"] for score in report["scores"]] == [0, 1]


def test_faults_are_named_by_field() -> None:
    with pytest.raises(InvalidInput) as refusal:
        scored(Recorder(control=square(16, (64, 48)), a=square(1)), image="a")
    assert refusal.value.field == "image", "another shape does not follow it"
    with pytest.raises(InvalidInput) as refusal:
        scored(Recorder(control=Image.new("RGB", (64, 64)), a=square(1)), image="a")
    assert refusal.value.field == "control"
    asked = GeometryScore(control="A", image=("B",), depth=("C",))
    with pytest.raises(InvalidInput) as refusal:
        asked.resolve(LibraryContext(Library([])))
    assert refusal.value.field == "control_depth"
