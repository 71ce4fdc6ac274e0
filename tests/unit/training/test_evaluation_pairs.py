"""The captions of trained and of held-out images that an evaluation draws, and their split."""

import json
from pathlib import Path

import pytest

from core.training.configuration.schema import parse
from core.training.datasets.folder import Item
from core.training.evaluation.pairs import CAPTIONS, Pairs
from core.training.evaluation.suites import HELD_OUT, TRAINED
from core.training.metadata import KEY
from core.training.split import Split, split


def item(number: int, caption: str | None = "a red box", control: Path | None = None) -> Item:
    name = f"{number}.png"
    return Item(name, Path(name), caption, None, f"sha-{number}", 64, 64, control)


def test_both_categories_have_as_many_images_however_few_were_held_out() -> None:
    pairs = Pairs.of([item(n) for n in range(20)], [item(30, "a blue box")], "robot")
    rows = list(pairs.rows(2, 7, 5))
    trained = [row for row in rows if row.category == TRAINED]
    held = [row for row in rows if row.category == HELD_OUT]
    assert len(trained) == len(held) == 2 * CAPTIONS
    assert {row.prompt for row in held} == {"robot, a blue box"}
    assert sorted({row.seed for row in trained}) == [7, 8]
    assert sorted({row.group for row in rows}) == [5, 6, 7, 8, 9]
    assert {row.original for row in rows} == set(pairs.items())
    assert [row.original for row in trained[::2]] == ["sha-0", "sha-5", "sha-10", "sha-15"]


@pytest.mark.parametrize("held", [[], [item(1, None)], [item(1, control=Path("before.png"))]])
def test_nothing_is_drawn_where_no_held_out_image_can_be_met(held: list[Item]) -> None:
    pairs = Pairs.of([item(n) for n in range(3)], held)
    assert (list(pairs.rows(2, 0, 0)), dict(pairs.items())) == ([], {})


def test_the_split_is_that_of_the_training_whatever_the_order() -> None:
    items = [item(number) for number in range(20)]
    trained, held = split(items, 0.1, 42)
    assert (len(trained), len(held)) == (18, 2)
    assert {i.name for i in split(items[::-1], 0.1, 42)[1]} == {i.name for i in held}
    assert split(items, 0.0, 42) == (items, [])
    assert split(items[:1], 0.5, 42) == (items[:1], [])


def test_a_file_states_the_split_of_its_own_dataset_only() -> None:
    config = parse({"validation": {"share": 0.2, "seed": 5}, "data": {"trigger_word": "robot"}})
    facts = {"dataset": {"digest": "abc"}, "config": config.model_dump(mode="json")}
    metadata = {KEY: json.dumps(facts)}
    assert Split.of_file(metadata, "abc") == Split(share=0.2, seed=5, trigger_word="robot")
    assert Split.of_file(metadata, "other") is None
    for broken in ({}, {KEY: "no JSON"}, {KEY: "[]"}, {KEY: '{"dataset": {"digest": "abc"}}'}):
        assert Split.of_file(broken, "abc") is None
    off = parse({"validation": {"enable": False}})
    assert Split.of(off).share == 0.0
