"""Many requests at once, and one task of many items: each as if it had been sent alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.errors import InvalidInput, StudioError
from core.models.library.library import Library
from core.operations.generate import Generate
from core.operations.img2img import Img2Img
from core.tasks.items import ITEMS_MAX
from core.tasks.submission import Options, Request
from core.worker.items import runs_of
from tests.desk import Desk

HOUSE = {"prompt": "a house", "model": "nano"}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.close()


async def test_a_thousand_rows_look_the_model_up_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    lookups: list[str] = []
    get = Library.get
    monkeypatch.setattr(
        Library, "get", lambda self, name: (lookups.append(name), get(self, name))[1]
    )
    rows = [
        Request({**HOUSE, "seed": seed}, Options(labels={"row": str(seed)}))
        for seed in range(1_000)
    ]
    tasks = await desk.submission().submit_many("generate", rows)
    assert [task.params["seed"] for task in tasks] == list(range(1_000))
    assert [task.labels["row"] for task in tasks][-1] == "999"
    assert lookups == ["nano"]
    assert (await desk.queue.counts())["pending"] == 1_000


async def test_one_bad_row_is_named_and_none_is_stored(desk: Desk) -> None:
    rows = [Request(HOUSE), Request({**HOUSE, "width": 3})]
    with pytest.raises(InvalidInput) as refused:
        await desk.submission().submit_many("generate", rows)
    assert refused.value.field == "requests.1.width"
    rows = [Request(HOUSE), Request(HOUSE), Request({**HOUSE, "model": "none"})]
    with pytest.raises(StudioError) as missing:
        await desk.submission().submit_many("generate", rows)
    assert missing.value.field == "requests.2.model"
    assert sum((await desk.queue.counts()).values()) == 0


async def test_items_vary_any_field_as_requests_of_their_own(desk: Desk) -> None:
    items = [
        {"seed": 7},
        {"prompt": "a {red|blue} tree", "width": 96, "height": 96, "num_images": 2, "seed": 8},
        {"styles": ["ink-drawing"], "seed": 9},
    ]
    submission = desk.submission()
    task = await submission.prepare("generate", HOUSE, Options(items=items))
    runs = runs_of(Generate, task.params, task.snapshot)
    assert len(runs) == 3
    for run, item in zip(runs, items, strict=True):
        alone = await submission.prepare("generate", {**HOUSE, **item}, Options())
        assert run.params == alone.params
        for name in ("seed", "model", "styles", "prompts", "plans"):
            assert run.snapshot.get(name) == alone.snapshot.get(name)
        assert task.snapshot["fingerprints"].items() >= alone.snapshot["fingerprints"].items()


async def test_items_may_have_an_image_each(desk: Desk) -> None:
    red, blue = await desk.image("red"), await desk.image("blue")
    items = [{"image": red.id}, {"image": blue.id}]
    task = await desk.submission().prepare("img2img", {**HOUSE, "seed": 1}, Options(items=items))
    runs = runs_of(Img2Img, task.params, task.snapshot)
    assert [run.params["image"] for run in runs] == [red.id, blue.id]
    keys = [asset["key"] for assets in task.snapshot["inputs"].values() for asset in assets]
    assert keys == [red.key, blue.key], "the worker gets both files"


async def test_other_items_make_another_cache_key(desk: Desk) -> None:
    submission, keys = desk.submission(), set()
    for seeds in ([1, 2], [1, 3], [1]):
        items = [{"seed": seed} for seed in seeds]
        (task,) = await desk.queue.add(
            [await submission.prepare("generate", HOUSE, Options(items=items))]
        )
        keys.add(task.cache_key)
    assert len(keys) == 3


@pytest.mark.parametrize(
    ("items", "field"),
    [
        ([{"seed": 1}, {"width": 3}], "items.1.width"),
        ([{"seed": 1}, {"nothing": 3}], "items.1.nothing"),
        ([{"seed": 1}, {"model": "none"}], "items.1.model"),
        ([{"prompt": {"task": "T", "port": "text"}}], "items.0.prompt"),
        ([{"seed": 1}] * (ITEMS_MAX + 1), "items"),
    ],
)
async def test_a_bad_item_is_named(desk: Desk, items: list[dict[str, object]], field: str) -> None:
    with pytest.raises(StudioError) as refused:
        await desk.submission().prepare("generate", HOUSE, Options(items=items))
    assert refused.value.field == field


async def test_a_changed_parameter_holds_for_all_items_that_have_none_of_their_own(
    desk: Desk,
) -> None:
    submission = desk.submission()
    items = [{"seed": 1}, {"seed": 2, "prompt": "a tree"}]
    task = await submission.submit("generate", HOUSE, Options(items=items, hold=True))
    revised = await submission.revised(task.id, {"prompt": "a castle"})
    runs = runs_of(Generate, revised.params, revised.snapshot)
    assert [(run.params["prompt"], run.params["seed"]) for run in runs] == [
        ("a castle", 1),
        ("a tree", 2),
    ]
