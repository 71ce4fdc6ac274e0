"""Batches over a real queue: rows as tasks, their states, what a failure and a redo leave."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, update

from core.errors import Conflict, InvalidInput, NotFound
from core.models.library.library import Library
from core.operations.declaration.registry import load
from core.sets.batches import Batches, BatchRequest, StartedBatch
from core.sets.catalogue import SetCatalogue
from core.sets.definition import SetDefinition
from core.sets.harmony import METHOD, Harmony
from core.sets.rows import row_seed
from core.settings import ROOT
from core.store.schema import assets
from core.tasks import batches as joining
from core.tasks import claiming
from core.tasks.claim import Claim
from core.tasks.request_key import RequestKey
from core.tasks.task import Task
from core.tasks.transitions import complete
from tests.desk import Desk

OWNER = "server:1"
KEYS = ["ace", "two", "king"]
TABLE = b"value\nace\ntwo\nking\n"


class Deck:
    """The batches of a set of three cards, and a worker's side of the queue."""

    def __init__(self, folder: Path, models: Path | None = None) -> None:
        self.desk = Desk(folder, models)
        catalogue = SetCatalogue(None, folder / "sets")
        template = {"name": "Deck", "csv_path": "table.csv", "prompt_template": "the {value}"}
        catalogue.put("deck", SetDefinition.model_validate(template), TABLE)
        self.library = Library([self.desk.models])
        self.queue = self.desk.queue
        submission = self.desk.submission()
        self.batches = Batches(catalogue, submission, self.queue, self.desk.database)
        self.harmony = Harmony(self.batches, self.desk.assets, submission, self.queue)

    async def start(self, key: RequestKey | None = None, **request: Any) -> StartedBatch:
        params = {"model": "nano", **request.pop("params", {})}
        return await self.batches.start(BatchRequest("deck", params=params, **request), key)

    async def claim(self, more: Any = None) -> list[Task]:
        return await self.queue.claim("device", OWNER, 0.0, more=more)

    async def states(self, batch_id: str) -> dict[str, int]:
        return (await self.batches.state(batch_id)).states

    async def draw(self, colour: str) -> str:
        """Complete the next task of the device with a stored image; its ID."""
        [task] = await self.claim()
        image = await self.desk.image(colour)
        output = {"port": "image", "index": 0, "kind": "image", "asset_id": image.id}

        def work(connection: Connection) -> list[Task]:
            connection.execute(
                update(assets).where(assets.c.id == image.id).values(task_id=task.id)
            )
            return complete(connection, _held(task), [output], [], {}, {})

        assert await self.queue.end(work)
        return image.id

    async def fail(self) -> None:
        """Fail the next task of the device."""
        [task] = await self.claim()
        await self.queue.fail(_held(task), {"code": "task_failed", "detail": "No."})


def _held(task: Task) -> Claim:
    return Claim(task.id, task.attempt, OWNER)


@pytest.fixture
async def deck(tmp_path: Path) -> AsyncIterator[Deck]:
    deck = Deck(tmp_path)
    yield deck
    deck.desk.close()


async def test_every_row_is_a_task_with_its_prompt_and_seed_in_the_order_of_the_table(
    deck: Deck,
) -> None:
    started = await deck.start(params={"seed": 5})
    rows = await deck.batches.rows(started.batch.id)
    assert [row.key for row in rows] == KEYS
    assert [row.tasks[0].id for row in rows] == started.task_ids
    params = [row.tasks[0].params for row in rows]
    assert [param["prompt"] for param in params] == ["the ace", "the two", "the king"]
    assert [param["seed"] for param in params] == [row_seed(5, key) for key in KEYS]
    assert await deck.states(started.batch.id) == {"pending": 3}
    assert (await deck.batches.state(started.batch.id)).unfinished == 6  # each with its file


async def test_rows_are_claimed_together_and_alone_once_their_worker_was_lost(deck: Deck) -> None:
    started = await deck.start()
    rule = joining.Batches(load(), deck.library.get)

    def more(connection: Connection, task: Task) -> list[Task]:
        others = rule.size(task, "cpu") - 1
        return claiming.claim_more(
            connection, task, others, lambda rows: rule.compatible(task, rows)
        )

    together = await deck.claim(more)
    assert [task.id for task in together] == started.task_ids
    assert await deck.states(started.batch.id) == {"running": 3}
    for task in together:
        await deck.queue.lost(_held(task), "The worker ended.", 3)
    assert await deck.states(started.batch.id) == {"pending": 3}
    assert [task.attempt for task in await deck.claim(more)] == [2]


async def test_chosen_rows_keep_the_order_of_the_table_and_the_seeds_of_the_whole(
    deck: Deck,
) -> None:
    whole = await deck.start(params={"seed": 5})
    some = await deck.start(params={"seed": 5}, rows=["king", "ace"])
    assert some.batch.rows == ["ace", "king"]
    seeds = {
        row.key: row.tasks[0].params["seed"] for row in await deck.batches.rows(whole.batch.id)
    }
    for row in await deck.batches.rows(some.batch.id):
        assert row.tasks[0].params["seed"] == seeds[row.key]


async def test_shared_and_random_seeds_replace_the_rule_of_the_set(deck: Deck) -> None:
    for policy, distinct in (("shared", 1), ("random", 3)):
        started = await deck.start(params={"seed": 5}, seed_policy=policy)
        rows = await deck.batches.rows(started.batch.id)
        assert len({row.tasks[0].params["seed"] for row in rows}) == distinct


async def test_batches_of_the_same_second_write_to_folders_of_their_own(deck: Deck) -> None:
    folders = [(await deck.start(rows=["ace"])).batch.folder for _ in range(3)]
    assert len(set(folders)) == 3


async def test_a_repeated_request_returns_the_batch_of_the_first(deck: Deck) -> None:
    key = RequestKey("monday", "a fingerprint")
    first, again = await deck.start(key), await deck.start(key)
    assert (again.batch.id, again.task_ids) == (first.batch.id, first.task_ids)
    assert (await deck.batches.page(10, None))[1] == 1


async def test_each_ending_of_a_row_is_its_state_and_a_retry_keeps_its_seed(deck: Deck) -> None:
    started = await deck.start()
    image = await deck.draw("teal")
    await deck.fail()
    await deck.queue.cancel(started.task_ids[2])
    batch_id = started.batch.id
    assert await deck.states(batch_id) == {"completed": 1, "failed": 1, "cancelled": 1}
    before = [row.tasks[0].params["seed"] for row in await deck.batches.rows(batch_id)]
    assert await deck.batches.retry(batch_id) == 1
    rows = await deck.batches.rows(batch_id)
    assert [row.newest.status for row in rows if row.newest] == [
        "completed",
        "pending",
        "cancelled",
    ]
    assert [row.tasks[0].params["seed"] for row in rows] == before
    assert [variant.asset_id for variant in rows[0].variants] == [image]
    assert (await deck.batches.state(batch_id, 5)).covers == [image]


async def test_a_batch_that_goes_on_while_it_is_read_is_of_one_moment(
    deck: Deck, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch_id = (await deck.start(rows=["ace"])).batch.id
    database, reads = deck.desk.database, 0
    read = database.read

    async def ends_it_meanwhile(work: Callable[[Connection], Any]) -> Any:
        nonlocal reads
        reads += 1
        answer = await read(work)
        if reads == 1:
            await deck.batches.cancel(batch_id)
        return answer

    monkeypatch.setattr(database, "read", ends_it_meanwhile)
    state = await deck.batches.state(batch_id)
    assert [row.newest.status for row in state.rows if row.newest] == ["pending"]
    assert (state.states, state.unfinished) == ({"pending": 1}, 2)
    assert await deck.states(batch_id) == {"cancelled": 1}


async def test_rows_that_have_not_started_are_held_resumed_and_cancelled(deck: Deck) -> None:
    batch_id = (await deck.start()).batch.id
    await deck.draw("teal")
    assert await deck.batches.pause(batch_id) == 2
    assert await deck.states(batch_id) == {"completed": 1, "held": 2}
    assert await deck.claim() == []
    assert await deck.batches.resume(batch_id) == 2
    assert await deck.batches.cancel(batch_id) == 2
    assert await deck.states(batch_id) == {"completed": 1, "cancelled": 2}


async def test_a_redone_row_is_a_variant_with_another_seed_that_can_be_chosen(deck: Deck) -> None:
    batch_id = (await deck.start(rows=["ace"])).batch.id
    with pytest.raises(Conflict, match="still drawn"):
        await deck.batches.redo(batch_id, ["ace"])
    first = await deck.draw("teal")
    assert len(await deck.batches.redo(batch_id, ["ace"])) == 1
    assert await deck.states(batch_id) == {"pending": 1}  # the newest task counts
    second = await deck.draw("red")
    row = await deck.batches.row(batch_id, "ace")
    assert [variant.asset_id for variant in row.variants] == [first, second]
    assert len({variant.seed for variant in row.variants}) == 2
    assert row.chosen is not None
    assert row.chosen.asset_id == second
    for asset_id, expected in ((first, first), (None, second)):
        chosen = (await deck.batches.choose(batch_id, "ace", asset_id)).chosen
        assert chosen is not None
        assert chosen.asset_id == expected


async def test_what_a_batch_has_not_is_refused_by_its_field(deck: Deck) -> None:
    with pytest.raises(InvalidInput, match="no row 'jack'") as refused:
        await deck.start(rows=["jack"])
    assert refused.value.field == "rows"
    with pytest.raises(InvalidInput) as refused:
        await deck.start(params={"seed": -1})
    assert refused.value.field == "seed"
    assert (await deck.batches.page(10, None))[1] == 0
    batch_id = (await deck.start(rows=["ace"])).batch.id
    with pytest.raises(InvalidInput, match="no row 'king'"):
        await deck.batches.redo(batch_id, ["king"])
    with pytest.raises(NotFound, match="no row 'acé'") as missing:
        await deck.batches.row(batch_id, "acé")
    assert "ace" in str(missing.value.fix)
    with pytest.raises(InvalidInput, match="no image 'gone'"):
        await deck.batches.choose(batch_id, "ace", "gone")
    with pytest.raises(NotFound, match="no batch"):
        await deck.batches.pause("gone")


@pytest.fixture
def without_reader(tmp_path: Path) -> Path:
    """A folder with the built-in model, but without its metric network."""
    copy = tmp_path / "models" / "nano"
    shutil.copytree(ROOT / "models" / "nano", copy, ignore=shutil.ignore_patterns("*.onnx"))
    record = json.loads((copy / "qpyt.json").read_text(encoding="utf-8"))
    del record["reader"], record["finisher"]
    (copy / "qpyt.json").write_text(json.dumps(record), encoding="utf-8")
    return copy.parent


async def test_subjects_are_compared_by_a_network_or_without_one_by_statistics(
    tmp_path: Path, without_reader: Path
) -> None:
    for models, method in ((None, "metric network of the model"), (without_reader, METHOD)):
        deck = Deck(tmp_path / f"data of {method}", models)
        with closing(deck.desk):
            batch_id = (await deck.start(rows=KEYS[:2])).batch.id
            with pytest.raises(Conflict, match="Fewer than two rows"):
                await deck.harmony.start(batch_id)
            for colour in ("red", "teal"):
                await deck.draw(colour)
            comparison = await deck.harmony.start(batch_id)
            assert comparison.method.endswith(method)
            assert (comparison.task is None) == (models is not None)
            assert (await deck.harmony.report(batch_id))["method"] == METHOD
