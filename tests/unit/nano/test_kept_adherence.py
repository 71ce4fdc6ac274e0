"""The adherence that is left with a LoRA: paired readings of the same scenes."""

from tools.nano.adherence import held_out
from tools.nano.kept_adherence import GOAL, compare
from tools.nano.scene import labels


def test_the_same_prompts_are_compared_with_and_without_the_lora() -> None:
    scenes = held_out(10, "kept")
    right = [labels(scene) for scene in scenes]
    wrong = [dict.fromkeys(reading, "") for reading in right]
    kept = compare(scenes, [*right[:8], *wrong[8:]], [*wrong[:2], *right[2:9], *wrong[9:]])
    assert (kept.prompts, kept.before, kept.after) == (10, 0.8, 0.7)
    assert (kept.lost, kept.gained) == (2, 1)
    assert kept.kept == 0.7 / 0.8 < GOAL
    assert "missed" in kept.table()


def test_a_model_that_draws_nothing_right_keeps_nothing() -> None:
    scenes = held_out(2, "kept")
    wrong = [dict.fromkeys(labels(scene), "") for scene in scenes]
    assert compare(scenes, wrong, wrong).kept == 0
