"""The control adapter that ships: it is found, small, and results keep the outline of a drawing."""

from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from core.engine.pool import ModelPool
from core.models.library.library import Library
from core.operations.canny import Canny
from core.operations.generate import Generate
from core.pictures.control.edges import canny
from core.pictures.control.grey import levels
from core.pictures.control.score import edge_iou
from tests.integration.engine.running import Running
from tests.integration.engine.stand_in import CPU

MODELS = Path("models")


@pytest.fixture(scope="module")
def studio() -> tuple[Library, ModelPool]:
    library = Library([MODELS])
    return library, ModelPool(library, CPU)


def outlines() -> list[tuple[str, Image.Image]]:
    """Drawings at places that their prompts do not name, with the prompts."""
    drawn = []
    for prompt, corners in (
        ("a purple triangle on a white background", [(40, 220), (100, 60), (220, 220)]),
        ("a black square on a white background", [(100, 40), (230, 40), (230, 170), (100, 170)]),
    ):
        image = Image.new("RGB", (256, 256), "white")
        ImageDraw.Draw(image).polygon(corners, fill="black")
        drawn.append((prompt, image))
    return drawn


def test_the_adapter_is_in_the_library_of_a_fresh_machine(
    studio: tuple[Library, ModelPool],
) -> None:
    library, _ = studio
    file = library.control("nano-control")
    assert file.refusal(library.get("nano"), "generate") is None
    assert set(file.takes) == {"canny", "scribble", "softedge", "lineart"}
    assert file.weights[0].size < 2 << 20


def test_results_keep_the_outline_of_a_drawing(studio: tuple[Library, ModelPool]) -> None:
    library, pool = studio
    for prompt, drawing in outlines():
        edges = Canny(image="D").control_image(drawing)
        scores = {}
        for strength in (0.0, 1.0):
            asked = {"prompt": prompt, "seed": 5, "width": 256, "height": 256, "model": "nano"}
            running = Running(library, pool, {"C": edges})
            control = [{"image": "C", "strength": strength}]
            image = running.run(Generate(**asked, control=control))["image"]
            wanted, drawn = levels(edges) > 0.5, canny(image, 0.1, 0.2, 1.0)
            scores[strength] = edge_iou(wanted, drawn, tolerance=2)
        assert scores[1.0] > max(0.25, 2 * scores[0.0]), (prompt, scores)
