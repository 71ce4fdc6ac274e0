"""The built-in model behind the calls that evaluations make, and the drawings of its trial."""

from pathlib import Path

import pytest
import torch
from PIL import Image

from tools.nano.grids import change_outside
from tools.nano.latents import Grid
from tools.nano.render import render
from tools.nano.robots import write_dataset
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


def test_the_drawings_of_the_trial_have_captions_that_say_colour_and_place(tmp_path: Path) -> None:
    folder = write_dataset(tmp_path, 3, 8)
    files = sorted(path.name for path in folder.iterdir())
    assert files == [f"robot-{number:02}.{kind}" for number in range(5) for kind in ("png", "txt")]
    captions = {path.read_text(encoding="utf-8") for path in folder.glob("*.txt")}
    assert all(" robot " in caption and " background" in caption for caption in captions)
    with Image.open(folder / "robot-00.png") as drawing:
        assert drawing.size == (128, 128)
