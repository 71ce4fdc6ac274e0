"""Replays: the tasks that run an image again from its snapshot, and the report they leave."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.errors import InvalidInput
from core.history.labels import REPLAY, REPLAY_OF
from core.history.replay import Replays
from core.operations.declaration.registry import load
from core.store.asset_rows import Asset, new_asset
from core.store.blobs import Blob
from core.tasks.states import Hold, Status
from tests.desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = Desk(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def replays(desk: Desk) -> Replays:
    return Replays(load(), desk.submission(), desk.queue, desk.assets)


async def made(desk: Desk, operation: str, params: dict[str, Any], **snapshot: Any) -> Asset:
    """An image whose metadata has a snapshot."""
    file = await desk.image()
    metadata = {"qpyt": {"operation": operation, "params": params, **snapshot}}
    blob = Blob(file.key, file.size)
    return await desk.assets.add(new_asset(blob, kind="image", type="image/png", metadata=metadata))


async def test_an_image_runs_again_alone_with_its_own_seed_and_words(
    desk: Desk, replays: Replays
) -> None:
    params = {"prompt": "a {red|blue} house", "seed": 3, "num_images": 4, "model": "nano"}
    image = await made(desk, "generate", params, image_seed=5, output={"prompt": "a blue house"})
    comparison = await replays.start(image.id)
    again = await desk.queue.get(comparison.parents()[0])
    assert (again.params["seed"], again.params["num_images"]) == (5, 1)
    assert again.params["prompt"] == "a blue house"
    assert again.snapshot["cache"] is False
    assert again.labels == {REPLAY_OF: image.id}
    assert comparison.labels == {REPLAY: image.id}
    assert comparison.params["image"] == image.id
    assert comparison.hold is Hold.PARENT
    assert again.run_id == comparison.run_id


async def test_an_input_is_found_by_its_content_under_another_id(
    desk: Desk, replays: Replays
) -> None:
    stored = await desk.image("teal")
    inputs = {"image": [{"id": "GONE", "key": stored.key}]}
    image = await made(desk, "filter", {"image": "GONE"}, inputs=inputs)
    comparison = await replays.start(image.id)
    again = await desk.queue.get(comparison.parents()[0])
    assert (await desk.assets.get(again.params["image"])).key == stored.key


@pytest.mark.parametrize(
    ("operation", "params", "field"),
    [
        ("filter", {"image": "GONE"}, "image"),
        ("no_such_operation", {}, "asset_id"),
    ],
)
async def test_an_image_that_cannot_run_again_is_refused_with_a_way_out(
    desk: Desk, replays: Replays, operation: str, params: dict[str, Any], field: str
) -> None:
    image = await made(desk, operation, params)
    with pytest.raises(InvalidInput) as refused:
        await replays.start(image.id)
    assert refused.value.field == field
    assert refused.value.fix


async def test_an_upload_without_a_snapshot_is_refused(desk: Desk, replays: Replays) -> None:
    with pytest.raises(InvalidInput, match="no snapshot"):
        await replays.start((await desk.image()).id)


async def test_the_report_of_a_replay_stays_with_its_image(desk: Desk, replays: Replays) -> None:
    image = await made(desk, "filter", {"image": (await desk.image()).id})
    comparison = await replays.start(image.id)
    report = {"value": {"identical": True, "pixels": None}}
    done = replace(
        comparison,
        status=Status.COMPLETED,
        outputs=[report],
        params={**comparison.params, "other": "ANOTHER"},
        finished_at="2026-01-31T00:00:00Z",
    )
    replays.task_completed(done)
    await replays.stop()
    kept = (await desk.assets.get(image.id)).replay
    assert kept is not None
    assert (kept["task_id"], kept["asset_id"], kept["identical"]) == (done.id, "ANOTHER", True)
    replays.task_completed(replace(done, labels={REPLAY: "GONE"}))  # deleted meanwhile
    await replays.stop()
