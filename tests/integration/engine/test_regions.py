"""Prompts per region: equal to the plain call where one prompt is left, in every family."""

from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from core.engine.regions import CORES, RegionInput, shares
from core.models.families import FAMILIES
from tests.integration.engine.reports import Steps
from tests.integration.engine.stand_in import ONE_PER_FAMILY, loaded
from tests.integration.engine.test_modes import parameters
from tests.integration.engine.tiny_models import tiny

SIZE = (64, 80)
WHITE, BLACK = Image.new("L", SIZE, 255), Image.new("L", SIZE, 0)
RIGHT = Image.new("L", SIZE)
RIGHT.paste(255, (32, 0, 64, 80))
TOP = Image.new("L", SIZE)
TOP.paste(255, (0, 0, 64, 40))
LEFT = RIGHT.point(lambda level: 255 - level)
PARTIAL = [(name, "inpaint") for name in ("sd15", "flux1", "klein")] + [("klein", "edit")]


def region(mask: Image.Image, prompt: str = "a blue car", **more: Any) -> dict[str, Any]:
    return {"mask": mask, "prompt": prompt, "negative_prompt": "rain", **more}


def drawn(made: Any, mode: str, *regions: dict[str, Any], **more: Any) -> np.ndarray[Any, Any]:
    wanted = {"negative_prompt": "rain", **more, "regions": regions}
    image = made.draw(mode, {**parameters(made.model.id, mode), **wanted}, seed=3, report=Steps())
    return np.asarray(image)


def test_every_family_has_its_core() -> None:
    assert {family.architecture for family in FAMILIES.values()} <= set(CORES)


@pytest.mark.parametrize(
    ("name", "mode"), [*((name, "generate") for name in ONE_PER_FAMILY), *PARTIAL]
)
def test_one_region_over_all_is_the_plain_image_of_its_prompt(name: str, mode: str) -> None:
    made = loaded(name)
    plain = drawn(made, mode, prompt="a blue car")
    house = drawn(made, mode)
    assert (drawn(made, mode, region(WHITE)) == plain).all()
    two = drawn(made, mode, region(LEFT), region(RIGHT))
    assert (two == plain).all(), "two halves of one prompt"
    mixed = drawn(made, mode, region(TOP))
    assert (mixed != plain).any()
    assert (mixed != house).any()
    assert (drawn(made, mode) == house).all(), "nothing stays in the network"


def test_a_core_with_a_hook_of_model_offload_keeps_it() -> None:
    pipeline = tiny("sd15")
    made = loaded("sd15", pipeline)
    original, seen = pipeline.unet.forward, []

    def hooked(*arguments: Any, **keywords: Any) -> Any:
        seen.append(1)
        return original(*arguments, **keywords)

    pipeline.unet.forward = hooked
    drawn(made, "generate", region(RIGHT))
    assert pipeline.unet.forward is hooked
    assert len(seen) == 2 * 4, "the region and the background, in each of four steps"


def test_the_background_is_drawn_only_where_it_is_seen() -> None:
    pipeline = tiny("klein")
    made = loaded("klein", pipeline)
    seen: list[torch.Tensor] = []
    handle = pipeline.transformer.register_forward_pre_hook(lambda *_: seen.append(torch.ones(1)))
    drawn(made, "generate")
    plain = len(seen)
    drawn(made, "generate", region(WHITE))
    handle.remove()
    assert len(seen) == 2 * plain


def test_shares_add_up_to_one() -> None:
    regions = [
        RegionInput(LEFT, "a"),
        RegionInput(WHITE, "b", strength=0.5),
        RegionInput(BLACK, "c"),
    ]
    first, second, nothing, background = shares(regions, 10, 8)
    assert first.shape == (10, 8)
    assert (first + second + nothing + background == pytest.approx(1)) is not False
    assert not nothing.any()
    assert first[0, 0] == pytest.approx(1 / 1.5)
    assert (second[0, 7], background[0, 7]) == (0.5, 0.5)
    only, rest = shares([RegionInput(WHITE, "a")], 10, 8)
    assert (only == 1).all()
    assert not rest.any()
