"""Draft and refinement in one operation: the same images as by three operations."""

from __future__ import annotations

from typing import Any

import pytest
from PIL import Image

from core.engine.auxiliary.enlarging import lanczos
from core.engine.loaded import Loaded
from core.models.library.library import Library
from core.operations.declaration.library_context import LibraryContext
from core.operations.generate import Generate
from core.operations.img2img import Img2Img
from core.operations.refine import Refine
from core.settings import ROOT
from tests.integration.engine.context import Alone
from tests.integration.engine.test_detail import Redrawing
from tests.integration.engine.test_painting import small
from tests.integration.engine.tiny_models import GUIDED

DRAFT: dict[str, Any] = {"prompt": "a red house", "model": "tiny", "seed": 7, "num_images": 2}
SIZE = {"width": 64, "height": 80}


def images(operation: Any, model: Loaded, **pictures: Image.Image) -> list[Image.Image]:
    context = Alone(model, **pictures)
    operation.run(context)
    return context.made


@pytest.mark.parametrize("name", ["sd15", "klein", "flux1"])
def test_it_is_generate_upscale_and_img2img_bit_for_bit(name: str) -> None:
    model = small(name)
    asked = {**DRAFT, **GUIDED[name], "num_inference_steps": 2}
    context = Redrawing(model)
    Refine(**asked, **SIZE, factor=1.5, refine_strength=0.6, refine_steps=3).run(context)
    drafts = images(Generate(**asked, **SIZE), model)
    assert [d.tobytes() for d in context.ports["draft"]] == [d.tobytes() for d in drafts]
    for index, draft in enumerate(drafts):
        enlarged = lanczos(draft, (96, 120))
        second = Img2Img(
            **{**asked, "num_inference_steps": 3, "seed": 7 + index, "num_images": 1},
            image="enlarged",
            strength=0.6,
        )
        (refined,) = images(second, model, enlarged=enlarged)
        assert context.ports["image"][index].tobytes() == refined.tobytes()
        assert refined.size == (96, 120)


def test_the_steps_are_those_of_the_draft_and_its_size_is_snapped() -> None:
    library = LibraryContext(Library([ROOT / "models"]))
    resolved = Refine(prompt="a house", num_inference_steps=5).resolve(library)
    operation = resolved.operation
    assert isinstance(operation, Refine)
    assert operation.refine_steps == 5
    assert operation.width
    assert resolved.warnings == ()
