"""Edit pairs: one change, the rest still, and words that say it."""

from __future__ import annotations

import json
import random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tools.nano.edits import LOCAL, Edit, instruction, sample_edit
from tools.nano.render import render

SEEDS = st.integers(0, 2**32 - 1)


@given(SEEDS)
def test_an_edit_changes_something_and_has_words_for_it(seed: int) -> None:
    rng = random.Random(seed)
    edit = sample_edit(rng)
    assert edit.before != edit.after
    assert edit.before.seed == edit.after.seed
    assert instruction(edit, rng).strip()


@given(SEEDS)
def test_an_edit_survives_being_written_as_json(seed: int) -> None:
    edit = sample_edit(random.Random(seed))
    assert Edit.read(json.loads(json.dumps(edit.record()))) == edit


@given(SEEDS)
def test_a_local_edit_leaves_what_is_outside_both_subjects_untouched(seed: int) -> None:
    edit = sample_edit(random.Random(seed))
    if edit.change not in LOCAL or edit.change == "tree" or edit.before.style == "pixel":
        return
    before, after = render(edit.before), render(edit.after)
    outside = (np.asarray(before.mask) == 0) & (np.asarray(after.mask) == 0)
    assert (np.asarray(before.image)[outside] == np.asarray(after.image)[outside]).all()


def test_removing_one_of_two_leaves_the_other_exactly_as_it_was() -> None:
    rng = random.Random(4)
    count = 0
    while count < 20:
        edit = sample_edit(rng)
        if edit.change != "remove":
            continue
        count += 1
        before, after = render(edit.before).image, render(edit.after).image
        left = (0, 0, 62, 128)
        assert before.crop(left).tobytes() == after.crop(left).tobytes()


def test_adding_one_leaves_the_first_exactly_as_it_was() -> None:
    rng = random.Random(5)
    count = 0
    while count < 20:
        edit = sample_edit(rng)
        if edit.change != "add" or edit.before.size != "medium":
            continue
        count += 1
        side = (0, 0, 62, 128) if edit.before.position == "left" else (66, 0, 128, 128)
        before, after = render(edit.before).image, render(edit.after).image
        assert before.crop(side).tobytes() == after.crop(side).tobytes()
