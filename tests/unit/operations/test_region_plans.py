"""Texts and LoRAs of regions: settled per image before it is stored, kept in the facts."""

from __future__ import annotations

import json
import shutil
from typing import Any

import pytest

from core.errors import InvalidInput, ModelMissing
from core.models.library.library import Library
from core.operations.declaration.library_context import LibraryContext
from core.operations.diffusion.plans import ImagePlan, from_facts
from core.operations.generate import Generate
from core.prompts.presets import PromptPresets
from core.settings import ROOT
from tests.unit.models.crafting import safetensors
from tests.unit.models.test_lora import kohya, peft, unet

PRESETS = ROOT / "presets"
SIDES = {f"transformer_blocks.{block}.attn.to_q": (192, 192) for block in range(2)}


@pytest.fixture(scope="module")
def ctx(tmp_path_factory: pytest.TempPathFactory) -> LibraryContext:
    folder = tmp_path_factory.mktemp("models")
    shutil.copytree(ROOT / "models" / "nano", folder / "nano")
    (folder / "loras").mkdir()
    safetensors(folder / "loras" / "small.safetensors", peft("transformer.", SIDES))
    more = {name: (sides[0], sides[1]) for name, sides in SIDES.items() if "0" in name}
    safetensors(folder / "loras" / "ink.safetensors", peft("transformer.", more))
    safetensors(folder / "loras" / "paint.safetensors", kohya("lora_unet_", unet(768)))
    return LibraryContext(Library([folder]), PromptPresets(PRESETS))


def resolve(ctx: LibraryContext, *regions: dict[str, Any], **more: Any) -> Any:
    painted = [{"mask": "M", "prompt": "a house", **region} for region in regions]
    given = {"prompt": "a meadow", "seed": 5, **more, "regions": painted}
    return Generate.model_validate(given).resolve(ctx)


def plans(resolved: Any) -> tuple[ImagePlan, ...]:
    """The plans that the worker draws by, of facts as the queue keeps them."""
    facts, operation = json.loads(json.dumps(resolved.facts)), resolved.operation
    return from_facts(operation, operation.num_images, facts, operation.request.regions)


def loras(plan: ImagePlan, region: int = 0) -> list[tuple[str, float]]:
    return [(lora.name, lora.weight) for lora in plan.regions[region].loras]


def test_choices_of_a_region_are_taken_by_the_seed_of_each_image(ctx: LibraryContext) -> None:
    text = "a {red|blue|green|white} __animal__"
    resolved = resolve(ctx, {"prompt": text}, {"prompt": text}, num_images=4)
    assert resolved.operation.regions[0].prompt == text
    made = plans(resolved)
    drawn = [[region.prompt for region in plan.regions] for plan in made]
    assert len({first for first, _ in drawn}) > 1
    assert any(first != second for first, second in drawn), "equal texts choose for themselves"
    assert [plan.metadata["regions"][0]["prompt"] for plan in made] == [first for first, _ in drawn]
    assert "wildcards/animal" in resolved.fingerprints
    (alone,) = plans(resolve(ctx, {"prompt": text}, {"prompt": text}, seed=7))
    assert [region.prompt for region in alone.regions] == drawn[2]


def test_a_bad_choice_is_refused_by_the_field_of_its_region(ctx: LibraryContext) -> None:
    with pytest.raises(InvalidInput) as caught:
        resolve(ctx, {}, {"prompt": "__nothing__"})
    assert caught.value.field == "regions.1.prompt"


def test_styles_surround_regions_and_an_empty_negative_prompt_is_that_of_the_image(
    ctx: LibraryContext,
) -> None:
    own = {"negative_prompt": "rain"}
    resolved = resolve(ctx, {}, own, styles=["blueprint"], negative_prompt="{dogs|cats}")
    (plan,) = plans(resolved)
    first, second = plan.regions
    assert str(first.prompt).startswith("a blueprint of a house")
    assert first.negative_prompt == plan.negative_prompt
    assert str(second.negative_prompt).startswith("rain")


def test_loras_of_a_region_are_looked_up_and_part_of_the_fingerprints(ctx: LibraryContext) -> None:
    region = {"prompt": "a house <lora:ink:0.3>", "loras": "small:0.5"}
    resolved = resolve(ctx, region, {})
    (plan,) = plans(resolved)
    assert plan.loras == ()
    assert loras(plan) == [("small", 0.5), ("ink", 0.3)]
    assert (plan.regions[0].prompt, plan.regions[1].loras) == ("a house", ())
    assert {"lora/small", "lora/ink"} <= resolved.fingerprints.keys()
    assert "regions" not in plan.metadata


def test_a_weight_of_0_switches_a_lora_of_the_image_off_in_a_region(ctx: LibraryContext) -> None:
    off = {"loras": [{"name": "small", "weight": 0}]}
    (plan,) = plans(resolve(ctx, off, loras="small"))
    assert loras(plan) == [("small", 0)]
    assert [lora.name for lora in plan.loras] == ["small"]


@pytest.mark.parametrize(
    ("region", "field", "error"),
    [
        ({"loras": "paint"}, "regions.0.loras.0.name", InvalidInput),
        ({"loras": "small,nothing"}, "regions.0.loras.1.name", ModelMissing),
        ({"prompt": "a <lora:nothing:1>"}, "regions.0.prompt", ModelMissing),
        ({"prompt": "a <lora:small:9>"}, "regions.0.prompt", InvalidInput),
    ],
)
def test_a_lora_that_cannot_be_used_is_refused_by_the_field_of_its_region(
    ctx: LibraryContext, region: dict[str, Any], field: str, error: type[Exception]
) -> None:
    with pytest.raises(error) as caught:
        resolve(ctx, region)
    assert caught.value.field == field  # type: ignore[attr-defined]


def test_tags_of_a_negative_prompt_are_reported_as_without_effect(ctx: LibraryContext) -> None:
    resolved = resolve(ctx, {"negative_prompt": "rain <lora:small:1>"})
    fields = {entry.field for entry in resolved.warnings if entry.code == "lora_ignored"}
    assert fields == {"regions.0.negative_prompt"}
