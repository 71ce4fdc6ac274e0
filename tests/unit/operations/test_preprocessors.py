"""Pre-processors: what they refuse, and what all of them share."""

from typing import Any

import pytest
from PIL import Image

from core.errors import InvalidInput
from core.models.library.library import Library
from core.operations.canny import Canny
from core.operations.control.preprocessor import PIXELS_MAX, Preprocessor
from core.operations.declaration.library_context import LibraryContext
from core.operations.declaration.registry import load
from tests.unit.pictures.making import noise

PREPROCESSORS = [
    operation for operation in load().operations() if issubclass(operation, Preprocessor)
]


@pytest.mark.parametrize("operation", PREPROCESSORS)
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_control_image_has_the_size_of_its_image_and_is_rgb(
    operation: type[Preprocessor], mode: str
) -> None:
    for size in ((33, 20), (1, 1), (1, 40)):
        result = operation(image="A").control_image(noise(*size, mode))
        assert (result.size, result.mode) == (size, "RGB")


@pytest.mark.parametrize("operation", PREPROCESSORS)
def test_a_preprocessor_runs_beside_the_device_and_has_a_live_preview(
    operation: type[Preprocessor],
) -> None:
    assert (operation.lane, operation.short, operation.transient) == ("cpu", True, True)


@pytest.mark.parametrize("operation", PREPROCESSORS)
def test_an_image_of_too_many_pixels_is_refused_by_field(operation: type[Preprocessor]) -> None:
    asked = operation(image="A")
    asked.check_sizes({"image": [(4000, PIXELS_MAX // 4000)]})
    with pytest.raises(InvalidInput, match="16 megapixels") as refusal:
        asked.check_sizes({"image": [(4000, PIXELS_MAX // 4000 + 1)]})
    assert refusal.value.field == "image"


def test_a_low_threshold_above_the_high_one_is_refused() -> None:
    with pytest.raises(InvalidInput) as refusal:
        Canny(image="A", low_threshold=0.5, high_threshold=0.4).resolve(LibraryContext(Library([])))
    assert refusal.value.field == "low_threshold"


class Recorder:
    """The part of a run's context that a pre-processor uses."""

    def __init__(self, image: Image.Image) -> None:
        self.picture = image
        self.codes: list[str] = []
        self.images: list[Image.Image] = []

    def image(self, _asset: Any) -> Image.Image:
        return self.picture

    def warn(self, code: str, _detail: str, _field: str | None = None) -> None:
        self.codes.append(code)

    def add_image(self, image: Image.Image) -> None:
        self.images.append(image)


def test_a_control_image_of_one_colour_comes_with_a_warning() -> None:
    flat, drawn = Recorder(Image.new("RGB", (20, 20), "grey")), Recorder(noise(20, 20))
    for recorder in (flat, drawn):
        Canny(image="A").run(recorder)  # type: ignore[arg-type]
    assert flat.codes == ["control_empty"]
    assert drawn.codes == []
    assert len(flat.images) == len(drawn.images) == 1
