"""Counting right answers, the report, the sheets and the fixed prompts and edits."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tools.nano.adherence import ALL, Score, held_out
from tools.nano.captions import full_caption
from tools.nano.evaluate import Amount, evaluate, reaches_goal, table, trained_captions
from tools.nano.grids import change_outside, draw_all, mask_of, sheet
from tools.nano.latents import GRIDS
from tools.nano.render import render
from tools.nano.scene import ATTRIBUTES, Scene, labels, sample_scene
from tools.nano.showcase import EDITS, FREE, PROMPTS

CAT = Scene("object", "cat", 1, color="orange", background="teal", size="large")


class Copying:
    """Draws what a prompt of a held-out scene says, as the program does; edits give the image."""

    def __init__(self):
        scenes = [scene for grid in GRIDS for scene in held_out(20, grid.name)]
        self.scenes = {full_caption(scene): scene for scene in scenes}

    def draw(self, prompts, grid=GRIDS[0], seed=0):
        scenes = [self.scenes.get(prompt, CAT) for prompt in prompts]
        return [render(scene, grid.width, grid.height).image for scene in scenes]

    def edit(self, picture, order, seed=0):
        return picture

    def redraw(self, picture, prompt, strength=0.8, seed=0):
        return picture

    def fill(self, picture, mask, prompt, seed=0):
        return picture


class Remembering:
    """A judge with fixed answers for some drawings; all others are a red cat."""

    def __init__(self, scenes):
        self.known = {
            render(scene, grid.width, grid.height).image.tobytes(): labels(scene)
            for scene in scenes
            for grid in GRIDS
        }

    def read(self, pictures):
        other = {name: values[0] for name, values in ATTRIBUTES.items()}
        return [{**other, **self.known.get(picture.tobytes(), {})} for picture in pictures]


def reading(scene, **wrong):
    return {**{name: values[0] for name, values in ATTRIBUTES.items()}, **labels(scene), **wrong}


def test_only_attributes_that_a_scene_has_are_counted() -> None:
    score = Score()
    score.add([CAT, CAT], [reading(CAT), reading(CAT, color="red", roof="blue")])
    assert score.shares()["color"] == 0.5
    assert score.shares()[ALL] == 0.5
    assert "roof" not in score.asked
    assert score.mistakes == [{"scene": CAT.record(), "read": {"color": "red"}}]


def test_held_out_scenes_are_always_the_same_and_not_those_of_training() -> None:
    assert held_out(5) == held_out(5)
    assert held_out(5) != held_out(5, "others")
    trained = {sample_scene(random.Random(f"judge {step} 0")).seed for step in range(500)}
    assert not trained & {scene.seed for scene in held_out(500)}


@pytest.fixture
def report(tmp_path):
    scenes = [scene for grid in GRIDS for scene in held_out(6, grid.name)]
    return evaluate(Copying(), Remembering(scenes), tmp_path, Amount(6, 6, 2)), tmp_path


def test_a_model_that_copies_the_drawings_scores_as_they_do(report: Any) -> None:
    measured, folder = report
    for grid in GRIDS:
        assert measured["grids"][grid.name]["model"] == measured["grids"][grid.name]["ceiling"]
        assert measured["grids"][grid.name]["model"][ALL] == 1
    assert measured["edits"][ALL]["asked"] == 2
    assert all(reaches_goal(measured).values())
    assert json.loads((folder / "adherence.json").read_text(encoding="utf-8"))["steps"] == 8


def test_the_table_has_a_row_for_every_attribute(report: Any) -> None:
    measured, folder = report
    lines = table(measured).splitlines()
    assert lines[2].startswith("| all | 100 | 100 |")
    assert sum(line.startswith("| ") for line in lines) == len(ATTRIBUTES) + 2
    assert "Edits by words" in (folder / "adherence.md").read_text(encoding="utf-8")


def test_prompts_of_training_pictures_are_told_apart(tmp_path: Path) -> None:
    pool, scenes = tmp_path / "pools" / "128x128", held_out(6, "128x128")
    pool.mkdir(parents=True)
    (pool / "scenes-00000.jsonl").write_text(
        json.dumps(scenes[0].record()) + "\n", encoding="utf-8"
    )
    pair = {"before": scenes[1].record(), "after": CAT.record(), "change": "subject"}
    (pool / "pairs-00000.jsonl").write_text(json.dumps(pair) + "\n", encoding="utf-8")
    trained = trained_captions(tmp_path / "pools")
    assert trained == {full_caption(scene) for scene in (*scenes[:2], CAT)}
    measured = evaluate(
        Copying(), Remembering(scenes), tmp_path / "report", Amount(6, 0, 0), trained
    )
    assert measured["grids"]["128x128"]["new"] == {"right": 4, "asked": 4}


def test_a_model_below_the_drawings_misses_the_goal() -> None:
    measured = {"model": {ALL: 0.9, "subject": 0.96}, "ceiling": {ALL: 1.0, "subject": 1.0}}
    verdicts = reaches_goal({"grids": {"128x128": measured}})
    assert verdicts == {"128x128 all": False, "128x128 subject": True}


def test_there_are_twenty_edits_that_can_be_drawn() -> None:
    assert len(EDITS) == 20
    for example in EDITS:
        assert render(example.before).image.tobytes() != render(example.after).image.tobytes()
        Score().add([example.after], [reading(example.after)])


def test_prompts_differ() -> None:
    assert len(set(PROMPTS)) == len(PROMPTS)
    assert len(set(FREE)) == len(FREE)


def test_the_mask_covers_what_changes() -> None:
    before, after = Image.new("RGB", (128, 128)), Image.new("RGB", (128, 128))
    after.paste((255, 0, 0), (40, 50, 60, 70))
    mask = mask_of(before, after)
    assert mask.getpixel((50, 60)) == 255
    assert mask.getpixel((20, 20)) == 0
    assert change_outside(before, after, mask) == 0
    after.putpixel((0, 0), (255, 255, 255))
    assert change_outside(before, after, mask) > 0


def test_a_sheet_has_room_for_all_pictures() -> None:
    picture = Image.new("RGB", (64, 64))
    result = sheet([picture] * 5, ["a text"] * 5, 3)
    assert result.width >= 3 * 64
    assert result.height >= 2 * 64


def test_all_sheets_are_drawn(tmp_path: Path) -> None:
    draw_all(Copying(), Remembering([]), tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {*(f"prompts-{grid.name}.png" for grid in GRIDS), "free.png", "edits.png"}
