"""The built-in model behind the calls that evaluations make, and a LoRA of a few steps."""

from pathlib import Path

import pytest
import torch
from PIL import Image

from tools.nano.grids import change_outside
from tools.nano.latents import Grid
from tools.nano.render import render
from tools.nano.scene import Scene
from tools.nano.studio import Studio

MODEL = Path("models/nano")
HOUSE = Scene("building", "house", 1, color="red", roof="blue", windows=2, sky="day",
              ground="grass", tree=False)  # fmt: skip


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Studio.of_folder(MODEL)


def test_many_prompts_give_what_each_gives_alone(studio: Studio) -> None:
    prompts = ["a red house", "the ace of spades"]
    both = studio.draw(prompts, Grid(64, 64), seed=3, steps=2)
    alone = studio.draw(prompts[1:], Grid(64, 64), seed=4, steps=2)
    levels = [torch.tensor(list(picture.tobytes())).float() for picture in (both[1], alone[0])]
    assert (levels[0] - levels[1]).abs().max() <= 2
    assert both[0].tobytes() != both[1].tobytes()


def test_pictures_are_changed_in_their_own_size(studio: Studio) -> None:
    picture = render(HOUSE, 96, 64).image
    assert studio.edit(picture, "make it night").size == (96, 64)
    assert studio.redraw(picture, "a red house at night").size == (96, 64)


def test_filling_in_keeps_what_is_outside_the_mask(studio: Studio) -> None:
    picture = render(HOUSE).image
    mask = Image.new("L", picture.size, 0)
    mask.paste(255, (0, 0, 128, 48))
    filled = studio.fill(picture, mask, "a red house at night")
    assert filled.size == picture.size
    assert change_outside(picture, filled, mask) < 8


def test_a_lora_is_trained_saved_and_loaded(tmp_path: Path) -> None:
    pytest.importorskip("peft")
    from peft import get_peft_model_state_dict

    from tools.nano.lora_trial import Recipe, train

    taught = Studio.of_folder(MODEL)
    assert len(train(taught, Recipe(pictures=2, steps=2, batch=2))) == 1
    layers = get_peft_model_state_dict(taught.pipe.transformer)
    taught.pipe.save_lora_weights(tmp_path, transformer_lora_layers=layers)
    fresh = Studio.of_folder(MODEL)
    fresh.pipe.load_lora_weights(tmp_path)
    assert fresh.draw(["a red robot"], Grid(64, 64), steps=1)[0].size == (64, 64)
