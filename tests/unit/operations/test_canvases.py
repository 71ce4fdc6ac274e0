"""Control images that a person draws: what their bricks hold, and what they give."""

import pytest
from pydantic import ValidationError

from core.operations.declaration.registry import load
from core.operations.depth_canvas import DepthCanvas
from core.operations.pose_canvas import PEOPLE_MAX, PoseCanvas
from core.operations.scribble_canvas import ScribbleCanvas

CANVASES = (ScribbleCanvas, DepthCanvas, PoseCanvas)


@pytest.mark.parametrize("canvas", CANVASES)
def test_a_canvas_gives_what_was_drawn_as_an_image(canvas: type[ScribbleCanvas]) -> None:
    assert load().get(canvas.name) is canvas
    assert canvas(image="A").values() == {"image": "A"}
    assert canvas().values() == {"image": None}
    assert [(port.name, port.type) for port in canvas.outputs] == [("image", "image")]


@pytest.mark.parametrize("size", [{"width": 32}, {"height": 4096}])
def test_a_canvas_of_another_size_is_refused(size: dict[str, int]) -> None:
    with pytest.raises(ValidationError) as caught:
        ScribbleCanvas(**size)
    assert caught.value.errors()[0]["loc"] == tuple(size)


def test_a_pose_is_openposes_json() -> None:
    assert PoseCanvas(pose={"people": []}).pose == {"people": []}
    for pose in ({}, {"people": 1}, {"people": [{}] * (PEOPLE_MAX + 1)}):
        with pytest.raises(ValidationError):
            PoseCanvas(pose=pose)
