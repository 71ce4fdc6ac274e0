"""Expected times from measured ones."""

from functools import partial
from typing import Any

import pytest

from core.tasks import listing
from core.tasks.estimate import Estimates
from core.tasks.queue import Queue
from core.tasks.task import Task
from tests.unit.tasks.making import add, claim, finish, make

PARAMS = {"model": "nano", "num_inference_steps": 8, "width": 128, "height": 128}


def done(seconds: float | None, **values: Any) -> Task:
    timings = {} if seconds is None else {"run_seconds": seconds}
    return make(timings=timings, **{"params": PARAMS, **values})


def test_nothing_is_expected_of_what_was_never_seen() -> None:
    estimates = Estimates()
    assert estimates.seconds("generate", PARAMS) is None
    assert estimates.typical("generate") is None


def test_twice_the_images_take_twice_the_time() -> None:
    estimates = Estimates()
    estimates.observe(done(2.0))
    assert estimates.seconds("generate", PARAMS) == pytest.approx(2.0)
    assert estimates.seconds("generate", {**PARAMS, "num_images": 2}) == pytest.approx(4.0)
    assert estimates.typical("generate") == pytest.approx(2.0)


def test_a_model_that_had_to_be_loaded_first_makes_no_picture_slower() -> None:
    estimates = Estimates()
    timings = {"run_seconds": 12.0, "loading_seconds": 10.0}
    estimates.observe(make(timings=timings, params=PARAMS))
    assert estimates.seconds("generate", PARAMS) == pytest.approx(2.0)


def test_newer_tasks_weigh_more_than_older_ones() -> None:
    estimates = Estimates()
    estimates.fill([done(1.0), done(1.0), done(3.0), done(3.0)])
    assert 2.0 < (estimates.typical("generate") or 0) < 3.0


def test_tasks_that_did_not_run_teach_nothing() -> None:
    estimates = Estimates()
    estimates.fill([done(None), done(9.0, cached=True)])
    assert estimates.typical("generate") is None


def test_models_are_told_apart() -> None:
    estimates = Estimates()
    estimates.observe(done(2.0))
    assert estimates.seconds("generate", {**PARAMS, "model": "other"}) is None


async def test_the_last_completed_tasks_of_every_operation_are_read_oldest_first(
    queue: Queue,
) -> None:
    names = ("generate", "refine", "generate", "refine", "generate")
    tasks = [await add(queue, operation=name) for name in names]
    for _ in names[1:]:
        await finish(queue, (await claim(queue))[1])
    recent = [task.id for task in await queue.read(partial(listing.recent, limit=1))]
    assert sorted(recent) == sorted([tasks[2].id, tasks[3].id])
    two = [task.id for task in await queue.read(partial(listing.recent, limit=2))]
    assert two.index(tasks[0].id) < two.index(tasks[2].id)
