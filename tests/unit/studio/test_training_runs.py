"""Trainings for clients: their logs, files and names, read from the tasks of `train_lora`."""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from core.errors import NotFound
from core.models.library.lora_folder import LoraFolder
from core.studio.task_service import TaskService
from core.studio.training_runs import TrainingRuns
from core.tasks.task import Task
from core.worker.protocol import Logged, LoggedFile, LoggedValue
from tests.desk import Desk
from tests.unit.tasks.making import add

PLAN = {
    "steps": 80,
    "config": {"output": {"name": "robots"}, "data": {"trigger_word": "robot"}},
    "dataset": {"reference": "d1@3", "name": "toys", "images": 5},
}


class Presented:
    """The presentation of tasks, without their progress."""

    def present(self, task: Task) -> dict[str, object]:
        return {"id": task.id}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = Desk(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def runs(desk: Desk, tmp_path: Path) -> TrainingRuns:
    tasks = cast("TaskService", Presented())
    return TrainingRuns(desk.queue, tasks, desk.assets.blobs, LoraFolder(tmp_path / "models"))


async def training(desk: Desk) -> Task:
    """A training with a checkpoint at step 40."""
    task = await add(desk.queue, operation="train_lora", snapshot={"training": PLAN})
    blob = desk.assets.blobs.put(b"a LoRA")
    file = LoggedFile(
        kind="checkpoint",
        step=40,
        index=0,
        key=blob.key,
        size=blob.size,
        type="application/octet-stream",
        facts={"validation_loss": 0.25},
    )
    values = tuple(LoggedValue(name="loss", step=step, value=1 / step) for step in (1, 2, 4))
    await desk.queue.log(Logged(task_id=task.id, attempt=0, values=values, files=(file,)))
    return task


async def test_a_run_has_its_plan_newest_values_and_checkpoints(
    desk: Desk, runs: TrainingRuns
) -> None:
    task = await training(desk)
    await add(desk.queue)
    (entry,), cursor, total = await runs.page(10, None)
    assert (entry["task_id"], entry["name"], cursor, total) == (task.id, "robots", None, 1)
    assert entry["newest"] == {"loss": 0.25}
    run = await runs.get(task.id)
    assert (run["dataset"]["shown"], run["dataset"]["version"]) == ("toys@3", 3)
    assert [checkpoint["validation_loss"] for checkpoint in run["checkpoints"]] == [0.25]
    assert await runs.values(task.id, ["loss"], 1) == {"loss": [(2, 0.5), (4, 0.25)]}


async def test_a_checkpoint_becomes_a_lora_of_the_library(
    desk: Desk, runs: TrainingRuns, tmp_path: Path
) -> None:
    task = await training(desk)
    assert await runs.use(task.id, 40) == "robots-40"
    (file,) = (tmp_path / "models").rglob("robots-40.safetensors")
    assert file.read_bytes() == b"a LoRA"
    with pytest.raises(NotFound, match="no checkpoint at step 41"):
        await runs.use(task.id, 41)


async def test_another_task_is_no_training(desk: Desk, runs: TrainingRuns) -> None:
    task = await add(desk.queue)
    with pytest.raises(NotFound, match="is no training"):
        await runs.get(task.id)
