"""Scenes: drawn at random, readable again, with labels that a judge can be asked about."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.nano.scene import ATTRIBUTES, OBJECT_NAMES, Scene, labels, sample_scene

SEEDS = st.integers(0, 2**32 - 1)
MANY = [sample_scene(random.Random(seed)) for seed in range(4000)]


@given(SEEDS)
def test_the_same_seed_gives_the_same_scene(seed: int) -> None:
    assert sample_scene(random.Random(seed)) == sample_scene(random.Random(seed))


@given(SEEDS)
def test_a_scene_survives_being_written_as_json(seed: int) -> None:
    scene = sample_scene(random.Random(seed))
    assert Scene.read(json.loads(json.dumps(scene.record()))) == scene


@given(SEEDS)
def test_every_label_is_a_known_value_of_a_known_attribute(seed: int) -> None:
    for attribute, value in labels(sample_scene(random.Random(seed))).items():
        assert value in ATTRIBUTES[attribute]


def test_every_value_of_every_attribute_is_drawn() -> None:
    seen: dict[str, set[str]] = {name: set() for name in ATTRIBUTES}
    for scene in MANY:
        for attribute, value in labels(scene).items():
            seen[attribute].add(value)
    assert {name: set(values) for name, values in ATTRIBUTES.items()} == seen


def test_a_subject_never_has_the_colour_of_its_background() -> None:
    assert not [s for s in MANY if s.background and s.color == s.background]
    assert not [s for s in MANY if s.second and s.second_color == s.background]


def test_what_a_caption_may_not_say_mostly_has_its_usual_value() -> None:
    silent = [s for s in MANY if s.kind == "object" and s.count == 1 and "position" not in s.named]
    usual = [s for s in silent if s.position == "center"]
    assert len(usual) / len(silent) > 0.85


def test_single_objects_are_about_half_of_the_data() -> None:
    single = [s for s in MANY if s.kind == "object" and not s.second and s.count == 1]
    assert 0.38 < len(single) / len(MANY) < 0.55


def test_outline_styles_have_no_colour_to_judge() -> None:
    scene = Scene("object", "cat", 1, style="ink", color="red", background="blue")
    assert not {"color", "background"} & set(labels(scene))


@pytest.mark.parametrize("name", OBJECT_NAMES)
def test_the_second_of_two_objects_is_labelled(name: str) -> None:
    scene = Scene("object", "cat", 1, color="red", second=name, second_color="blue")
    assert labels(scene)["second"] == name
    assert labels(scene)["second_color"] == "blue"
