"""Regions of a request: what is refused by field, and what they cost."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pydantic import ValidationError

from core.engine.canvas.frame import Frame
from core.errors import InvalidInput
from core.models.families import FAMILIES
from core.models.library.library import Library
from core.models.library.model import Model
from core.models.library.record import Record
from core.operations.declaration.library_context import LibraryContext
from core.operations.diffusion.region import Region
from core.operations.diffusion.region_use import REGIONS_MAX, RegionUse
from core.operations.generate import Generate
from core.operations.regions import Regions


class RecordsOnly(Library):
    """Models of any family, without files."""

    def get(self, reference: str) -> Model:
        return Model(reference, Path(reference), FAMILIES[reference], Record(), False, {})


@pytest.fixture(scope="module")
def ctx() -> LibraryContext:
    return LibraryContext(RecordsOnly([]))


def request(*regions: dict[str, Any], model: str = "sdxl", **more: Any) -> Generate:
    return Generate(prompt="a garden", model=model, regions=regions, **more)


def region(mask: str = "M", **more: Any) -> dict[str, Any]:
    return {"mask": mask, "prompt": "a red house", **more}


def test_attention_masks_are_for_models_that_have_them_and_cost_no_step(
    ctx: LibraryContext,
) -> None:
    attention = {"region_method": "attention", "num_inference_steps": 20}
    resolved = request(region(), region("B"), model="flux1", **attention).resolve(ctx)
    assert resolved.facts["regions"] == {"passes": 1, "steps": 20, "method": "attention"}
    assert not [entry for entry in resolved.warnings if entry.code == "regions_cost"]
    with pytest.raises(InvalidInput, match="no attention masks") as caught:
        request(region(), model="sdxl", **attention).resolve(ctx)
    assert caught.value.field == "region_method"
    off = region(loras=[{"name": "ink", "enabled": False}])
    with pytest.raises(InvalidInput, match="LoRAs") as caught:
        request(off, model="flux1", **attention).resolve(ctx)
    assert caught.value.field == "region_method"


def test_masks_within_regions_become_inputs_in_the_same_order() -> None:
    asked = request(region("A"), region("B", strength=0.5))
    assert asked.region_mask == ("A", "B")
    stored = asked.model_dump(mode="json")
    assert all("mask" not in entry for entry in stored["regions"])
    assert Generate.model_validate(stored) == asked


def test_the_cost_in_steps_is_stated_before_the_run(ctx: LibraryContext) -> None:
    resolved = request(region(), region("B"), num_inference_steps=20).resolve(ctx)
    assert resolved.facts["regions"] == {"passes": 3, "steps": 60}
    (warning,) = [entry for entry in resolved.warnings if entry.code == "regions_cost"]
    assert "60 steps instead of 20" in warning.detail
    plain = request(num_inference_steps=20).resolve(ctx)
    assert "regions" not in plain.facts


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_that_generates_takes_regions(family: str, ctx: LibraryContext) -> None:
    known = FAMILIES[family]
    if "generate" in known.modes and not known.own_control:
        assert request(region(), model=family).resolve(ctx).facts["regions"]["passes"] == 2


@pytest.mark.parametrize(
    "values",
    [{"strength": 1.1}, {"prompt": ""}, {"feather": -1}, {"loras": [{"weight": 1}]}],
)
def test_values_out_of_range_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        request(region(**values))
    assert caught.value.errors()[0]["loc"][:2] == ("regions", 0)


def test_too_many_regions_and_regions_without_a_mask_are_refused(ctx: LibraryContext) -> None:
    request(*[region()] * REGIONS_MAX)
    with pytest.raises(ValidationError):
        request(*[region()] * (REGIONS_MAX + 1))
    with pytest.raises(InvalidInput) as caught:
        request(region(), {"prompt": "a"})
    assert caught.value.field == "regions.1.mask"
    with pytest.raises(InvalidInput) as caught:
        request({"prompt": "a"}).resolve(ctx)
    assert caught.value.field == "regions"


def test_a_mask_of_quite_another_shape_is_refused() -> None:
    sized = request(region(), width=512, height=512)
    sized.check_sizes({"region_mask": [(512, 300)]})
    with pytest.raises(InvalidInput) as caught:
        sized.check_sizes({"region_mask": [(1024, 256)]})
    assert caught.value.field == "regions.0.mask"


def test_a_region_is_feathered_on_the_canvas_and_cut_by_frames() -> None:
    mask = Image.new("L", (100, 50))
    mask.paste(255, (50, 0, 100, 50))
    sharp = Region(RegionUse(prompt="a"), mask).covering((200, 100))
    assert sharp.mask.size == (200, 100)
    soft = Region(RegionUse(prompt="a", feather=40), mask).covering((200, 100))
    assert sharp.mask.getpixel((60, 50)) == 0 < soft.mask.getpixel((95, 50)) < 255  # type: ignore[operator]
    white = Region(RegionUse(prompt="a", feather=40), Image.new("L", (9, 9), 255))
    assert white.covering((64, 64)).mask.getextrema() == (255, 255)
    part = sharp.within(Frame((110, 0, 200, 90), (64, 64)))
    assert (part.mask.size, part.mask.getextrema()) == ((64, 64), (255, 255))


def test_the_brick_gives_the_regions_that_are_painted_and_have_a_prompt() -> None:
    painted = {"mask": "M", "prompt": "a house"}
    brick = Regions(regions=[painted, {"prompt": "no mask"}, {"mask": "N", "prompt": " "}])
    given = brick.values()["regions"]["regions"]
    assert [(entry["mask"], entry["prompt"]) for entry in given] == [("M", "a house")]
    assert request(*given).region_mask == ("M",)
    assert Regions(regions=[painted], method="attention").values()["regions"] == {
        "regions": given,
        "region_method": "attention",
    }
    assert Regions().values() == {"regions": None}
