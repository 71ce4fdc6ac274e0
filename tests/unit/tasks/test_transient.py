"""Transient runs that no worker accepts, and those that wait for one."""

import asyncio
from collections.abc import Mapping
from typing import Any, cast

import pytest

from core.errors import StudioError, WorkerLost
from core.operations.declaration.base import Context, Operation
from core.operations.declaration.registry import Registry
from core.tasks.submission import Options, Submission
from core.tasks.task import Task
from core.tasks.transient import Superseded, Transients
from core.worker.executor import Executor, Listener
from core.worker.protocol import Cancelled, Finished, Start
from core.worker.testing import ScriptedExecutor


class Glance(Operation):
    """Ends at once."""

    name = "glance"
    title = "Glance"
    category = "output"
    lane = "cpu"
    transient = True

    def run(self, ctx: Context) -> None:
        """Nothing to do."""


class Desk:
    """Stands for submission and executor; refuses the first job."""

    def __init__(self) -> None:
        self.jobs = 0
        self._listener: Listener | None = None

    def subscribe(self, listener: Listener) -> None:
        self._listener = listener

    async def prepare(self, name: str, params: Mapping[str, Any], options: Options) -> Task:
        return Task(operation=name, lane="cpu", snapshot={"inputs": {}})

    async def run(self, start: Start) -> None:
        self.jobs += 1
        if self.jobs == 1:
            raise WorkerLost("There is no worker.")
        assert self._listener is not None
        self._listener(Finished(task_id=start.task_id, attempt=1, outputs=()))


async def test_a_run_that_no_worker_takes_fails_and_leaves_its_slot_free() -> None:
    desk, registry = Desk(), Registry()
    registry.add(Glance)
    transients = Transients(registry, cast(Submission, desk), cast(Executor, desk))
    with pytest.raises(StudioError, match="no worker"):
        await transients.run("glance", {}, slot="slider")
    assert (await transients.run("glance", {}, slot="slider")).outputs == []


async def test_of_those_that_wait_in_a_slot_only_the_newest_runs() -> None:
    executor, registry = ScriptedExecutor(lanes=("cpu",)), Registry()
    registry.add(Glance)
    transients = Transients(registry, cast(Submission, Desk()), cast(Executor, executor))
    running, waiting, newest = (
        asyncio.create_task(transients.run("glance", {}, slot="slider")) for _ in range(3)
    )
    first = await executor.next_start()
    with pytest.raises(Superseded):
        await waiting
    assert set(executor.cancelled) == {first.task_id}
    executor.report(Cancelled(**executor.about(first)))
    with pytest.raises(Superseded):
        await running
    last = await executor.next_start()
    executor.report(Finished(**executor.about(last), outputs=()))
    assert (await newest).outputs == []
    assert len(executor.started) == 2
