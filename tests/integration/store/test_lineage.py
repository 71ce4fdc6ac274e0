"""The lineage of results, from the dispatcher's rows to parents and children."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text

from core.store.asset_rows import Asset, new_asset
from core.store.assets import Assets
from core.store.database import Database
from core.tasks.claim import Claim
from core.tasks.estimate import Estimates
from core.tasks.inputs import asset_keys
from core.tasks.notifier import LocalNotifier
from core.tasks.queue import Queue
from core.tasks.results import store_results
from core.tasks.running import RunningTask
from core.tasks.task import Task
from core.worker.protocol import Finished, Output

OWNER = "server:1"


async def added(assets: Assets) -> Asset:
    return await assets.add(new_asset(assets.blobs.put(b"x"), kind="image", type="image/png"))


async def results(
    assets: Assets, database: Database, inputs: dict[str, Sequence[str]], **more: Any
) -> list[Asset]:
    """Two stored results of a task with these input assets."""
    queue = Queue(database, lambda task: None, LocalNotifier())
    described = {
        port: await database.read(lambda connection, ids=ids: asset_keys(connection, ids))
        for port, ids in inputs.items()
    }
    snapshot = {"inputs": described} if inputs else {}
    await queue.add([Task(operation="inpaint", lane="device", snapshot=snapshot, **more)])
    [task] = await queue.claim("device", OWNER, 0.0)
    claim = Claim(task.id, task.attempt, OWNER)
    key = assets.blobs.put(b"result").key
    outputs = [Output(port="image", index=index, kind="image", key=key) for index in range(2)]
    report = Finished(
        task_id=task.id,
        attempt=task.attempt,
        outputs=(*outputs, Output(port="text", index=0, kind="text", value="a house")),
    )
    running = RunningTask(task, claim, Estimates(), {})
    await queue.end(lambda connection: store_results(connection, running, report, {}))
    done = await queue.get(task.id)
    return [await assets.get(output["asset_id"]) for output in done.outputs if output["asset_id"]]


async def test_results_name_their_inputs_with_ports_and_in_order(
    assets: Assets, database: Database
) -> None:
    image, mask, reference = [await added(assets) for _ in range(3)]
    inputs = {"image": [image.id], "mask": [mask.id], "references": [reference.id, image.id]}
    first, second = await results(assets, database, inputs)
    for result in (first, second):
        parents = [(item.port, item.asset.id) for item in await assets.parents_of(result.id)]
        assert parents == [
            ("image", image.id),
            ("mask", mask.id),
            ("references", reference.id),
            ("references", image.id),
        ]
    assert await assets.children_of(image.id) == (second, first)
    assert await assets.children_of(second.id) == ()


async def test_results_without_inputs_have_no_parents(assets: Assets, database: Database) -> None:
    for result in await results(assets, database, {}):
        assert await assets.parents_of(result.id) == ()


async def test_results_belong_to_the_project_of_their_task(
    assets: Assets, database: Database
) -> None:
    made = await results(assets, database, {}, project_id="villa")
    assert {asset.project_id for asset in made} == {"villa"}


async def test_deleted_assets_are_neither_parents_nor_children(
    assets: Assets, database: Database
) -> None:
    image, mask = await added(assets), await added(assets)
    first, second = await results(assets, database, {"image": [image.id], "mask": [mask.id]})
    await assets.delete(image.id)
    await assets.delete(first.id)
    assert [item.asset for item in await assets.parents_of(second.id)] == [mask]
    assert await assets.children_of(mask.id) == (second,)


async def test_the_lineage_of_a_row_goes_with_it(assets: Assets, database: Database) -> None:
    image = await added(assets)
    first, _ = await results(assets, database, {"image": [image.id]})
    remove = text("DELETE FROM assets WHERE id = :id")
    count = text("SELECT count(*) FROM asset_inputs")
    await database.write(lambda connection: connection.execute(remove, {"id": first.id}))
    assert await database.read(lambda connection: connection.scalar(count)) == 1
