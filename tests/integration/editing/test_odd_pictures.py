"""Every editing operation on images of every odd kind."""

import base64
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from core.operations.control.preprocessor import Preprocessor
from core.operations.declaration.registry import load
from tests.integration.api.pictures import encoded
from tests.integration.process import Server

OPERATIONS: dict[str, dict[str, Any]] = {
    "filter": {"contrast": 1.2, "blur_radius": 2, "rotation_angle": 7, "special_filter": "contour"},
    "vectorize": {},
    "save": {"format": "webp", "file_name": "odd/{width}"},
    **{
        operation.name: {}
        for operation in load().operations()
        if issubclass(operation, Preprocessor)
    },
}


def palette() -> Image.Image:
    image = Image.new("P", (9, 9))
    image.putpalette([255, 0, 0, 0, 255, 0] + [0] * 762)
    image.info["transparency"] = 1
    return image


def moving() -> bytes:
    frames = [Image.new("RGB", (9, 9), colour) for colour in ("red", "blue")]
    return encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])


ODD: dict[str, Callable[[], bytes]] = {
    "one pixel": lambda: encoded(Image.new("RGB", (1, 1), "red")),
    "one row": lambda: encoded(Image.new("RGBA", (40, 1), (9, 9, 9, 128))),
    "CMYK": lambda: encoded(Image.new("CMYK", (9, 9), (0, 255, 255, 0)), "JPEG"),
    "16 bits": lambda: encoded(Image.new("I;16", (9, 9), 40_000)),
    "grey with transparency": lambda: encoded(Image.new("LA", (9, 9), (80, 40))),
    "palette with transparency": lambda: encoded(palette()),
    "animated": moving,
}


def uri(data: bytes) -> str:
    """A data URI."""
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"


@pytest.mark.parametrize("operation", OPERATIONS)
def test_odd_pictures_are_edited_like_any_other(studio: Server, operation: str) -> None:
    ids = {
        name: studio.submit(operation, image=uri(make()), **OPERATIONS[operation])
        for name, make in ODD.items()
    }
    for name, task in ids.items():
        assert studio.ended(task)["status"] == "completed", (name, studio.task(task)["error"])
