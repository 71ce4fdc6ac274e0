"""The judge: how images come to it, what it learns from, and how it is kept."""

import random
from pathlib import Path

import pytest
import torch
from PIL import Image

from tools.nano import finishing, judge_training
from tools.nano.judge import ABSENT, BORDER, SIDE, Judge, fitted, load, notes, prepare
from tools.nano.judge_training import FILE, Judging, damaged, loss_of, recipe, sample_batch
from tools.nano.parallel import Group
from tools.nano.scene import ATTRIBUTES, Scene, labels
from tools.nano.training import Training

SMALL = (8, 8, 8, 8)


@pytest.fixture
def small_amounts(monkeypatch):
    monkeypatch.setattr(judge_training, "BATCH", 4)
    monkeypatch.setattr(judge_training, "CALM_BATCHES", 2)


def test_a_wide_picture_lies_whole_in_the_middle_of_a_square() -> None:
    square = fitted(Image.new("RGB", (192, 128), "red"))
    assert square.size == (SIDE, SIDE)
    assert square.getpixel((64, 64)) == (255, 0, 0)
    assert square.getpixel((0, 64)) == (255, 0, 0)
    assert square.getpixel((64, 5)) == BORDER


def test_pictures_of_all_sizes_come_to_one_batch() -> None:
    pictures = [Image.new("RGB", size) for size in ((128, 128), (256, 256), (128, 192))]
    batch = prepare(pictures)
    assert batch.shape == (3, 3, SIDE, SIDE)
    assert float(batch.min()) == -1


def test_what_a_scene_does_not_have_is_no_class() -> None:
    scene = Scene("card", "card", 1, rank="7", suit="hearts", background="blue")
    classes = Judge(widths=SMALL, features=8).classes([labels(scene)])
    assert classes["roof"].item() == ABSENT
    assert ATTRIBUTES["rank"][classes["rank"].item()] == "7"


def test_every_label_is_a_value_that_the_judge_can_answer() -> None:
    judge = Judge(widths=SMALL, features=8)
    _, scenes = sample_batch(random.Random(3), 64)
    assert len(judge.classes([labels(scene) for scene in scenes])) == len(ATTRIBUTES)


def test_the_loss_leaves_out_what_is_absent() -> None:
    judge = Judge(widths=SMALL, features=8)
    _, scenes = sample_batch(random.Random(1), 4)
    sure = {
        name: torch.nn.functional.one_hot(wanted.clamp(min=0), len(ATTRIBUTES[name])) * 50.0
        for name, wanted in judge.classes([labels(scene) for scene in scenes]).items()
    }
    assert float(loss_of(judge, sure, scenes)) < 1e-6


def test_damage_is_repeatable_and_small() -> None:
    pictures = prepare(sample_batch(random.Random(1), 3)[0])
    first, other = damaged(pictures, random.Random(5)), damaged(pictures, random.Random(5))
    assert torch.equal(first, other)
    assert first.abs().max() <= 1
    assert (first - pictures).abs().mean() < 0.3


def test_training_continues_where_it_stopped(tmp_path: Path) -> None:
    first = Training(Group(), Judging(Group(), Judge(), 4), recipe(1), tmp_path)
    first.advance()
    first.save()
    second = Training(Group(), Judging(Group(), Judge(), 4), recipe(1), tmp_path)
    assert second.resume()
    assert second.step == 1
    assert all(
        torch.equal(first.named[name], parameter) for name, parameter in second.named.items()
    )


def test_a_finished_judge_reads_pictures(tmp_path: Path, small_amounts: None) -> None:
    judge_training.train(Group(), tmp_path, 1e-6)
    judge = load(tmp_path / FILE)
    pictures, _ = sample_batch(random.Random(2), 3)
    readings = judge.read(pictures)
    assert [set(reading) for reading in readings] == [set(ATTRIBUTES)] * 3
    assert readings == load(tmp_path / FILE).read(pictures)


def test_a_judge_of_other_attributes_is_refused(tmp_path: Path) -> None:
    training = Training(Group(), Judging(Group(), Judge(), 4), recipe(1), tmp_path)
    training.save()
    kept = {**notes(), "attributes": "{}"}
    finishing.finish(training.task.judge, tmp_path, [torch.zeros(2, 3, SIDE, SIDE)],
                     tmp_path / FILE, kept)  # fmt: skip
    with pytest.raises(ValueError, match="other attributes"):
        load(tmp_path / FILE)


def test_a_missing_judge_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="train it first"):
        load(tmp_path / FILE)
