"""The declarations that the how-tos show are complete: copied into a file, they work."""

import importlib
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from PIL import Image

from core.operations.declaration.base import Context, Operation
from core.operations.declaration.registry import Registry, describe

DOCS = Path(__file__).resolve().parents[3] / "docs"


Example = Callable[[str], ModuleType]


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Example:
    """The first Python example of a page, as a module."""
    monkeypatch.syspath_prepend(tmp_path)

    def load(page: str) -> ModuleType:
        text = (DOCS / page).read_text(encoding="utf-8")
        name = f"example_of_{page.removesuffix('.md').replace('-', '_')}"
        code = text.split("```python\n", 1)[1].split("```", 1)[0]
        (tmp_path / f"{name}.py").write_text(code, encoding="utf-8")
        monkeypatch.delitem(sys.modules, name, raising=False)
        return importlib.import_module(name)

    return load


class OnePicture:
    """A context with one input image, which collects outputs."""

    def __init__(self, picture: Image.Image) -> None:
        self.picture = picture
        self.added: list[Image.Image] = []

    def image(self, asset_id: str) -> Image.Image:
        return self.picture

    def add_image(self, image: Image.Image, **_: Any) -> None:
        self.added.append(image)


def test_the_operation_of_the_how_to_is_an_operation(example: Example) -> None:
    mirror = example("add-an-operation.md").Mirror
    Registry().add(mirror)
    entry = describe(mirror)
    assert entry["kind"] == "operation"
    assert entry["lane"] == "cpu"
    assert entry["inputs"][0]["type"] == "image"
    assert entry["schema"]["properties"]["axis"]["ui"]["widget"] == "select"


def test_the_operation_of_the_how_to_mirrors(example: Example) -> None:
    picture = Image.new("RGB", (2, 1))
    picture.putpixel((0, 0), (255, 0, 0))
    context = OnePicture(picture)
    example("add-an-operation.md").Mirror(image="an-asset").run(context)
    assert context.added[0].getpixel((1, 0)) == (255, 0, 0)


def test_the_how_to_names_members_that_exist() -> None:
    page = (DOCS / "add-an-operation.md").read_text(encoding="utf-8")
    calls = set(re.findall(r"`(?:with )?ctx\.(\w+)", page))
    assert calls
    assert not calls - set(dir(Context)) - set(Context.__annotations__)
    paragraph = page.split("**Flags**", 1)[1].split("\n- ", 1)[0]
    flags = set(re.findall(r"`([a-z_]+)(?:`| = )", paragraph))
    assert flags
    assert not flags - set(dir(Operation))


def test_the_value_of_the_how_to_is_a_value(example: Example) -> None:
    palette = example("add-a-brick.md").Palette
    Registry().add(palette)
    assert describe(palette)["kind"] == "value"
    assert palette(colours="red teal").values() == {"prompt": "red teal"}
