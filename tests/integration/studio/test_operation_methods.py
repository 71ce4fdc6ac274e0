"""Operations as methods of the Python API, and the images that they take."""

import inspect
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.errors import InvalidInput
from core.operations.declaration import registry
from core.studio import AsyncStudio, Picture, Studio, TaskResult
from tests.in_process import data_uri, png, settings_in

OPERATIONS = registry.load().operations()
RED = (255, 0, 0)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """One open studio for all tests."""
    with Studio(settings_in(tmp_path_factory.mktemp("studio"))) as studio:
        yield studio


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_every_operation_is_a_method_with_its_fields(operation: Any, studio: Studio) -> None:
    for calls in (studio, studio.asynchronous):
        method = getattr(calls, operation.name)
        parameters = inspect.signature(method).parameters
        assert set(parameters) == {*operation.model_fields, "on_change"}
        for name, field in operation.model_fields.items():
            required = parameters[name].default is inspect.Parameter.empty
            assert required == field.is_required()
        assert method.__doc__.startswith(operation.summary)
        assert operation.name in dir(calls)


def test_a_name_of_no_operation_is_no_attribute(studio: Studio) -> None:
    for name in ("no_such_operation", "prompt", "_private"):  # `prompt` is a value
        with pytest.raises(AttributeError, match=name):
            getattr(studio, name)


def test_an_unknown_argument_is_refused_before_the_call(studio: Studio) -> None:
    with pytest.raises(TypeError, match="widht"):
        studio.generate("a house", widht=64)  # type: ignore[call-arg]


def test_a_method_runs_its_operation_and_reports_changes(studio: Studio) -> None:
    changes: list[dict[str, Any]] = []
    result: TaskResult = studio.painting(count=2, on_change=changes.append)  # type: ignore[attr-defined]
    assert len(result.images) == 2
    assert changes[-1]["status"] == "completed"
    assert result._repr_png_() == result.images[0].png
    assert result._repr_svg_() is None


async def test_methods_of_the_async_api_are_awaited(tmp_path: Path) -> None:
    async with AsyncStudio(settings_in(tmp_path)) as studio:
        result = await studio.painting(count=1)  # type: ignore[attr-defined]
    assert len(result.images) == 1


def test_notebooks_show_a_drawing_as_svg() -> None:
    drawing = Picture("id", b"<svg/>", None, "svg")
    assert (drawing._repr_png_(), drawing._repr_svg_()) == (None, "<svg/>")


def array(kind: type, height: int = 16, scale: float = 1.0) -> Any:
    """A red array of 16 pixels width."""
    return (np.array([[RED] * 16] * height) * scale).astype(kind)


def red_file(folder: Path) -> Path:
    path = folder / "red.png"
    path.write_bytes(png("red"))
    return path


GIVEN: dict[str, Callable[[Path], Any]] = {
    "PIL": lambda _: Image.new("RGB", (16, 16), "red"),
    "CMYK": lambda _: Image.new("RGB", (16, 16), "red").convert("CMYK"),
    "bytes": lambda _: png("red"),
    "integers": lambda _: array(np.uint8),
    "floats": lambda _: array(np.float32, scale=1 / 255),
    "path": red_file,
    "string": lambda folder: str(red_file(folder)),
}


@pytest.mark.parametrize("given", GIVEN)
def test_an_image_of_every_type_is_uploaded(given: str, studio: Studio, tmp_path: Path) -> None:
    task_id = studio.submit("measuring", image=GIVEN[given](tmp_path))
    asset_id = studio.cancel(task_id)["params"]["image"]
    data = studio.call(studio.asynchronous.backend.file(asset_id))
    with Image.open(io.BytesIO(data)) as image:
        assert image.size == (16, 16)
        assert image.convert("RGB").getpixel((0, 0)) == RED


def test_results_pictures_and_asset_ids_name_their_asset(studio: Studio) -> None:
    result = studio.run("painting", count=1)
    picture = result.images[0]
    for given in (result, picture, picture.asset_id):
        task_id = studio.submit("measuring", image=given)
        assert studio.cancel(task_id)["params"]["image"] == picture.asset_id


def test_a_data_uri_is_taken_by_the_studio(studio: Studio) -> None:
    task_id = studio.submit("measuring", image=data_uri(png("red")))
    assert not studio.cancel(task_id)["params"]["image"].startswith("data:")


def test_a_grey_array_is_an_image(studio: Studio) -> None:
    assert studio.upload(np.zeros((16, 16, 1), bool))


@pytest.mark.parametrize(
    ("image", "detail"),
    [(np.zeros((2, 2, 7)), "shape"), (np.zeros(4), "shape"), ("absent.png", "absent.png")],
)
def test_what_is_no_image_is_refused_under_its_field(
    image: Any, detail: str, studio: Studio
) -> None:
    with pytest.raises(InvalidInput, match=detail) as refusal:
        studio.run("measuring", image=image)
    assert refusal.value.field == "image"
    assert refusal.value.fix
