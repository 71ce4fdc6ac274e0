"""Prompts per region: equal to the plain call where one prompt is left, in every family."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from core.engine.loras import adapter_name
from core.engine.region_attention import attention_bias
from core.engine.regions import CORES, RegionInput, shares
from core.models.families import FAMILIES
from tests.integration.engine.reports import Steps
from tests.integration.engine.stand_in import ONE_PER_FAMILY, loaded
from tests.integration.engine.test_loras import lora, lora_state, name_every_lora, written
from tests.integration.engine.test_modes import parameters
from tests.integration.engine.tiny_models import tiny

SIZE = (64, 96)
WHITE, BLACK = Image.new("L", SIZE, 255), Image.new("L", SIZE, 0)
RIGHT = Image.new("L", SIZE)
RIGHT.paste(255, (32, 0, 64, 96))
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


@pytest.fixture
def loras(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], list[dict[str, Any]]]:
    """Two random LoRAs of a tiny model, by its name."""
    pytest.importorskip("peft")
    name_every_lora(monkeypatch)

    def made(name: str) -> list[dict[str, Any]]:
        paths = [
            written(lora_state(tiny(name), name, seed), tmp_path / f"{name}{seed}.safetensors")
            for seed in (0, 1)
        ]
        return [lora(path, 0.8) for path in paths]

    return made


@pytest.mark.parametrize("name", ["sdxl", "klein"])
def test_a_region_has_its_own_loras_and_leaves_none_behind(name: str, loras: Any) -> None:
    ink, oil = loras(name)
    made = loaded(name, tiny(name))
    house = drawn(made, "generate")
    inked = drawn(made, "generate", prompt="a blue car", loras=[ink])
    assert (drawn(made, "generate", region(WHITE, loras=[ink])) == inked).all()
    both = drawn(made, "generate", prompt="a blue car", loras=[ink, oil])
    assert (drawn(made, "generate", region(WHITE, loras=[oil]), loras=[ink]) == both).all()
    off = region(WHITE, loras=[{**ink, "weight": 0}])
    plain = drawn(made, "generate", prompt="a blue car")
    assert (drawn(made, "generate", off, loras=[ink]) == plain).all(), "0 switches one off there"
    halves = drawn(made, "generate", region(LEFT, loras=[ink]), region(RIGHT, loras=[oil]))
    assert (halves != inked).any()
    assert (drawn(made, "generate") == house).all(), "nothing stays in the network"


def test_a_cancel_within_a_region_leaves_its_lora_out(loras: Any) -> None:
    ink, oil = loras("klein")
    pipeline = tiny("klein")
    made = loaded("klein", pipeline)
    plain = drawn(made, "generate", loras=[oil])

    def cancel(*_: Any) -> None:
        if ink_active():
            raise KeyboardInterrupt

    def ink_active() -> bool:
        (active,) = pipeline.get_active_adapters()
        return active == adapter_name(Path(ink["name"]))

    handle = pipeline.transformer.transformer_blocks[0].register_forward_pre_hook(cancel)
    with pytest.raises(KeyboardInterrupt):
        drawn(made, "generate", region(RIGHT, loras=[{**oil, "weight": 0}, ink]), loras=[oil])
    handle.remove()
    assert pipeline.get_active_adapters() == [adapter_name(Path(oil["name"]))]
    assert (drawn(made, "generate", loras=[oil]) == plain).all()


@pytest.mark.parametrize(("name", "mode"), [("flux1", "generate"), ("klein", "inpaint")])
def test_attention_masks_keep_texts_apart_in_one_run(name: str, mode: str) -> None:
    pipeline = tiny(name)
    made, runs = loaded(name, pipeline), []
    handle = pipeline.transformer.register_forward_pre_hook(lambda *_: runs.append(1))
    attention = {"region_method": "attention"}
    plain = drawn(made, mode, prompt="a blue car")
    count = len(runs)
    assert (drawn(made, mode, region(WHITE), **attention) == plain).all()
    halves = [region(LEFT, "a house"), region(RIGHT)]
    both = drawn(made, mode, *halves, **attention)
    handle.remove()
    assert len(runs) == 3 * count, "one run a step, whatever the regions are"
    swapped = drawn(made, mode, region(LEFT), region(RIGHT, "a house"), **attention)
    assert (both != plain).any()
    assert (both != swapped).any()
    assert (both != drawn(made, mode, *halves)).any(), "blending is another method"
    assert (drawn(made, mode, prompt="a blue car") == plain).all(), "nothing stays"


def test_the_bias_of_attention_follows_the_shares() -> None:
    first = torch.tensor([1.0, 0.5, 0.0]).view(1, 3, 1)
    image = torch.zeros(1, 4, 8)  # three cells and a token of a reference
    bias = attention_bias([2, 1], [first, 1 - first], image)[0, 0]
    no = -torch.inf
    assert bias[0, :3].tolist() == [0, 0, no], "texts do not see each other"
    assert bias[0, 3:].tolist() == [0, 0, no, 0]
    assert bias[3, :3].tolist() == [0, 0, no]
    assert bias[4, :3].tolist() == pytest.approx([np.log(0.5)] * 3)
    assert not bias[6].any(), "a reference sees all"
